"""`plumb verify stack` as its user calls it: results, reports, interruptions, and what it leaves behind."""

import json
import os
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import cast
from xml.etree import ElementTree

import jsonschema
import pytest

from plumbline.effective.deployment import image_reference
from plumbline.spec.finding import EnvironmentMissing
from plumbline.spec.spec import Spec
from plumbline.stack import stand_ins, starting
from plumbline.stack.engine import PROJECT, Engine
from plumbline.stack.run import remove_dead_runs
from plumbline.stack.stack import Stack
from plumbline.stack.stand_ins import recipe_of
from plumbline.stack.starting import reference_of
from tests.lab.engine import STATE, restart
from tests.stack.conftest import DATA, Plumb, SilentWatch, leftovers
from tests.stack.interrupting import MOMENTS, SIGNALS, interrupted
from tests.stack.test_attach import said_untried
from tests.stack.waiting import HANG_S, until
from validators.check_reports import json_schema
from validators.stack.kinds import TRIED, Takes
from validators.stack.report import StackReport


@pytest.mark.live
def test_a_clean_stack_ends_with_0_and_reports_and_is_kept_where_that_is_said(
    plumb: Plumb, engine: Engine, tmp_path: Path
) -> None:
    process = plumb("--mode", "offline", "--keep")
    out, err = process.communicate(timeout=HANG_S)
    assert process.returncode == 0, out + err
    assert " 0 differ, 0 not deployed" in out
    assert "stand-in: postgres is PostgreSQL 15 (Debian)" in out
    report = json.loads((tmp_path / "reports" / "stack-offline.json").read_text())
    assert report["outcomes"] == {"matches": len(report["checks"])}
    jsonschema.validate(report, json.loads(json_schema(StackReport)))
    words = {check["attribute"].partition(".")[0] for check in report["checks"]}
    assert {word for word, trial in TRIED.items() if trial.takes is not Takes.FAULTS} <= words
    assert said_untried(out, Takes.FAULTS) and not said_untried(out, Takes.OWN_STACK)
    suite = ElementTree.parse(tmp_path / "reports" / "stack-offline.xml").getroot()
    assert (suite.get("tests"), suite.get("failures")) == (str(len(report["checks"])), "0")

    assert "reach: 127.0.0.1:8080" in err
    command = next(line for line in err.splitlines() if line.startswith("take down: "))
    assert leftovers(engine)
    done = engine.run(command.removeprefix("take down: docker ").split(), 60)
    assert done.returncode == 0, done.stderr
    assert leftovers(engine) == []


@pytest.mark.live
@pytest.mark.parametrize(("moment", "number"), [("created", signal.SIGTERM), ("healthy", signal.SIGINT)])
def test_interrupted_it_cleans_up(plumb: Plumb, engine: Engine, tmp_path: Path, moment: str, number: int) -> None:
    """`make stack-faults` sends each signal at each moment."""
    assert moment in MOMENTS and number in SIGNALS
    assert interrupted(plumb("--mode", "offline"), engine, tmp_path, moment, number) == []


