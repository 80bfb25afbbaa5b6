"""Runs that are started together on one engine: each has ranges and ports of its own, or waits for those that only one can have."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from plumbline.stack.engine import Engine
from tests.stack.conftest import ROOT, leftovers
from tests.stack.waiting import HANG_S

_OFFLINE = ["stack", "--mode", "offline"]
CASES = {
    "two of offline": [_OFFLINE] * 2,
    "two of online": [["stack", "--mode", "online", "--tenant", "acme"]] * 2,
    "parity and offline": [["parity"], _OFFLINE],
    "parity and two of offline": [["parity"], _OFFLINE, _OFFLINE],
}
"""What is started together, by name. `make soak` tries them all."""


def problems(calls: list[list[str]], engine: Engine, folder: Path) -> list[str]:
    """What is wrong with calls that run at once: one that failed, or something that is left."""
    running = list(started(calls, folder))
    try:
        ends = [process.communicate(timeout=HANG_S) for process in running]
    finally:
        for process in running:
            process.kill()
    failed = [f"{process.returncode}: {end}" for process, end in zip(running, ends, strict=True) if process.returncode]
    return failed + [f"left: {each}" for each in leftovers(engine)]


def started(calls: list[list[str]], folder: Path) -> "Iterator[subprocess.Popen[str]]":
    """All of them at once, with one folder for temporary files, as users of one host have."""
    for number, call in enumerate(calls):
        yield subprocess.Popen(
            [sys.executable, "-m", "plumbline", "verify", *call, "--report", str(folder / str(number))],
            cwd=ROOT,
            env={**os.environ, "TMPDIR": str(folder)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
