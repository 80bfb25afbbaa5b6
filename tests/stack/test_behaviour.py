"""What is done to a stack, on one whose generated files were changed so that it can't stand each of the faults.

Each trial must find the one service that was broken for it, and no other. `make stack-faults` tries a clean stack.
"""

import json
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from plumbline.report.fact import Check
from plumbline.spec.spec import Spec
from plumbline.stack.engine import Engine
from plumbline.stack.stack import Stack
from plumbline.stack.starting import stack_up
from proofs.stack_faults import HAPPENINGS, WANTED, untried
from tests.lab.engine import STATE
from tests.stack.conftest import DATA, SilentWatch
from tests.stack.tampering import failing
from validators.stack.behaviour.killed import try_kills
from validators.stack.behaviour.logs import try_log_rotation
from validators.stack.behaviour.lost_needs import Round, pause_needs
from validators.stack.behaviour.memory import try_memory_limits
from validators.stack.behaviour.running import running_services
from validators.stack.behaviour.self_tests import run_self_tests
from validators.stack.behaviour.state import try_state
from validators.stack.inspection import inspect_stack
from validators.stack.kinds import TRIED, Takes

Services = dict[str, dict[str, Any]]


def break_it(services: Services) -> None:
    """Change the generated services, each in one way that no comparison of files would call wrong in a running stack."""
    del services["embed-worker"]["depends_on"]
    services["policy-engine"]["entrypoint"] = ["sh", "-c", 'cat /run/secrets/postgres_app_password; exec "$$0" "$$@"']
    services["grafana"]["restart"] = "no"
    services["redis"]["volumes"] = [each for each in services["redis"]["volumes"] if each["type"] != "volume"]
    services["redis"]["tmpfs"].append("/data:uid=999,gid=1000,mode=0700")
    del services["nomic-embed"]["mem_limit"], services["nomic-embed"]["memswap_limit"]
    services["clamav"]["logging"]["options"]["max-file"] = "1"
    services["serving"]["healthcheck"]["test"] = ["CMD", "true"]


def changed(folder: Path, change: Callable[[Services], None]) -> Path:
    """A copy of the spec's folder and its generated offline project, changed; the folder of the spec."""
    shutil.copytree(DATA, folder / "data")
    shutil.copytree(DATA.parent / "deploy" / "offline", folder / "deploy" / "offline")
    compose = folder / "deploy" / "offline" / "compose.yaml"
    project = yaml.safe_load(compose.read_text())
    change(project["services"])
    compose.write_text(yaml.safe_dump(project))
    return folder / "data"


def is_the_labs(engine: Engine) -> bool:
    """Whether it may be restarted."""
    return STATE.exists() and json.loads(STATE.read_text())["host"] == engine.connection.host


OTHER_SIGNATURE = "d41d8cd98f00b204e9800998ecf8427e:1:Something-Else\n"


