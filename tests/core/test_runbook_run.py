"""Runbooks carried out on this machine: order, time, what is skipped, what a crash leaves, and what is taken back."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from plumbline.runbook.execution import TIME_RAN_OUT, run_at
from plumbline.runbook.journal import Busy, RunbookJournal, UnusableJournal, alone, newest, reopened, started
from plumbline.runbook.rendering import RenderedPlace, RenderedRunbook, RenderedStep
from plumbline.runbook.run import Failure, RunbookRun
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


def step(
    run: str,
    *,
    verify: str | None = None,
    undo: str | None = None,
    skip: bool = False,
    place: RenderedPlace = HERE,
    **more: Any,
) -> RenderedStep:
    """A step here, of at most five seconds."""
    return RenderedStep(run, place, run, None, more.pop("output", None), verify, undo, 5, skip, **more)


def book(*steps: RenderedStep) -> RenderedRunbook:
    """A runbook of these steps."""
    return RenderedRunbook("sample", "single", "Sample", "Shows.", (), "start again", steps)


def ready(folder: Path, *steps: RenderedStep, journal: RunbookJournal | None = None) -> RunbookRun:
    """A run of these steps, new or gone on with."""
    return RunbookRun(book(*steps), journal or started(folder, begun(), str), Silence())


def begun(tenant: str = "acme") -> dict[str, object]:
    """What a journal begins with."""
    values = {"tenant": tenant}
    return {"runbook": "sample", "mode": "single", "values": values, "places": {}, "digest": "", "steps": 1}


def again(run: RunbookRun) -> RunbookRun:
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
    by_hand = subprocess.run(
        ["sh"],
        input=step("false\necho went on").typed("false\necho went on"),
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


def test_a_place_of_several_nodes_is_done_up_to_the_first_that_fails(tmp_path: Path) -> None:
    shells = ("N=1 sh", "N=2 sh", "N=3 sh")
    place = replace(HERE, shells=shells, folder=str(tmp_path))
    run = ready(tmp_path, step('touch "seen $N"; test "$N" != 2', undo='rm "seen $N"', place=place))
    failed(run.forward)
    assert sorted(each.name for each in tmp_path.glob("seen *")) == ["seen 1", "seen 2"]
    (tmp_path / "seen 3").touch()  # of somebody else
    back = replace(again(run), undo_half_done=True)
    assert back.back() is None
    assert [each.name for each in tmp_path.glob("seen *")] == ["seen 3"]


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
    run.journal.write("started", step=1, title="", place="here", nodes=[0])
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
    journal = started(tmp_path, begun(), lambda text: text.replace("hushhush", "…"))
    assert RunbookRun(book(step("echo hush''hush")), journal, Silence()).forward() is None
    assert "hushhush" not in journal.path.read_text()


def test_a_file_that_is_no_journal_is_refused(tmp_path: Path) -> None:
    for text in ("", "[]\n", '{"event": "done", "step": 1}\n', "\x00\n"):
        (tmp_path / "file").write_text(text)
        with pytest.raises(UnusableJournal):
            reopened(tmp_path / "file", str)
    with pytest.raises(UnusableJournal):
        reopened(tmp_path / "missing", str)


def test_a_run_is_found_by_its_values(tmp_path: Path) -> None:
    first, second = (started(tmp_path, begun(tenant), str).path for tenant in ("acme", "globex"))
    assert [each.path for each in newest(tmp_path, "sample", {}, str)] == [second, first]
    assert [each.path for each in newest(tmp_path, "sample", {"tenant": "acme"}, str)] == [first]
    later = started(tmp_path, begun("acme"), str).path
    assert [each.path for each in newest(tmp_path, "sample", {}, str)] == [later, second]
    assert newest(tmp_path, "samp", {}, str) == []


def test_a_damaged_journal_is_not_passed_over(tmp_path: Path) -> None:
    started(tmp_path, begun(), str)
    path = started(tmp_path, begun(), str).path
    path.write_text(path.read_text() + "garbage\n")
    with pytest.raises(UnusableJournal):
        newest(tmp_path, "sample", {}, str)


def test_two_at_once_one_does_it_and_says_who(tmp_path: Path) -> None:
    values = {"tenant": "acme"}
    with alone(tmp_path, "sample", values):
        with pytest.raises(Busy, match=f"process {os.getpid()} on "), alone(tmp_path, "sample", values):
            pass
        with alone(tmp_path, "sample", {"tenant": "globex"}):
            pass
    with alone(tmp_path, "sample", values):
        pass


CAPTURE = {"made": "made: (.*)"}
USE = '"${captured_made:?}"'


def test_a_captured_value_is_used_later_and_taken_back_also_by_another_process(tmp_path: Path) -> None:
    steps = (
        step(f"cd {tmp_path}; touch old.x new.x; echo noise >&2; echo made: new.x", capture=CAPTURE, verify=f"test -e {tmp_path}/{USE}", undo=f"rm {tmp_path}/{USE}"),
        step(f"echo using {USE}; test -e {tmp_path}/mended"),
    )  # fmt: skip
    run = ready(tmp_path, *steps)
    assert failed(run.forward).output == "using new.x\n"
    (tmp_path / "mended").touch()
    resumed = again(run)
    assert resumed.forward() is None
    assert again(resumed).back() is None
    assert [each.name for each in tmp_path.glob("*.x")] == ["old.x"]


@pytest.mark.parametrize(
    ("printed", "says"),
    [
        ("nothing", "no line begins with"),
        ("made: a\nmade: b", "lines that match made: (.*) differ"),
        ("made: ", "can't be used"),
        ("made: a b", "can't be used"),
        ("made: $(touch hacked)", "can't be used"),
        ("made: '; touch hacked; '", "can't be used"),
        ("made: -rf", "can't be used"),
        ("made: ../../etc", "can't be used"),
        ("made: hushhush", "looks like a secret"),
    ],
)
def test_a_value_that_is_not_there_or_not_safe_fails_the_step(printed: str, says: str, tmp_path: Path) -> None:
    journal = started(tmp_path, begun(), lambda text: text.replace("hushhush", "…"))
    first = replace(step(f"cat <<'END'\n{printed}\nEND", capture=CAPTURE, undo=f"rm {USE}"), title="Make it")
    steps = first, step(f"touch {tmp_path}/went-on")
    run = RunbookRun(book(*steps), journal, Silence())
    assert says in failed(run.forward).what
    assert not (tmp_path / "went-on").exists()
    assert "hushhush" not in journal.path.read_text()
    back = replace(again(run), undo_half_done=True)
    assert "captured.made: no step of this run captured it" in failed(back.back).output


def test_a_step_that_fails_after_it_printed_the_value_can_be_taken_back(tmp_path: Path) -> None:
    run = ready(
        tmp_path,
        step(f"cd {tmp_path}; touch a.x b.x; echo made: a.x; false", capture=CAPTURE, undo=f"rm {tmp_path}/{USE}"),
    )
    failed(run.forward)
    assert again(run).back() is None
    assert (tmp_path / "a.x").exists()
    assert replace(again(run), undo_half_done=True).back() is None
    assert [each.name for each in tmp_path.glob("*.x")] == ["b.x"]


def test_an_output_that_differs_stops_the_run(tmp_path: Path) -> None:
    log = tmp_path / "log"
    steps = (
        step("echo one; printf '\\033[31mtwo\\033[0m\\r\\n'; echo 'in 3 s' >&2", output="one\ntwo\nin … s"),
        step(
            f"echo verify.sh is ours; echo ran >> {log}", output="install.sh is ours\nverify.sh is ours", verify="true"
        ),
        step(f"echo after >> {log}"),
    )
    run = ready(tmp_path, *steps)
    failure = failed(run.forward)
    assert (failure.number, failure.differs) == (2, True)
    assert failure.output.splitlines() == ["- install.sh is ours", "  verify.sh is ours"]
    assert "differs" in run.journal.path.read_text()
    assert failed(again(run).forward).differs
    accepted = replace(again(run), seen=2)
    assert accepted.forward() is None
    assert log.read_text() == "ran\nran\nafter\n"


def test_a_step_that_destroys_does_so_only_where_that_is_wanted(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.touch()
    run = ready(tmp_path, step(f"rm {data}", destroys="the data", undo="nothing: it is gone"))
    assert failed(run.forward).what == "was not confirmed, and nothing of it was done"
    assert data.exists()
    assert again(run).journal.states == {}
    wanted = replace(again(run), consent=lambda number, step, what: (number, what) == (1, "the data"))
    assert wanted.forward() is None
    assert not data.exists()
    back = again(wanted)
    assert back.back() is None
    assert back.journal.states == {1: "left"}


def test_an_undo_that_destroys_does_so_only_where_that_is_wanted(tmp_path: Path) -> None:
    run = ready(tmp_path, step(f"touch {tmp_path}/data", undo=f"rm {tmp_path}/data", undo_destroys="what came since"))
    assert run.forward() is None
    assert "not confirmed" in failed(again(run).back).what
    assert (tmp_path / "data").exists()
    assert replace(again(run), consent=lambda *_: True).back() is None
    assert not (tmp_path / "data").exists()


def test_on_several_nodes_what_was_done_before_is_neither_done_nor_taken_back(tmp_path: Path) -> None:
    place = replace(HERE, shells=("N=1 sh", "N=2 sh"), folder=str(tmp_path))
    (tmp_path / "of 1").write_text("older")
    run = ready(
        tmp_path, step('echo ours > "of $N"', verify='test -e "of $N"', undo='rm "of $N"', skip=True, place=place)
    )
    assert run.forward() is None
    assert (tmp_path / "of 1").read_text() == "older"
    assert again(run).back() is None
    assert [each.name for each in tmp_path.glob("of *")] == ["of 1"]


def test_a_verification_that_cannot_look_skips_nothing(tmp_path: Path) -> None:
    run = ready(tmp_path, step(f"touch {tmp_path}/ran", verify="no-such-program; test -e ran", skip=True))
    assert failed(run.forward).what == "its verification ended with exit code 127"
    assert (tmp_path / "ran").exists()


@pytest.mark.slow
@pytest.mark.parametrize("shell", ["", "sh"])
def test_who_is_killed_elsewhere_leaves_nothing_running(shell: str, tmp_path: Path) -> None:
    late = tmp_path / "late"
    code = (
        # whoever starts the tests in the background has them ignore SIGINT
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler);"
        "from plumbline.runbook.execution import run_at; from plumbline.runbook.rendering import RenderedPlace;"
        f"run_at(RenderedPlace('', '', '', ({shell!r},)), 'echo on; (sleep 3; touch {late}) & sleep 30', 60, lambda line: print(line, flush=True))"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "on\n"
        process.send_signal(signal.SIGKILL if shell else signal.SIGINT)
    time.sleep(3.5)
    assert not late.exists()