@pytest.mark.live
def test_what_a_killed_run_left_is_removed_by_the_next(
    plumb: Plumb, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = plumb("--mode", "offline")
    until(lambda: len(leftovers(engine)) > 5, "containers to exist")
    process.kill()
    process.wait()
    assert leftovers(engine)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    def gone() -> bool:
        remove_dead_runs(engine)
        return not leftovers(engine)

    until(gone, "the leftovers to be gone")


@pytest.mark.live
def test_nothing_else_is_touched_and_a_port_in_use_is_got_around(plumb: Plumb, engine: Engine, tmp_path: Path) -> None:
    """Decoys: names like ours, a compose project that is not ours, and a container that has our port."""
    with decoys(engine) as names, held_by_a_container(engine):
        out, err = plumb("--mode", "offline").communicate(timeout=HANG_S)
        is_moved(out, err, tmp_path)
        running = engine.run(["container", "inspect", "--format", "{{.State.Status}}", names["container"]])
        assert running.stdout.strip() == "running"
        assert engine.run(["volume", "inspect", names["volume"]]).returncode == 0
        assert engine.run(["network", "inspect", names["network"]]).returncode == 0
    assert leftovers(engine) == []


@contextmanager
def decoys(engine: Engine) -> Iterator[dict[str, str]]:
    """Their names by kind."""
    project = f"{PROJECT}=plumb-docpipe-offline"
    names = {
        "container": "plumb-docpipe-offline-000000-redis-1",
        "volume": "plumb-docpipe-offline_redis-data",
        "network": "plumb-docpipe-offline_edge",
    }
    engine.run(["volume", "create", "--label", project, names["volume"]])
    engine.run(["network", "create", names["network"]])
    run = ["run", "--detach", "--name", names["container"], "--label", project, "debian:bookworm-slim", "sleep", "900"]
    engine.run(run)
    try:
        yield names
    finally:
        engine.run(["rm", "--force", names["container"]])
        engine.run(["volume", "rm", names["volume"]])
        engine.run(["network", "rm", names["network"]])


def is_moved(out: str, err: str, folder: Path) -> None:
    """The published port was taken, so that the stack has another one, and says so."""
    assert " 0 differ, 0 not deployed" in out, out + err
    ((port, address),) = json.loads((folder / "reports" / "stack-offline.json").read_text())["moved_ports"].items()
    assert f"moved: {port} was published at {address}" in out
    assert (port, address != "127.0.0.1:8080") == ("http of intake-gateway", True)


@contextmanager
def held_by_a_container(engine: Engine) -> Iterator[None]:
    """The port that the offline mode publishes, by another container."""
    blocker = "plumbline-test-port-blocker"
    publish = ["--publish", "127.0.0.1:8080:80"]
    try:
        held = engine.run(["run", "--detach", "--name", blocker, *publish, "debian:bookworm-slim", "sleep", "900"])
        assert held.returncode == 0, held.stderr
        yield
    finally:
        engine.run(["rm", "--force", blocker])


@contextmanager
def held_by_a_program() -> Iterator[None]:
    """The same, by a program of the host, of which the engine knows nothing."""
    with socket.socket() as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", 8080))
        listening.listen()
        yield


def test_without_an_engine_it_says_what_to_do(plumb: Plumb) -> None:
    process = plumb("--mode", "offline", DOCKER_HOST="unix:///nonexistent/docker.sock")
    _, err = process.communicate(timeout=HANG_S)
    assert process.returncode == 3
    assert "no Docker engine answers" in err or "the docker command is not installed" in err
    assert "install Docker Engine" in err
    assert "Traceback" not in err


def test_an_unknown_mode_is_named(plumb: Plumb) -> None:
    process = plumb("--mode", "onlin", DOCKER_HOST="unix:///nonexistent/docker.sock")
    _, err = process.communicate(timeout=HANG_S)
    assert process.returncode == 2
    assert "the spec has online, offline" in err


@pytest.fixture
def fake_docker(tmp_path: Path) -> Callable[[str], dict[str, str]]:
    """Makes a docker command that answers with a text, or not at all; the environment that finds it before the real one."""

    def make(answer: str) -> dict[str, str]:
        command = tmp_path / "bin" / "docker"
        command.parent.mkdir()
        command.write_text(f"#!/bin/sh\n{answer}\n")
        command.chmod(0o755)
        return {"PATH": f"{command.parent}:{os.environ['PATH']}"}

    return make


@pytest.mark.live
@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("exit 1", "has no Compose plugin"),
        ("echo 2.10.0", "Docker Compose here is 2.10.0, but the spec needs 2.24 or newer"),
    ],
    ids=["no Compose", "old Compose"],
)
def test_a_docker_command_that_will_not_do(
    plumb: Plumb, engine: Engine, fake_docker: Callable[[str], dict[str, str]], answer: str, said: str
) -> None:
    host = {"DOCKER_HOST": engine.connection.host}
    process = plumb("--mode", "offline", **host, **fake_docker(answer))
    _, err = process.communicate(timeout=HANG_S)
    assert process.returncode == 3, err
    assert said in err
    assert "install" in err


