"""`make stack-faults`: everything that is done to a stack with `--faults`, on the clean one, with a restart of the engine, and
runs that are interrupted; the last line is the score.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from plumbline.stack.engine import Engine, find_engine
from tests.lab.engine import STATE
from tests.lab.running import with_engine
from tests.stack.conftest import ROOT, leftovers
from tests.stack.interrupting import MOMENTS, SIGNALS, interrupted
from validators.stack.kinds import TRIED, Takes

WANTED = {word for word, trial in TRIED.items() if trial.takes is not Takes.NOTHING}
"""What has to be tried, by the first words of attributes."""
HAPPENINGS = {"restart", "down_and_up"}
_SECONDS = 3600


def main() -> int:
    """Try it as its user calls it; 1 when anything differs, is not tried, or is left behind."""
    engine = find_engine()
    ours = STATE.exists() and json.loads(STATE.read_text())["host"] == engine.connection.host
    restart = ["--restart-engine", f"{sys.executable} -m tests.lab restart"] if ours else []
    call = [sys.executable, "-m", "plumbline", "verify", "stack", "--mode", "offline", "--faults", *restart]
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run([*call, "--report", folder], cwd=ROOT, timeout=_SECONDS, check=False)
        report = json.loads((Path(folder) / "stack-offline.json").read_text())
    engine.reconnect()
    happenings = HAPPENINGS | ({"engine_restart"} if ours else set())
    wrong = [f"not tried: {each}" for each in sorted(untried(report["checks"], happenings))]
    wrong += [f"left behind: {each}" for each in leftovers(engine)]
    wrong += [each for moment in MOMENTS for number in SIGNALS for each in _interrupted(engine, moment, number)]
    print("".join(f"{each}\n" for each in wrong), end="")
    matches = report["outcomes"].get("matches", 0)
    print(
        f"stack faults: {matches} of {len(report['checks'])} facts as they have to be, {len(wrong)} things wrong beside them"
    )
    return int(bool(done.returncode or wrong))


def _interrupted(engine: Engine, moment: str, number: int) -> list[str]:
    """What is wrong after a signal."""
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "plumbline",
                "verify",
                "stack",
                "--mode",
                "offline",
                "--report",
                f"{folder}/reports",
            ],
            cwd=ROOT,
            env={**os.environ, "TMPDIR": folder},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        found = interrupted(process, engine, Path(folder), moment, number)
    return [f"signal {number} when {moment}: {each}" for each in found]


def untried(checks: list[dict[str, Any]], happenings: set[str]) -> set[str]:
    """What a report should hold, and does not."""
    attributes = [str(check["attribute"]).split(".") for check in checks]
    words = {each[0] for each in attributes}
    happened = {each[1] for each in attributes if each[0] == "survives"}
    return (WANTED - words) | (happenings - happened)


if __name__ == "__main__":
    sys.exit(with_engine(main))
