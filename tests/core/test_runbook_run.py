"""Runbooks carried out on this machine: order, time, what is skipped, what a crash leaves, and what is taken back."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from plumbline.execution import TIME_RAN_OUT, run_at
from plumbline.journal import Journal, UnusableJournal, latest, reopened, started
from plumbline.runbook_run import Failure, Run
from plumbline.runbooks import RenderedPlace, RenderedRunbook, RenderedStep
from tests.stack.waiting import until

HERE = RenderedPlace("here", "this machine", "", ("",))


class Silence:
    """Hears what a run says."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def step(self, number: int, step: RenderedStep, doing: str) -> None:
        self.heard.append(f"{doing}{number}")

    def line(self, text: str) -> None: ...

    def ended(self, step: RenderedStep, how: str, seconds: float) -> None:
        self.heard.append(how)


def step(run: str, *, verify: str | None = None, undo: str | None = None, skip: bool = False) -> RenderedStep:
    """A step here, of at most five seconds."""
    return RenderedStep(run, HERE, run, None, None, verify, undo, 5, skip)


def book(*steps: RenderedStep) -> RenderedRunbook:
    """A runbook of these steps."""
    return RenderedRunbook("sample", "single", "Sample", "Shows.", (), "start again", steps)


def ready(folder: Path, *steps: RenderedStep, journal: Journal | None = None) -> Run:
    """A run of these steps, new or gone on with."""
    begin = {"runbook": "sample", "mode": "single", "values": {}, "digest": ""}
    return Run(book(*steps), journal or started(folder, begin, str), Silence())


def again(run: Run) -> Run:
    """The run as another process finds it."""
    return replace(run, journal=reopened(run.journal.path, str), tell=Silence())


def failed(run: Callable[[], Failure | None]) -> Failure:
    """The failure that a run ends with."""
    failure = run()
    assert failure
    return failure


def test_steps_are_done_in_order_and_written_down(tmp_path: Path) -> None:
    log = tmp_path / "log"
    run = ready(tmp_path, step(f"echo one >> {log}; echo said"), step(f"echo two >> {log}", verify=f"grep two {log}"))
    assert run.forward() is None
    assert log.read_text() == "one\ntwo\n"
    entries = [json.loads(line) for line in run.journal.path.read_text().splitlines()]
    assert [(each["event"], each.get("step")) for each in entries] == [
        ("begin", None),
        ("started", 1),
        ("done", 1),
        ("started", 2),
        ("done", 2),
    ]
    assert entries[2]["exit"] == 0
    assert entries[2]["output"] == "said\n"
    assert entries[2]["started"] <= entries[2]["ended"]
    assert entries[4]["verify"] == 0


def test_a_failure_stops_the_run_and_the_next_one_goes_on_there(tmp_path: Path) -> None:
    log, mended = tmp_path / "log", tmp_path / "mended"
    steps = (step(f"echo one >> {log}"), step(f"echo two >> {log}; echo why >&2; test -e {mended}"), step("true"))
    run = ready(tmp_path, *steps)
    failure = failed(run.forward)
    assert (failure.number, failure.what, failure.output) == (2, "its commands ended with exit code 1", "why\n")
    mended.touch()
    assert again(run).forward() is None
    assert log.read_text() == "one\ntwo\ntwo\n"


def test_a_verification_that_fails_fails_the_step(tmp_path: Path) -> None:
    failure = failed(ready(tmp_path, step("true", verify="echo no; exit 3")).forward)
    assert (failure.what, failure.output) == ("its verification ended with exit code 3", "no\n")


def test_the_first_failing_command_ends_a_script() -> None:
    assert run_at(HERE, "false\necho went on", 5, lambda _: None).output == ""


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


def test_a_place_of_several_nodes_is_done_up_to_the_first_that_fails(tmp_path: Path) -> None:
    shells = ("N=1 sh", "N=2 sh", "N=3 sh")
    place = replace(HERE, shells=shells, folder=str(tmp_path))
    outcome = run_at(place, 'touch "seen $N"; test "$N" != 2', 5, lambda _: None)
    assert outcome.code == 1
    assert sorted(each.name for each in tmp_path.glob("seen *")) == ["seen 1", "seen 2"]


def test_what_is_done_already_is_skipped_and_not_taken_back(tmp_path: Path) -> None:
    flag, log = tmp_path / "flag", tmp_path / "log"
    flag.touch()
    run = ready(tmp_path, step("exit 1", verify=f"test -e {flag}", undo=f"rm {flag}", skip=True))
    assert run.forward() is None
    assert run.back() is None
    assert flag.exists()
    not_safe = ready(tmp_path, step(f"echo done >> {log}", verify=f"test -e {flag}"))
    assert not_safe.forward() is None
    assert log.exists()


def test_a_step_that_a_crash_cut_off_is_found_done_and_is_this_runs(tmp_path: Path) -> None:
    flag = tmp_path / "flag"
    run = ready(tmp_path, step(f"touch {flag}", verify=f"test -e {flag}", undo=f"rm {flag}", skip=True))
    run.journal.write("started", step=1, title="", place="here")
    flag.touch()
    with run.journal.path.open("a") as file:
        file.write('{"event": "do')  # the power went
    resumed = again(run)
    assert resumed.forward() is None
    assert resumed.journal.states == {1: "found done"}
    assert again(resumed).back() is None
    assert not flag.exists()


def test_done_steps_are_taken_back_in_reverse_order(tmp_path: Path) -> None:
    log, mended = tmp_path / "log", tmp_path / "mended"
    steps = (
        step("true", undo=f"echo one >> {log}"),
        step("true", undo="nothing: looking changes nothing"),
        step("true", undo=f"echo three >> {log}; test -e {mended}"),
        step("false", undo=f"echo four >> {log}"),
    )
    run = ready(tmp_path, *steps)
    assert failed(run.forward).number == 4
    back = again(run)
    assert failed(back.back).what == "its undoing ended with exit code 1"
    mended.touch()
    assert again(back).back() is None
    assert log.read_text() == "three\nthree\none\n"
    assert again(back).back() is None
    assert log.read_text() == "three\nthree\none\n"


def test_a_secret_in_the_output_is_not_written_down(tmp_path: Path) -> None:
    journal = started(tmp_path, {"runbook": "sample", "values": {}}, lambda text: text.replace("hushhush", "…"))
    assert Run(book(step("echo hush''hush")), journal, Silence()).forward() is None
    assert "hushhush" not in journal.path.read_text()


def test_a_file_that_is_no_journal_is_refused(tmp_path: Path) -> None:
    for text in ("", "[]\n", '{"event": "done", "step": 1}\n', "\x00\n"):
        (tmp_path / "file").write_text(text)
        with pytest.raises(UnusableJournal):
            reopened(tmp_path / "file", str)
    with pytest.raises(UnusableJournal):
        reopened(tmp_path / "missing", str)


def test_the_latest_journal_is_that_of_the_same_values(tmp_path: Path) -> None:
    def begun(tenant: str) -> Path:
        return started(tmp_path, {"runbook": "sample", "values": {"tenant": tenant}}, str).path

    first, second = begun("acme"), begun("globex")
    assert latest(tmp_path, "sample", {}) == second
    assert latest(tmp_path, "sample", {"tenant": "acme"}) == first
    assert latest(tmp_path, "samp", {}) is None
