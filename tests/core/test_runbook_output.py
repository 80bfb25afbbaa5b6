"""What a step prints: what a run keeps of it for later steps, and compares with what the runbook says."""

from dataclasses import replace
from pathlib import Path

import pytest

from plumbline.runbook.journal import create_journal
from plumbline.runbook.run import RunbookRun
from tests.core.runbook_runs import SilentSteps, again, begun, book, failed, ready, step

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
        ("nothing", "no line starts with"),
        ("made: a\nmade: b", "lines that match made: (.*) differ"),
        ("made: ", "cannot be used"),
        ("made: a b", "cannot be used"),
        ("made: $(touch hacked)", "cannot be used"),
        ("made: '; touch hacked; '", "cannot be used"),
        ("made: -rf", "cannot be used"),
        ("made: ../../etc", "cannot be used"),
        ("made: hushhush", "looks like a secret"),
    ],
)
def test_a_value_that_is_not_there_or_not_safe_fails_the_step(printed: str, says: str, tmp_path: Path) -> None:
    journal = create_journal(tmp_path, begun(), lambda text: text.replace("hushhush", "…"))
    first = replace(step(f"cat <<'END'\n{printed}\nEND", capture=CAPTURE, undo=f"rm {USE}"), title="Make it")
    steps = first, step(f"touch {tmp_path}/went-on")
    run = RunbookRun(book(*steps), journal, SilentSteps())
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
