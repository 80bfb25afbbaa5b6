"""`plumb verify stack --faults` on the clean stack, with a restart of the engine, as its user calls it."""

import json
import sys
from pathlib import Path

import pytest

from plumbline.stack.engine import Engine
from tests.lab.engine import STATE
from tests.stack.conftest import Plumb, leftovers
from tests.stack.waiting import HANG_S


@pytest.mark.live
def test_the_stack_stands_every_fault(plumb: Plumb, engine: Engine, tmp_path: Path) -> None:
    ours = STATE.exists() and json.loads(STATE.read_text())["host"] == engine.connection.host
    restart = ["--restart-engine", f"{sys.executable} -m tests.lab restart"] if ours else []
    process = plumb("--mode", "offline", "--faults", *restart)
    out, err = process.communicate(timeout=HANG_S)
    assert process.returncode == 0, out + err
    report = json.loads((tmp_path / "reports" / "stack-offline.json").read_text())
    words = {check["attribute"].partition(".")[0] for check in report["checks"]}
    assert {"killed", "without", "with_again", "survives", "self_test", "memory_limit", "log_rotation", "kept"} <= words
    happenings = {
        check["attribute"].split(".")[1] for check in report["checks"] if check["attribute"].startswith("surv")
    }
    assert happenings == {"restart", "down_and_up", *(["engine_restart"] if ours else [])}
    engine.reconnect()
    assert leftovers(engine) == []
