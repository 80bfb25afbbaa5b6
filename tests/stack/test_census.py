"""The probe's census of processes, on processes of this machine and on made-up ones."""

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.stack.conftest import ROOT

sys.path.insert(0, str(ROOT / "plumbline" / "stack" / "probe"))
census = __import__("census")

FIRST = {"net": "net:[9]", "pid": "pid:[9]", "mnt": "mnt:[9]", "ipc": "ipc:[9]", "uts": "uts:[9]"}
HOST = dict.fromkeys(FIRST, "host")
A, B = "a" * 64, "b" * 64


def process(pid: int, container: str, parent: int, namespaces: dict[str, str], state: str = "S") -> dict[str, Any]:
    """One as the census has it."""
    status = {"Uid": "1 1 1 1"}
    return {
        "pid": pid,
        "start": 1,
        "state": state,
        "parent": parent,
        "container": container,
        "namespaces": namespaces,
        "status": status,
    }


def of(*processes: dict[str, Any]) -> Any:
    return {(each["pid"], each["start"]): each for each in processes}


@pytest.mark.skipif(not Path("/proc/self/ns").exists(), reason="needs /proc")
def test_a_process_of_this_machine_is_described() -> None:
    child = subprocess.Popen(["sleep", "60"])
    try:
        time.sleep(0.2)
        found = census.process(Path(f"/proc/{child.pid}"))
        assert (found["command"], found["parent"]) == ("sleep 60", os.getpid())
        assert found["namespaces"].keys() == FIRST.keys() and found["limits"]["Max open files"]
        assert (child.pid, found["start"]) in census.census()
    finally:
        child.kill()
        child.wait()


def test_members_are_those_of_the_control_group_and_no_zombies() -> None:
    now = of(process(2, A, 1, FIRST), process(3, A, 2, FIRST, "Z"), process(4, B, 1, FIRST), process(5, "", 1, HOST))
    assert [pid for pid, _ in census.members(now, A)] == [2]


def test_sharers_are_in_a_namespace_that_is_not_the_hosts() -> None:
    first = process(2, A, 1, {**FIRST, "ipc": "host"})
    now = of(process(1, "", 0, HOST), first, process(4, B, 1, {**HOST, "net": "net:[9]"}), process(5, "", 1, HOST))
    assert [pid for pid, _ in census.sharers(now, A, first)] == [4]


def test_what_ends_in_time_is_no_stranger_and_what_stays_is(monkeypatch: pytest.MonkeyPatch) -> None:
    first, check = process(2, A, 1, FIRST), process(3, A, 1, FIRST)
    states = [of(first, check), of(first, check), of(first)]
    monkeypatch.setattr(census, "POLL_S", 0.0)
    monkeypatch.setattr(census, "census", lambda: states.pop(0) if len(states) > 1 else states[0])
    found = census.settled(of(first, check), {A: 2}, 60.0)
    assert [each["pid"] for each in found[A]["own"]] == [2]
    states[:] = [of(first, check)]
    found = census.settled(of(first, check), {A: 2}, 0.05)
    assert [each["pid"] for each in found[A]["own"]] == [2, 3]


def test_what_came_after_the_first_look_is_not_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that has just been started may still be the engine's own, with every right."""
    first, late = process(2, A, 1, FIRST), process(3, A, 1, FIRST)
    monkeypatch.setattr(census, "census", lambda: of(first, late))
    assert [each["pid"] for each in census.settled(of(first), {A: 2}, 60.0)[A]["own"]] == [2]
