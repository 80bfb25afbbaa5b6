"""A service that answers changes behind a second copy: clients without pause lose no request, and a killed run leaves nothing."""

import os
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from proofs.bundle.faults import BundleFault, strike
from tests.bundle.answering_releases import AnsweringReleases, installed, left, load, memory
from tests.bundle.host import SealedHost

pytestmark = pytest.mark.live
KILLS = (
    BundleFault("killed", "switch", "docker", "*run --detach*", after=2),
    BundleFault("killed", "switch", "docker", "*up*", after=1),
    BundleFault("killed", "switch", "docker", "stop*", after=0.5),
)
HERE = KILLS if os.environ.get("EVERY_KILL") else KILLS[:2]
"""One after which the update goes on, and one after which it goes back. `make bundle-proof` tries every one."""


def in_place(host: SealedHost) -> None:
    """The script as it was: no service gets a copy."""
    script = host.installed("install")
    text = script.read_text()
    assert "put_beside() {\n" in text
    script.write_text(text.replace("put_beside() {\n", "put_beside() {\n  return 0\n"))


def test_no_request_is_lost(answering: AnsweringReleases) -> None:
    with installed(answering) as host:
        with load(host) as seen:
            done = host.script(host.installed("install"), answering.second)
        assert done.returncode == 0, done.stdout + done.stderr
        print("UPDATE", seen["asked"], len(seen["failed"]))
        assert seen["failed"] == []
        assert len(seen["asked"]) == 11 and all(count > 10 for count in seen["asked"].values())
        assert (memory(host, "web"), memory(host, "api"), left(host)) == ("72", "72", [])
        with load(host) as seen:
            done = host.script(host.installed("rollback"))
        assert done.returncode == 0, done.stdout + done.stderr
        print("BACK", seen["asked"], len(seen["failed"]))
        assert seen["failed"] == []
        assert (memory(host, "web"), memory(host, "api"), left(host)) == ("64", "64", [])
        # the same load sees what happens in place
        in_place(host)
        with load(host) as seen:
            done = host.script(host.installed("install"), answering.second)
        print("IN PLACE", seen["asked"], len(seen["failed"]))
        assert done.returncode == 0
        refused = {each.partition(": ")[0] for each in seen["failed"]}
        assert refused == {"host", "beside"}


def test_a_request_that_a_program_of_the_host_has_not_passed_on_is_waited_for(answering: AnsweringReleases) -> None:
    """A busy machine's `docker-proxy` holds a connection for a while before the container has one."""
    with installed(answering) as host, ThreadPoolExecutor(1) as aside:
        (proxy,) = host.run("pgrep", "-f", "docker-proxy .*-host-ip 127.0.0.1 -host-port 8000 ").stdout.split()
        host.run("kill", "-STOP", proxy)
        asked = subprocess.Popen(
            [*host.engine.inside, "curl", "--silent", "--show-error", "--max-time", "300", "http://127.0.0.1:8000/"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        update = aside.submit(host.script, host.installed("install"), answering.second)
        while not any("copy-of-web" in rule for rule in left(host)):
            assert not update.done(), update.result().stdout
            time.sleep(0.2)
        # longer than a look takes, shorter than the service's grace
        time.sleep(3)
        host.run("kill", "-CONT", proxy)
        assert update.result().returncode == 0, update.result().stdout
        assert (asked.communicate()[0], asked.returncode) == ("ok", 0)


def test_a_killed_run_leaves_no_copy_and_no_rule(answering: AnsweringReleases) -> None:
    with installed(answering) as host:
        for number, fault in enumerate(HERE):
            back = number % 2 == 1
            with load(host) as seen:
                killed = strike(host, fault, *host.call(host.installed("install"), answering.second))
                assert (killed.hit, killed.run.returncode) == (True, -9), (fault.name, killed.run.stdout)
                again = host.script(
                    host.installed("rollback" if back else "install"), *([] if back else [answering.second])
                )
            print("KILLED", fault.name, "back" if back else "again", seen["asked"], seen["failed"])
            assert again.returncode == 0, (fault.name, again.stdout + again.stderr)
            limit = "64" if back else "72"
            assert (memory(host, "web"), memory(host, "api"), left(host)) == (limit, limit, []), fault.name
            assert seen["failed"] == [], fault.name
            if not back:
                done = host.script(host.installed("rollback"))
                assert (done.returncode, left(host)) == (0, []), (fault.name, done.stdout + done.stderr)


def test_a_copy_that_has_ended_or_does_not_get_well_harms_nobody(answering: AnsweringReleases) -> None:
    with installed(answering) as host:
        strike(host, KILLS[0], *host.call(host.installed("install"), answering.second))
        (copy,) = host.run("docker", "ps", "--quiet", "--filter", "label=io.plumbline.copy").stdout.split()
        host.run("docker", "stop", copy)
        again = host.script(host.installed("install"), answering.second)
        assert again.returncode == 0, again.stdout + again.stderr
        assert (memory(host, "api"), left(host)) == ("72", [])
        with load(host) as seen:
            done = host.script(host.installed("install"), answering.third)
        said = done.stdout + done.stderr
        assert (
            done.returncode == 4 and "second copy of api did not become healthy, so what runs was left alone" in said
        ), said
        assert (seen["failed"], left(host)) == ([], [])
        back = host.script(host.installed("rollback"))
        assert (back.returncode, left(host)) == (0, []), back.stdout + back.stderr
