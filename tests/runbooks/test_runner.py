"""The host's own runner does what `plumb runbook run` does: the same steps, checks, undo, journal and words."""

import json
import os
import pty
import shutil
import signal
import subprocess
import time

import pytest

from tests.runbooks.runner import TRY, Both, entries

pytestmark = pytest.mark.slow

VALUES = ("--set", "name=globex")


def values(both: Both) -> tuple[str, ...]:
    return (*VALUES, "--set", f"room={both.folder}/room/")


def agree(both: Both, *words: str, code: int) -> str:
    """Run both; they end alike, say alike and write alike. What the host's own said."""
    before = both.folder / "before"
    shutil.copytree(both.work, before)
    python = both.python(*words)
    shutil.rmtree(both.work)
    shutil.rmtree(both.folder / "room", ignore_errors=True)
    before.rename(both.work)
    shell = both.shell(*words)
    assert both.told(shell) == both.told(python)
    assert shell.returncode == code, shell.stderr
    assert entries(both.folder / "journals") == entries(both.folder / "plumb-journals")
    return shell.stdout + shell.stderr


def test_a_run_that_succeeds_says_and_writes_the_same(both: Both) -> None:
    said = agree(both, *values(both), "--yes", code=0)
    assert "3/3 Make room  [host]" in said
    assert (both.folder / "room/full").exists()


def test_it_stops_at_the_step_that_fails_and_goes_on_there(both: Both) -> None:
    (both.work / "broken").touch()
    said = agree(both, *values(both), "--yes", code=1)
    assert "step 2 («Say it»): its commands ended with exit code 1" in said
    assert not (both.folder / "room").exists()
    (both.work / "broken").unlink()
    resumed = agree(both, "--resume", "--yes", code=0)
    assert "1/3" not in resumed
    assert "3/3" in resumed


def test_another_output_stops_it_and_can_be_accepted(both: Both) -> None:
    both.change(TRY.replace("      warning: no\n", "      …\n      warning: yes\n"))
    said = agree(both, *values(both), "--yes", code=1)
    assert "  | - warning: yes\n" in said
    assert "--accept-output 2" in said
    agree(both, "--resume", "--yes", "--accept-output", "2", code=0)


def test_it_takes_back_what_it_did_in_reverse_order(both: Both) -> None:
    both.shell(*values(both), "--yes")
    refused = both.shell("--undo", "--yes")
    assert (refused.returncode, (both.work / "greeting").exists()) == (2, True)
    assert "--confirm sample" in refused.stderr
    done = both.shell("--undo", "--yes", "--confirm", "sample")
    assert done.returncode == 0, done.stderr
    assert [line for line in done.stdout.splitlines() if "/3" in line] == [
        "3/3 taking back: Make room  [host]",
        "2/3 taking back: Say it  [host]",
        "1/3 taking back: Write it for globex  [host]",
    ]
    assert not (both.work / "greeting").exists()
    again = both.shell("--undo", "--yes")
    assert (again.returncode, "can be undone" in again.stderr) == (2, True)
    assert "can be resumed" in both.shell("--resume", "--yes").stderr


def test_what_failed_half_way_is_taken_back_only_when_that_is_said(both: Both) -> None:
    (both.work / "broken-later").touch()
    both.shell(*values(both), "--yes")
    unsaid = both.shell("--undo", "--yes", "--confirm", "sample")
    assert (unsaid.returncode, "--half-done" in unsaid.stderr) == (2, True)
    assert both.shell("--undo", "--yes", "--confirm", "sample", "--half-done", "undo").returncode == 0
    assert not (both.folder / "room/full").exists()


def test_what_is_so_already_is_not_done_and_not_taken_back(both: Both) -> None:
    (both.work / "greeting").write_text("globex\n")
    said = agree(both, *values(both), "--yes", code=1)  # nobody captured what step 2 needs
    assert "    is already done (" in said
    assert "captured.kept: no step of this run captured it" in said
    assert both.shell("--undo", "--yes", "--half-done", "keep").returncode == 0
    assert (both.work / "greeting").exists()


