"""`plumb verify stack` is interrupted, at a moment that it tells itself."""

import signal
import subprocess
from pathlib import Path

from plumbline.stack.engine import Engine
from tests.stack.conftest import leftovers
from tests.stack.waiting import HANG_S

MOMENTS = ("created", "healthy")
"""Words of what it says while it starts the stack."""
SIGNALS = (signal.SIGTERM, signal.SIGINT)


def interrupted(process: "subprocess.Popen[str]", engine: Engine, folder: Path, moment: str, number: int) -> list[str]:
    """What is wrong afterwards; the folder is the run's for temporary files."""
    assert process.stderr
    for line in process.stderr:
        if moment in line:
            break
    process.send_signal(number)
    _, err = process.communicate(timeout=HANG_S)
    wrong = [] if process.returncode == 130 else [f"it ends with {process.returncode}: {err}"]
    wrong += ["a traceback"] if "Traceback" in err else []
    return wrong + [f"left: {each}" for each in (*leftovers(engine), *folder.glob("plumb-run-*"))]