@pytest.mark.live
def test_a_full_disk_is_named_and_nothing_is_left(plumb: Plumb, engine: Engine, tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("LIVE TEST NOT RUN: a small disk of its own needs root")
    small = tmp_path / "small"
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24k", "tmpfs", str(small)], check=True)
    try:
        process = plumb("--mode", "offline", TMPDIR=str(small))
        _, err = process.communicate(timeout=HANG_S)
        assert process.returncode == 3, err
        assert "the disk is full" in err
        assert "TMPDIR" in err
        assert leftovers(engine) == []
        assert list(small.iterdir()) == []
    finally:
        subprocess.run(["umount", str(small)], check=True)


@pytest.mark.live
def test_an_engine_that_dies_is_named_and_the_next_run_cleans_up(
    plumb: Plumb, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lab's own engine alone may be restarted. What comes next in this module runs on it."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    if not (STATE.exists() and json.loads(STATE.read_text())["host"] == engine.connection.host):
        pytest.skip("LIVE TEST NOT RUN: the user's own engine is not restarted")
    process = plumb("--mode", "offline")
    until(lambda: len(leftovers(engine)) > 5, "containers to exist")
    restart()
    engine.reconnect()
    _, err = process.communicate(timeout=HANG_S)
    assert process.returncode in (1, 3), err
    assert "Traceback" not in err
    remove_dead_runs(engine)
    assert leftovers(engine) == []


@pytest.mark.parametrize("of_this_mode", [True, False])
def test_a_stand_in_of_another_mode_is_not_the_image_of_the_spec(
    spec: Spec, monkeypatch: pytest.MonkeyPatch, of_this_mode: bool
) -> None:
    """Also under the spec's own name, as a bundle of stand-ins leaves it on an engine."""
    mode, other = "online", "offline"
    recipes = {each: recipe_of(spec, DATA, each, "docpipe-api") for each in (mode, other)}
    assert recipes[mode].contract != recipes[other].contract
    with stand_ins._source(recipes[mode]) as source:
        built_from = stand_ins._fingerprint(recipes[mode if of_this_mode else other], source)
    labels = {stand_ins.SERVER_LABEL: "a stub", stand_ins.RECIPE_LABEL: built_from}
    found = {"Os": "linux", "Architecture": "amd64", "Config": {"Labels": labels}}
    engine = SimpleNamespace(image=lambda _: found, versions=SimpleNamespace(platform="linux/amd64"))
    monkeypatch.setattr(starting, "build", lambda engine, recipe: "built")
    stack = SimpleNamespace(spec=spec, engine=engine, stand_ins={}, watch=SilentWatch())
    own = image_reference(spec, mode, spec.images.images["docpipe-api"])
    assert reference_of(cast(Stack, stack), DATA, mode, "docpipe-api") == (own if of_this_mode else "built")


def test_an_image_for_another_processor_is_named(engine_like: SimpleNamespace) -> None:
    with pytest.raises(EnvironmentMissing, match="is for linux/arm64, and the engine runs linux/amd64") as raised:
        reference_of(engine_like.stack, Path(), "offline", "redis")
    assert "docker pull --platform linux/amd64" in raised.value.hint


@pytest.fixture
def engine_like(spec: Spec) -> SimpleNamespace:
    """A stack on an engine that has every image, all of them for arm64."""
    versions = SimpleNamespace(platform="linux/amd64")
    found = {"Os": "linux", "Architecture": "arm64"}
    return SimpleNamespace(
        stack=SimpleNamespace(spec=spec, engine=SimpleNamespace(image=lambda _: found, versions=versions))
    )


@pytest.mark.live
def test_a_range_that_the_host_routes_elsewhere_is_left_to_it(plumb: Plumb, engine: Engine, tmp_path: Path) -> None:
    """A VPN, or the bridge of an engine that died: two routes to one range, and the wrong one may win. A program has the port."""
    if os.geteuid() != 0 or not engine.connection.is_local:
        pytest.skip("LIVE TEST NOT RUN: it needs root, to add a route")
    subprocess.run(["ip", "link", "add", "plumb-test", "type", "bridge"], check=True)
    try:
        subprocess.run(["ip", "address", "add", "172.29.0.1/24", "dev", "plumb-test"], check=True)
        subprocess.run(["ip", "link", "set", "plumb-test", "up"], check=True)
        with held_by_a_program():
            out, err = plumb("--mode", "offline").communicate(timeout=HANG_S)
    finally:
        subprocess.run(["ip", "link", "delete", "plumb-test"], check=True)
    is_moved(out, err, tmp_path)
    assert "edge" in json.loads((tmp_path / "reports" / "stack-offline.json").read_text())["moved"]
    assert leftovers(engine) == []
