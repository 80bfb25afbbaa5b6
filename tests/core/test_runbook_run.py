"""Runbooks carried out on this machine: order, what is skipped, what a crash leaves, and what is taken back."""

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from plumbline.runbook.journal import Busy, UnusableJournal, create_journal, hold_lock, newest_journals, open_journal
from plumbline.runbook.run import RunbookRun
from tests.core.runbook_runs import HERE, SilentSteps, again, begun, book, failed, ready, step


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
    assert failed(back.back).what == "its undo ended with exit code 1"
    mended.touch()
    assert again(back).back() is None
    assert log.read_text() == "three\nthree\none\n"
    assert again(back).back() is None
    assert log.read_text() == "three\nthree\none\n"


def test_a_secret_in_the_output_is_not_written_down(tmp_path: Path) -> None:
    journal = create_journal(tmp_path, begun(), lambda text: text.replace("hushhush", "…"))
    assert RunbookRun(book(step("echo hush''hush")), journal, SilentSteps()).forward() is None
    assert "hushhush" not in journal.path.read_text()


def test_a_file_that_is_no_journal_is_refused(tmp_path: Path) -> None:
    for text in ("", "[]\n", '{"event": "done", "step": 1}\n', "\x00\n"):
        (tmp_path / "file").write_text(text)
        with pytest.raises(UnusableJournal):
            open_journal(tmp_path / "file", str)
    with pytest.raises(UnusableJournal):
        open_journal(tmp_path / "missing", str)


def test_a_run_is_found_by_its_values(tmp_path: Path) -> None:
    first, second = (create_journal(tmp_path, begun(tenant), str).path for tenant in ("acme", "globex"))
    assert [each.path for each in newest_journals(tmp_path, "sample", {}, str)] == [second, first]
    assert [each.path for each in newest_journals(tmp_path, "sample", {"tenant": "acme"}, str)] == [first]
    later = create_journal(tmp_path, begun("acme"), str).path
    assert [each.path for each in newest_journals(tmp_path, "sample", {}, str)] == [later, second]
    assert newest_journals(tmp_path, "samp", {}, str) == []


def test_a_damaged_journal_is_not_passed_over(tmp_path: Path) -> None:
    create_journal(tmp_path, begun(), str)
    path = create_journal(tmp_path, begun(), str).path
    path.write_text(path.read_text() + "garbage\n")
    with pytest.raises(UnusableJournal):
        newest_journals(tmp_path, "sample", {}, str)


def test_two_at_once_one_does_it_and_says_who(tmp_path: Path) -> None:
    values = {"tenant": "acme"}
    with hold_lock(tmp_path, "sample", values):
        with pytest.raises(Busy, match=f"process {os.getpid()} on "), hold_lock(tmp_path, "sample", values):
            pass
        with hold_lock(tmp_path, "sample", {"tenant": "globex"}):
            pass
    with hold_lock(tmp_path, "sample", values):
        pass


def test_a_step_that_destroys_does_so_only_where_that_is_wanted(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.touch()
    run = ready(tmp_path, step(f"rm {data}", destroys="the data", undo="nothing: it is gone"))
    assert failed(run.forward).what == "was not confirmed, so nothing was done"
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


@pytest.mark.parametrize(
    "line",
    [
        {"event": "captured", "captured": {"kept": "a'; touch hacked; '"}},
        {"event": "captured", "captured": {"kept": "-rf"}},
        {"event": "captured", "captured": {"kept": "../a"}},
        {"event": "captured", "captured": {"kept": ["a"]}},
        {"event": "captured", "captured": {"kept": None}},
        {"event": "captured", "captured": "a"},
        {"event": "Done", "step": 1},
        {"event": None, "step": 1},
        {"event": "begin", "step": 1},
        {"event": "done", "step": "1"},
        {"event": "done", "step": True},
        {"event": "done", "step": 0},
        {"event": "started", "step": 1, "nodes": [-1]},
        {"event": "started", "step": 1, "nodes": ["0"]},
        {"event": "started", "step": 1, "nodes": "0"},
        [],
    ],
)
def test_a_journal_with_a_line_that_no_run_writes_is_refused(line: object, tmp_path: Path) -> None:
    path = create_journal(tmp_path, begun(), str).path
    assert open_journal(path, str).states == {}
    path.write_text(path.read_text() + json.dumps(line) + "\n")
    with pytest.raises(UnusableJournal):
        open_journal(path, str)


@pytest.mark.parametrize(
    "odd",
    [
        {"values": ["tenant"]},
        {"values": {"tenant": 3}},
        {"values": {"tenant": "a'; touch hacked"}},
        {"places": []},
        {"places": {"here": "sh"}},
        {"places": {"here": [3]}},
        {"steps": "1"},
        {"steps": True},
        {"mode": None},
        {"runbook": ["sample"]},
        {"digest": None},
    ],
)
def test_a_journal_that_begins_as_no_run_does_is_refused(odd: dict[str, object], tmp_path: Path) -> None:
    path = create_journal(tmp_path, begun() | odd, str).path
    with pytest.raises(UnusableJournal):
        open_journal(path, str)


def test_a_node_that_its_place_does_not_have_is_not_taken_back(tmp_path: Path) -> None:
    run = ready(tmp_path, step("true", undo="true"))
    run.journal.write("started", step=1, nodes=[5])
    run.journal.write("done", step=1)
    failure = run.back()
    assert failure is not None
    assert "names node 6 of 1" in failure.output