def test_without_a_terminal_nothing_begins_unless_the_call_says_so(both: Both) -> None:
    for words, says in (((), "no terminal to ask"), (("--yes", "--confirm", "globex"), "belongs to 'sample'")):
        done = both.shell(*values(both), *words)
        assert (done.returncode, both.journals()) == (2, [])
        assert says in done.stderr


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--set", "name=a b"), "it goes into shell commands"),
        (("--set", "name=$(id)"), "it goes into shell commands"),
        (("--set", "name=x\nid"), "a value has one line"),
        (("--set", "name=X"), "it must be a text like"),
        (("--set", "room=/a/../b"), "no part of it may be just . or .."),
        (("--set", "room=/etc/passwd/x"), "something on the way there is no folder"),
        (("--set", "nobody=x"), "asks for no 'nobody'"),
        (("--set", "PATH=x"), "asks for no 'PATH'"),
    ],
)
def test_a_value_that_is_none_is_refused(both: Both, words: tuple[str, ...], says: str) -> None:
    others = {"name": "--set name=abc", "room": f"--set room={both.folder}/r"}
    given = [each for key, each in others.items() if not words[1].startswith(key)]
    done = both.shell(*" ".join(given).split(), *words, "--yes")
    assert (done.returncode, both.journals()) == (2, []), done.stderr
    assert says in done.stderr


def test_a_folder_that_the_steps_create_may_be_missing_but_not_below_a_file(both: Both) -> None:
    room = ("--set", "name=globex", "--set", "room=/etc/passwd/x", "--yes")
    for done in (both.python(*room), both.shell(*room)):
        assert (done.returncode, "something on the way there is no folder" in done.stderr) == (2, True)
    assert both.python("--set", "name=globex", "--set", f"room={both.folder}/new/room", "--yes").returncode == 0
    assert (both.folder / "new/room/full").exists()


