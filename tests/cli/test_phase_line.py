"""A call that takes longer says what it is at, on a terminal alone, and leaves nothing behind."""

import io

import pytest

from plumbline.cli import phase_line
from plumbline.cli.phase_line import PhaseLine


class LoudTerminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, which a test puts forward."""
    now = [0.0]
    monkeypatch.setattr(phase_line.time, "monotonic", lambda: now[0])
    monkeypatch.setenv("TERM", "xterm")
    return now


def test_nothing_is_said_within_the_first_second(clock: list[float]) -> None:
    terminal = LoudTerminal()
    with PhaseLine(stream=terminal) as told:
        told("checking rules", 3, 9)
    assert terminal.getvalue() == ""


def test_later_each_phase_takes_the_place_of_the_last(clock: list[float]) -> None:
    terminal = LoudTerminal()
    with PhaseLine(stream=terminal) as told:
        clock[0] = 2
        told("checking rules", 3, 9)
        told("comparing artifacts")
    assert terminal.getvalue() == "\r\x1b[Kchecking rules: 3 of 9 …\r\x1b[Kcomparing artifacts …\r\x1b[K"


@pytest.mark.parametrize("stream", [io.StringIO, LoudTerminal])
def test_who_is_no_terminal_or_wants_quiet_hears_nothing(clock: list[float], stream: type[io.StringIO]) -> None:
    silent = stream()
    with PhaseLine(stream=silent, quiet=stream is LoudTerminal) as told:
        clock[0] = 2
        told("checking rules")
    assert silent.getvalue() == ""
