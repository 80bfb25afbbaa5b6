"""Processes that test share the lab's engine: one uses it at a time, and the last one stops what tests started."""

import fcntl
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.lab import turns
from tests.lab.engine import LabEngine
from tests.lab.turns import turn, used_engine


@pytest.fixture
def stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was stopped, of the engines that the first call starts and the others find."""
    found: list[str] = []
    monkeypatch.setattr(turns, "LAB", tmp_path)
    monkeypatch.setattr(turns, "ensure_engine", lambda: LabEngine("one", started=not (tmp_path / "began").exists()))
    monkeypatch.setattr(turns, "stop", lambda: found.append("one"))
    return found


def test_the_last_one_stops_it_whoever_started_it(stopped: list[str], tmp_path: Path) -> None:
    first, second = ExitStack(), ExitStack()
    assert first.enter_context(used_engine()).started
    (tmp_path / "began").touch()
    assert not second.enter_context(used_engine()).started
    first.close()
    assert stopped == []
    second.close()
    assert stopped == ["one"]


def test_one_that_tests_did_not_start_is_left_alone(stopped: list[str], tmp_path: Path) -> None:
    (tmp_path / "began").touch()
    (tmp_path / "users").write_text("another, of a run that was killed")
    with used_engine():
        pass
    assert stopped == []


def test_a_turn_is_had_by_one_and_may_be_taken_within_itself(stopped: list[str], tmp_path: Path) -> None:
    with (tmp_path / "turn").open("w") as other:
        with turn(), turn(), pytest.raises(BlockingIOError):
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
