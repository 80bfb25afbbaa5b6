"""A service that answers changes behind a second copy: clients without pause lose no request, and a killed run leaves nothing."""

import io
import json
import os
import re
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from proofs.bundle.faults import BundleFault, strike
from tests.bundle.host import SealedHost, scripts_of, sealed_host
from tests.bundle.keys import Key, end_agent, make_key
from tests.bundle.small_project import SPEC, SmallProject, small_project
from tests.lab.registry import local_registry

pytestmark = pytest.mark.live
HERE = Path(__file__).parent
PYTHON, LIBRARY = Path("/usr/bin/python3"), Path("/usr/lib/python3")
_LEFT_OUT = {"test", "idlelib", "lib2to3", "ensurepip", "pydoc_data", "dist-packages"}
_API = """\
title: API
summary: Answers the web.
image: web
command: [python3, /srv/answering.py, "8000"]
user: "65532:65532"
ports: {http: 8000}
publish: {http: {address: 0.0.0.0, port: 8001}}
segments: [front]
health: {http: {port: http, path: /}}
limits: {memory_mib: 64, cpus: 0.5}
stop_grace_s: 6
"""
HOST, NEIGHBOUR = "198.51.100.1", "198.51.100.2"
"""Addresses of the network that the host shares with a client."""
FROM_THE_HOST = ("127.0.0.1:8000/new,new,kept,kept,slow,behind", "127.0.0.1:8001/new,kept", f"{HOST}:8001/new,kept")
FROM_BESIDE = (f"{HOST}:8001/new,kept,slow",)
_WEB = SPEC["services/web.yaml"].replace(
    'command: [httpd, -f, -p, "8000", -h, /srv]', 'command: [python3, /srv/answering.py, "8000", api]'
)
ANSWERING = SPEC | {
    "services/web.yaml": _WEB.replace("/index.html", "/") + "stop_grace_s: 6\nneeds: {api: http}\n",
    "services/api.yaml": _API,
    "topology/offline.yaml": SPEC["topology/offline.yaml"].replace("[web]", "[web, api]"),
    "images.yaml": SPEC["images.yaml"].replace("http_client: wget", "http_client: python3"),
}
KILLS = (
    BundleFault("killed", "switch", "docker", "*run --detach*", after=2),
    BundleFault("killed", "switch", "docker", "*up*", after=1),
    BundleFault("killed", "switch", "docker", "stop*", after=0.5),
)


@dataclass(frozen=True)
class AnsweringReleases:
    """Bundles: in the second everything changed, in the third one service more, which does not get well."""

    first: Path
    second: Path
    third: Path
    key: Key


@pytest.fixture(scope="module")
def answering(tools: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AnsweringReleases]:
    """Two services, one of which is published and asks the other."""
    if os.geteuid() != 0:
        pytest.skip("LIVE TEST NOT RUN: a second engine needs root")
    folder = tmp_path_factory.mktemp("answering")
    ring = folder / "gnupg"
    key = make_key(ring, "release")
    try:
        with local_registry(folder) as registry:
            project = small_project(folder, registry, ANSWERING, python_layer())
            first = _bundle(project, "1.0", key, ring)
            for name in ("web", "api"):
                file = folder / "data" / "services" / f"{name}.yaml"
                file.write_text(file.read_text().replace("memory_mib: 64", "memory_mib: 72"))
            project.plumb("build")
            second = _bundle(project, "1.1", key, ring)
            file.write_text(file.read_text().replace("path: /}", "path: /ill}"))
            project.plumb("build")
            yield AnsweringReleases(first, second, _bundle(project, "1.2", key, ring), key)
    finally:
        end_agent(ring)


def _bundle(project: SmallProject, release: str, key: Key, ring: Path) -> Path:
    return project.bundle(
        release, project.folder, "--platform", "linux/amd64", "--sign", key.fingerprint, GNUPGHOME=str(ring)
    )


