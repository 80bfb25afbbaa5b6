"""Runs that are started together on one engine: each has ranges and ports of its own, or waits for those that only one can have."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from plumbline.stack.engine import Engine
from tests.stack.conftest import ROOT, leftovers
from tests.stack.waiting import HANG_S

CASES = {
    "two of offline": [["stack", "--mode", "offline"]] * 2,
    "two of online": [["stack", "--mode", "online", "--tenant", "acme"]] * 2,
    "parity and offline": [["parity"], ["stack", "--mode", "offline"]],
}


@pytest.mark.live
@pytest.mark.parametrize("calls", CASES.values(), ids=CASES.keys())
def test_both_are_as_the_spec_says_and_nothing_is_left(calls: list[list[str]], engine: Engine, tmp_path: Path) -> None:
    running = list(started(calls, tmp_path))
    try:
        ends = [process.communicate(timeout=HANG_S) for process in running]
    finally:
        for process in running:
            process.kill()
    assert [process.returncode for process in running] == [0, 0], ends
    assert leftovers(engine) == []
    if calls == CASES["two of offline"]:
        reports = [json.loads((tmp_path / str(number) / "stack-offline.json").read_text()) for number in range(2)]
        ports = [report["moved_ports"].get("http of intake-gateway", "127.0.0.1:8080") for report in reports]
        assert len(set(ports)) == 2


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
