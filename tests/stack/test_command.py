"""`plumb verify stack` as its user calls it: results, reports, interruptions, and what it leaves behind."""

import json
import signal
from pathlib import Path
from xml.etree import ElementTree

import jsonschema
import pytest

from tests.stack.conftest import Plumb, leftovers
from tests.stack.waiting import until
from validators.stack.engine import PROJECT, Engine
from validators.stack.reports import json_schema
from validators.stack.run import remove_dead_runs


@pytest.mark.live
def test_a_clean_stack_ends_with_0_and_reports(plumb: Plumb, engine: Engine, tmp_path: Path) -> None:
    process = plumb("--mode", "offline")
    out, err = process.communicate(timeout=200)
    assert process.returncode == 0, out + err
    assert " 0 differ, 0 not deployed" in out
    assert "stand-in: postgres is PostgreSQL 15 (Debian)" in out
    report = json.loads((tmp_path / "reports" / "stack-offline.json").read_text())
    assert report["outcomes"] == {"matches": len(report["checks"])}
    jsonschema.validate(report, json.loads(json_schema()))
    suite = ElementTree.parse(tmp_path / "reports" / "stack-offline.xml").getroot()
    assert (suite.get("tests"), suite.get("failures")) == (str(len(report["checks"])), "0")
    assert leftovers(engine) == []


@pytest.mark.live
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("moment", ["created", "healthy"])
def test_interrupted_it_cleans_up(plumb: Plumb, engine: Engine, tmp_path: Path, number: int, moment: str) -> None:
    process = plumb("--mode", "offline")
    assert process.stderr
    for line in process.stderr:
        if moment in line:
            break
    process.send_signal(number)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert leftovers(engine) == []
    assert list(tmp_path.glob("plumb-run-*")) == []


@pytest.mark.live
def test_what_a_killed_run_left_is_removed_by_the_next(
    plumb: Plumb, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = plumb("--mode", "offline")
    until(lambda: len(leftovers(engine)) > 5, "containers to exist", 60)
    process.kill()
    process.wait()
    assert leftovers(engine)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    def gone() -> bool:
        remove_dead_runs(engine)
        return not leftovers(engine)

    until(gone, "the leftovers to be gone", 30)


@pytest.mark.live
def test_kept_it_says_how_to_reach_it_and_how_to_take_it_down(plumb: Plumb, engine: Engine) -> None:
    process = plumb("--mode", "offline", "--keep")
    _, err = process.communicate(timeout=200)
    assert process.returncode == 0
    assert "reach: 127.0.0.1:8080" in err
    command = next(line for line in err.splitlines() if line.startswith("take down: "))
    assert leftovers(engine)
    done = engine.run(command.removeprefix("take down: docker ").split(), 60)
    assert done.returncode == 0, done.stderr
    assert leftovers(engine) == []


@pytest.mark.live
def test_nothing_else_is_touched(plumb: Plumb, engine: Engine) -> None:
    """Decoys: names like ours, and a compose project that is not ours."""
    decoy, project = "plumb-docpipe-offline-000000-redis-1", f"{PROJECT}=plumb-docpipe-offline"
    engine.run(["volume", "create", "--label", project, "plumb-docpipe-offline_redis-data"])
    engine.run(["network", "create", "plumb-docpipe-offline_edge"])
    engine.run(["run", "--detach", "--name", decoy, "--label", project, "debian:bookworm-slim", "sleep", "120"])
    try:
        process = plumb("--mode", "offline")
        process.communicate(timeout=200)
        assert process.returncode == 0
        assert engine.run(["container", "inspect", "--format", "{{.State.Status}}", decoy]).stdout.strip() == "running"
        assert engine.run(["volume", "inspect", "plumb-docpipe-offline_redis-data"]).returncode == 0
        assert engine.run(["network", "inspect", "plumb-docpipe-offline_edge"]).returncode == 0
    finally:
        engine.run(["rm", "--force", decoy])
        engine.run(["volume", "rm", "plumb-docpipe-offline_redis-data"])
        engine.run(["network", "rm", "plumb-docpipe-offline_edge"])


@pytest.mark.live
def test_a_port_in_use_is_named_with_what_to_do(plumb: Plumb, engine: Engine) -> None:
    blocker = "plumbline-test-port-blocker"
    engine.run(
        ["run", "--detach", "--name", blocker, "--publish", "127.0.0.1:8080:80", "debian:bookworm-slim", "sleep", "60"]
    )
    try:
        process = plumb("--mode", "offline")
        _, err = process.communicate(timeout=200)
        assert process.returncode == 3, err
        assert "port is already allocated" in err
        assert "stop it, or use another engine" in err
        assert leftovers(engine) == []
    finally:
        engine.run(["rm", "--force", blocker])


def test_without_an_engine_it_says_what_to_do(plumb: Plumb) -> None:
    process = plumb("--mode", "offline", DOCKER_HOST="unix:///nonexistent/docker.sock")
    _, err = process.communicate(timeout=60)
    assert process.returncode == 3
    assert "no Docker engine answers" in err or "there is no docker command" in err
    assert "install Docker Engine" in err
    assert "Traceback" not in err


def test_an_unknown_mode_is_named(plumb: Plumb) -> None:
    process = plumb("--mode", "onlin", DOCKER_HOST="unix:///nonexistent/docker.sock")
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "the spec has online, offline" in out