@pytest.fixture(scope="module")
def broken(engine: Engine, spec: Spec, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The offline stack from changed files."""
    data = changed(tmp_path_factory.mktemp("broken"), break_it)
    (data / "stand-ins/models/clamav-signatures/eicar.hdb").write_text(OTHER_SIGNATURE)
    with stack_up(engine, spec, data, "offline", SilentWatch()) as stack:
        assert stack.trouble == []
        yield stack


def found(checks: Iterator[Check] | list[Check]) -> set[tuple[str, str]]:
    """Subject and attribute of what failed."""
    return {(check.subject.removeprefix("services."), check.attribute) for check in failing(list(checks))}


@pytest.mark.live
def test_a_start_before_the_need_is_ready(broken: Stack) -> None:
    early = {name for name, attribute in found(inspect_stack(broken).checks) if attribute.startswith("order.")}
    assert early == {"embed-worker"}


@pytest.mark.live
def test_a_secret_in_a_log(broken: Stack) -> None:
    checks = [
        each
        for each in inspect_stack(broken).checks
        if each.attribute.startswith("kept.") and each.outcome != "matches"
    ]
    assert [(each.subject, each.attribute, each.observed) for each in checks] == [
        ("secrets.postgres_app_password", "kept.log", "present in policy-engine")
    ]


@pytest.mark.live
def test_a_service_that_does_not_do_its_work(broken: Stack) -> None:
    found_by = {("clamav", f"self_test.{name}") for name in ("finds-eicar", "finds-what-is-nested")}
    assert found(run_self_tests(broken)) == found_by


@pytest.mark.live
def test_state_that_does_not_survive(broken: Stack) -> None:
    restart = f"{sys.executable} -m tests.lab restart" if is_the_labs(broken.engine) else None
    lost = found(try_state(broken, restart))
    happened = ("restart", "down_and_up", *(["engine_restart"] if restart else []))
    gone = {("redis", f"survives.{each}.{what}") for each in happened for what in ("state", "data")}
    # whom the engine does not start again, and so nobody can ask for what it holds
    away = {("grafana", fact) for fact in ("returns.engine_restart", "survives.engine_restart.data") if restart}
    assert lost == gone | away


@pytest.mark.live
def test_a_service_that_lies_about_a_lost_need(broken: Stack) -> None:
    pairs = [("serving", "qdrant"), ("embed-worker", "qdrant")]
    assert found(pause_needs(broken, running_services(broken), Round({"qdrant"}, pairs))) == {
        ("serving", "without.qdrant")
    }


@pytest.mark.live
def test_a_service_without_a_limit(broken: Stack) -> None:
    assert found(try_memory_limits(broken)) == {("nomic-embed", "memory_limit")}


@pytest.mark.live
def test_a_log_that_is_not_rotated(broken: Stack) -> None:
    assert found(try_log_rotation(broken)) == {("clamav", "log_rotation")}


@pytest.mark.live
def test_a_service_that_does_not_come_back(broken: Stack) -> None:
    assert found(try_kills(broken)) == {("grafana", "killed")}


def leave_the_server_behind(services: Services) -> None:
    """As the image of ClamAV does by itself: the first process waits for ever, also once the server has died."""
    command = services["qdrant"]["command"]
    assert command[-1].count("exec ./qdrant --config-path /tmp/key.yaml") == 1
    command[-1] = command[-1].replace(
        "exec ./qdrant --config-path /tmp/key.yaml", "./qdrant --config-path /tmp/key.yaml & exec tail -f /dev/null"
    )


@pytest.mark.live
@pytest.mark.slow
def test_a_server_that_dies_behind_its_main_process_is_found(engine: Engine, spec: Spec, tmp_path: Path) -> None:
    with stack_up(engine, spec, changed(tmp_path, leave_the_server_behind), "offline", SilentWatch()) as stack:
        assert stack.trouble == []
        assert found(try_kills(stack)) == {("qdrant", "killed")}


@pytest.mark.live
def test_a_restart_loop_is_a_failure_and_not_a_wait(engine: Engine, spec: Spec, tmp_path: Path) -> None:
    def loop(services: Services) -> None:
        services["parse-worker"]["command"] = ["no-such-program"]

    with stack_up(engine, spec, changed(tmp_path, loop), "offline", SilentWatch()) as stack:
        assert any("parse-worker ended" in line and "keeps restarting" in line for line in stack.trouble)
        states = {each.subject: each for each in failing(inspect_stack(stack).checks) if each.attribute == "state"}
    assert "services.parse-worker" in states


def test_the_proof_on_a_clean_stack_misses_what_was_not_tried() -> None:
    assert {word for word, trial in TRIED.items() if trial.takes is Takes.FAULTS} < WANTED
    words = [*(WANTED - {"survives"}), *(f"survives.{each}.data" for each in HAPPENINGS)]
    checks = [{"attribute": f"{word}.x"} for word in words]
    assert untried(checks, HAPPENINGS) == set()
    assert untried(checks[1:], HAPPENINGS) == {words[0]}
    assert untried(checks, HAPPENINGS | {"engine_restart"}) == {"engine_restart"}
