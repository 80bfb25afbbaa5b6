"""A script carried out here or by a shell elsewhere: it fails with its first command, and nothing of it outlives it."""

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from plumbline.runbook.execution import NOT_SAID, TIME_RAN_OUT, run_at
from tests.core.runbook_runs import HERE, step
from tests.stack.waiting import until


def test_the_first_failing_command_ends_a_script() -> None:
    assert run_at(HERE, "false\necho went on", 5, lambda _: None).output == ""
    by_hand = subprocess.run(
        ["sh"],
        input=step("false\necho went on").script("false\necho went on"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (by_hand.returncode, by_hand.stdout) == (1, "")


@pytest.mark.slow
@pytest.mark.parametrize("shell", ["", "sh"])
def test_time_that_runs_out_ends_all_that_the_script_started(shell: str, tmp_path: Path) -> None:
    number = tmp_path / "number"
    script = f"sleep 86400 & echo $! > {number}; sleep 86400"
    outcome = run_at(replace(HERE, shells=(shell,)), script, 5, lambda _: None)
    assert outcome.code == TIME_RAN_OUT
    until(lambda: ended(int(number.read_text())), "what the script left behind to end")


def ended(process: int) -> bool:
    """Whether a process has ended, waited for or not."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def test_elsewhere_a_command_that_reads_does_not_read_the_script() -> None:
    outcome = run_at(replace(HERE, shells=("sh",)), "cat\necho 'it''s whole'", 5, lambda _: None)
    assert (outcome.code, outcome.output) == (0, "its whole\n")


@pytest.mark.slow
@pytest.mark.parametrize("shell", ["", "sh"])
def test_who_is_killed_elsewhere_leaves_nothing_running(shell: str) -> None:
    code = (
        # whoever starts the tests in the background has them ignore SIGINT
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler);"
        "from plumbline.runbook.execution import run_at; from plumbline.runbook.rendering import RenderedPlace;"
        f"run_at(RenderedPlace('', '', '', ({shell!r},)), 'sleep 86400 & echo $!; sleep 86400', 60, lambda line: print(line, flush=True))"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        left = int(process.stdout.readline())
        process.send_signal(signal.SIGKILL if shell else signal.SIGINT)
    try:
        until(lambda: ended(left), "what the script left behind to end")
    finally:
        if not ended(left):
            os.kill(left, signal.SIGKILL)


@pytest.mark.parametrize("shell", ["true", "A=1", "sh < /dev/null", "sh -c :"])
def test_a_way_that_hands_nothing_on_has_done_nothing(shell: str) -> None:
    heard: list[str] = []
    outcome = run_at(replace(HERE, shells=(shell,)), "true", 5, heard.append)
    assert (outcome.code, "does it run a shell" in outcome.output) == (NOT_SAID, True)
    assert heard


@pytest.mark.parametrize("shell", ["sh", "sh | cat", "sh; true", "sh && false", "echo banner; sh", "sh; exit 3"])
@pytest.mark.parametrize("code", [0, 1, 7])
def test_how_a_script_ended_is_not_how_the_way_there_ended(shell: str, code: int) -> None:
    outcome = run_at(replace(HERE, shells=(shell,)), f"printf 'no end of line'; exit {code}", 5, lambda _: None)
    assert (outcome.code, outcome.output.removeprefix("banner\n")) == (code, "no end of line\n")


def test_a_way_that_fails_says_so_itself() -> None:
    assert run_at(replace(HERE, shells=("exit 255",)), "true", 5, lambda _: None).code == 255