def python_layer() -> bytes:
    """The system's own Python with what it links to, and the service."""
    version = os.path.realpath(PYTHON).rpartition("python")[2]
    binary, library = Path(f"/usr/bin/python{version}"), Path(f"/usr/lib/python{version}")
    linked = re.findall(
        r"(/\S+) \(0x", subprocess.run(["ldd", binary], capture_output=True, text=True, check=True).stdout
    )
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT, dereference=True) as archive:
        archive.add(binary, "usr/bin/python3")
        for each in linked:
            archive.add(each, each.lstrip("/"))
        for each in sorted(library.iterdir()):
            left_out = each.name in _LEFT_OUT or each.name.startswith("config-")
            if not left_out and each.exists():
                archive.add(each, str(each).lstrip("/"))
        archive.add(HERE / "answering.py", "srv/answering.py")
    return out.getvalue()


@contextmanager
def neighbour(host: SealedHost) -> Iterator[list[str]]:
    """The beginning of a command on another computer of the host's network."""
    there = subprocess.Popen(
        ["unshare", "--net", "sh", "-c", "ip link set lo up; echo; exec sleep infinity"], stdout=-1
    )
    try:
        assert there.stdout and there.stdout.readline()
        inside = ["nsenter", "--target", str(there.pid), "--net"]
        host.run("ip", "link", "add", "shared", "type", "veth", "peer", "name", "shared", "netns", str(there.pid))
        for words, address in ((host.engine.inside, HOST), (inside, NEIGHBOUR)):
            for command in (("address", "add", f"{address}/24", "dev", "shared"), ("link", "set", "shared", "up")):
                subprocess.run([*words, "ip", *command], check=True)
        yield inside
    finally:
        # its end of the cable ends with its network
        there.kill()
        there.wait()


@contextmanager
def load(host: SealedHost) -> Iterator[dict[str, Any]]:
    """Clients on the host itself and on another computer; what they saw is there after the block."""
    end, seen = host.folder / "end", {"asked": {}, "failed": []}
    end.unlink(missing_ok=True)
    with neighbour(host) as beside, ExitStack() as clients:
        asking = [
            clients.enter_context(
                subprocess.Popen(
                    [*inside, sys.executable, HERE / "load.py", end, *places], stdout=subprocess.PIPE, text=True
                )
            )
            for inside, places in ((host.engine.inside, FROM_THE_HOST), (beside, FROM_BESIDE))
        ]
        try:
            time.sleep(1)
            yield seen
            time.sleep(4)
        finally:
            end.touch()
            for where, each in zip(("host", "beside"), asking, strict=True):
                told = json.loads(each.communicate(timeout=120)[0])
                seen["asked"] |= {f"{where}: {place}": count for place, count in told["asked"].items()}
                seen["failed"] += [f"{where}: {failed}" for failed in told["failed"]]


@contextmanager
def installed(releases: AnsweringReleases) -> Iterator[SealedHost]:
    """A sealed host with the first release."""
    with sealed_host(containerd=False) as host:
        script = scripts_of(releases.first, host.folder / "medium") / "install.sh"
        trust = ["--key", releases.key.public, "--fingerprint", releases.key.fingerprint]
        done = host.script(script, *trust, releases.first)
        assert done.returncode == 0, done.stdout + done.stderr
        yield host


def left(host: SealedHost) -> list[str]:
    """Copies and rules that are there."""
    found = host.run("docker", "ps", "--all", "--format", "{{.Names}}").stdout.split()
    rules = host.run("iptables", "-t", "nat", "-S").stdout.splitlines()
    return [each for each in (*found, *rules) if "copy" in each]


def memory(host: SealedHost, name: str) -> str:
    """The limit of a service's container, which tells the releases apart."""
    asked = host.run("docker", "inspect", "--format", "{{.HostConfig.Memory}}", f"small-offline-{name}-1")
    return str(int(asked.stdout) // 2**20)


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


def test_a_killed_run_leaves_no_copy_and_no_rule(answering: AnsweringReleases) -> None:
    with installed(answering) as host:
        for number, fault in enumerate(KILLS):
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