def typed(both: Both, reply: str, *words: str) -> tuple[int, str]:
    """A run at a terminal, at which somebody types."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        both.call(*words), stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        os.write(ours, reply.encode())
        said, _ = process.communicate(timeout=300)
    os.close(ours)
    os.close(theirs)
    return process.returncode, said


def test_who_sits_at_a_terminal_is_asked_and_names_what_is_destroyed(both: Both) -> None:
    code, said = typed(both, "n\n", *values(both))
    assert (code, both.journals()) == (130, [])
    assert "Try «it»: 3 steps, mode single\n  name: globex\n" in said
    assert "  before: globex is there.\nBegin? [y/N]: " in said
    assert typed(both, "y\n", *values(both))[0] == 0
    code, said = typed(both, "y\nsampel\n", "--undo")
    assert (code, (both.folder / "room/full").exists()) == (1, True)
    assert "Type sample to destroy it: " in said
    assert "was not undone, because it was not confirmed" in said
    assert typed(both, "y\nsample\n", "--undo")[0] == 0
    assert not (both.folder / "room/full").exists()


def test_a_value_that_lacks_is_asked_for_whatever_the_environment_has(both: Both) -> None:
    done = both.shell("--set", f"room={both.folder}", "--yes", env={"v_name": "evil; id"})
    assert done.returncode == 2
    assert "--set name=…  (Who. It has to be a text like [a-z]+.)" in done.stderr


def test_a_journal_that_was_changed_is_not_gone_on_with(both: Both) -> None:
    (both.work / "broken").touch()
    both.shell(*values(both), "--yes")
    (journal,) = both.journals()
    whole = journal.read_text()
    for old, new in (
        ('"digest": "', '"digest": "0'),
        ('"name": "globex"', '"name": "a;id"'),
        ('"event": "failed"', '"event": "nothing"'),
        ("globex", "acme"),
    ):
        journal.write_text(whole.replace(old, new))
        done = both.shell("--resume", "--yes")
        assert done.returncode == 2, (old, done.stdout)
    journal.write_text(whole + '{"event": "done", "at": "cut')
    (both.work / "broken").unlink()
    assert both.shell("--resume", "--yes").returncode == 0
    assert [json.loads(line) for line in journal.read_text().splitlines()][-1]["event"] == "done"


def test_two_at_once_are_one_and_a_killed_run_leaves_its_step_the_lock(both: Both) -> None:
    slow = TRY.replace(
        "      test ! -e broken\n", "      touch under-way\n      until test -e go; do sleep 0.1; done\n"
    )
    both.change(slow)
    with subprocess.Popen(
        both.call(*values(both), "--yes"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as first:
        while not (both.work / "under-way").exists():
            time.sleep(0.05)
        second = both.shell(*values(both), "--yes")
        assert second.returncode == 2
        assert f"already running with these values: process {first.pid} " in second.stderr
        os.kill(first.pid, signal.SIGKILL)
        first.wait()
        assert both.shell("--resume", "--yes").returncode == 2
    (both.work / "go").touch()
    until = time.monotonic() + 300
    while (resumed := both.shell("--resume", "--yes")).returncode == 2 and time.monotonic() < until:
        time.sleep(0.2)
    assert resumed.returncode == 0, resumed.stderr


def test_an_interrupt_ends_the_step_and_says_how_to_go_on(both: Both) -> None:
    slow = TRY.replace("      test ! -e broken\n", "      touch under-way\n      sleep 60\n")
    both.change(slow)
    with subprocess.Popen(
        both.call(*values(both), "--yes"), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as first:
        while not (both.work / "under-way").exists():
            time.sleep(0.05)
        begun = time.monotonic()
        first.terminate()
        _, said = first.communicate(timeout=300)
    assert first.returncode == 130
    assert time.monotonic() - begun < 50
    assert f"continue: sh {both.script} try --journal {both.journals()[0]} --resume\n" in said
    assert both.shell("--undo", "--yes", "--half-done", "keep").returncode == 0


def test_a_step_has_its_time(both: Both) -> None:
    slow = TRY.replace("      test ! -e broken\n", "      sleep 60 & sleep 60\n").replace(
        "    verify: test -e greeting\n", "    verify: test -e greeting\n    timeout_s: 1\n"
    )
    both.change(slow)
    done = both.shell(*values(both), "--yes")
    assert (done.returncode, "its commands took more than 1 s" in done.stderr) == (1, True)


def test_a_run_keeps_its_steps_when_an_update_brings_others(both: Both) -> None:
    (both.work / "broken").touch()
    both.shell(*values(both), "--yes")
    (both.work / "broken").unlink()
    changed = TRY.replace("touch '{{ room }}/full'", "touch '{{ room }}/full' '{{ room }}/other'")
    both.change(changed)
    resumed = both.shell("--resume", "--yes")
    assert resumed.returncode == 0, resumed.stderr
    assert not (both.folder / "room/other").exists()


def test_no_secret_is_written_down(both: Both) -> None:
    key, token = "AKIAABCDEFGHIJKLMNOP", "abcdefgh-token"
    leaky = TRY.replace("      test ! -e broken\n", f'      echo {key} "$MY_TOKEN" password=hunter22\n      false\n')
    both.change(leaky)
    both.shell(*values(both), "--yes", env={"MY_TOKEN": token})
    (journal,) = both.journals()
    text = journal.read_text()
    assert not [each for each in (key, token, "hunter22") if each in text]
    assert "… … password=…" in text
    assert journal.stat().st_mode & 0o077 == 0


def test_a_folder_that_others_may_write_is_no_place_for_journals(both: Both) -> None:
    (both.folder / "journals").mkdir()
    (both.folder / "journals").chmod(0o777)
    done = both.shell(*values(both), "--yes")
    assert (done.returncode, "others may write or own" in done.stderr) == (3, True)
