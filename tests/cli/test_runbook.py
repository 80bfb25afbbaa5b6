"""`plumb runbook` as its user meets it."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.calling import RUN, plumb
from tests.cli.runbook_project import RUNBOOK, asked, with_runbook

BREAKING_OUT = (
    "a'; touch hacked; '",
    "-rf",
    "--",
    "a\nb",
    "$(touch hacked)",
    "`touch hacked`",
    'a"',
    "a b",
    "a;b",
    "a|b",
    "..",
    "a/../b",
    "",
    "ä",
    "*",
    "~",
)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return with_runbook(tmp_path)


def journal(project: Path) -> Path:
    """The one journal."""
    (found,) = (project / "reports/runbooks").glob("greet-*.jsonl")
    return found


def test_the_list_names_what_each_asks_for(project: Path) -> None:
    done = plumb("runbook", "list", cwd=project)
    assert done.returncode == 0
    assert any(line.split() == ["greet", "Greet", "single", "1", "min", "name"] for line in done.stdout.splitlines())


def test_show_and_dry_run_run_nothing(project: Path) -> None:
    shown = plumb("runbook", "show", "greet", cwd=project)
    assert "echo 'hello world' > greeting" in shown.stdout
    dry = plumb("runbook", "run", "greet", "--set", "name=moon", "--dry-run", "--at", "host=ssh there sh", cwd=project)
    assert dry.returncode == 0
    assert "echo 'hello moon' > greeting" in dry.stdout
    assert "ssh there sh" in dry.stdout
    assert not (project / "greeting").exists()
    assert not (project / "reports").exists()


def test_fail_resume_and_undo(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAMPLE_TOKEN", "hushhushhush")
    failed = plumb("runbook", "run", "greet", "--set", "name=moon", "--yes", cwd=project)
    assert failed.returncode == 1
    assert "step 2 («Say it, and a secret»): its commands ended with exit code 1" in failed.stderr
    assert "hello moon" in failed.stderr
    assert "Greet again." in failed.stderr
    written = journal(project).read_text()
    assert "hello moon" in written
    assert "hushhushhush" not in written
    assert "AKIA" not in written
    (project / "mended").touch()
    resumed = plumb("runbook", "run", "greet", "--resume", "--yes", cwd=project)
    assert resumed.returncode == 0, resumed.stderr
    assert "1/2" not in resumed.stdout
    undone = plumb("runbook", "run", "greet", "--undo", "--journal", str(journal(project)), "--yes", cwd=project)
    assert undone.returncode == 0, undone.stderr
    assert not (project / "greeting").exists()
    events = [json.loads(line)["event"] for line in journal(project).read_text().splitlines()]
    assert events == ["begin", "started", "done", "started", "failed", "started", "done", "undone", "undone"]


def test_a_runbook_that_changed_is_not_gone_on_with(project: Path) -> None:
    assert plumb("runbook", "run", "greet", "--set", "name=moon", "--yes", cwd=project).returncode == 1
    (project / "data/runbooks/greet.yaml").write_text(RUNBOOK.replace("test -e mended", "true"))
    resumed = plumb("runbook", "run", "greet", "--resume", "--yes", cwd=project)
    assert resumed.returncode == 2
    assert "have changed since" in resumed.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["gret", "--set", "name=a"], "did you mean 'greet'?"),
        (["greet"], "--set name=…  (Who is greeted. It has to be a text like [a-z]+.)"),
        (["greet", "--set", "name"], "write NAME=VALUE"),
        (["greet", "--set", "name=a", "--set", "nam=a"], "asks for no 'nam'"),
        *((["greet", "--set", f"name={value}"], "Error: --set name=") for value in BREAKING_OUT),
        (["greet", "--set", "name=UPPER"], "it must be a text like [a-z]+"),
        (["greet", "--set", "name=a", "--set", "name=b"], "is given twice"),
        (["greet", "--set", "name=a", "--at", "hots=sh"], "its places are host"),
        (["greet", "--set", "name=a", "--mode", "double"], "is for single"),
        (["greet", "--resume"], "no run of greet can be resumed"),
        (["greet", "--resume", "--undo"], "give only one of them"),
        (["greet", "--journal", "data/platform.yaml"], "add --resume or --undo"),
        (["greet", "--resume", "--journal", "data/platform.yaml"], "is not the journal"),
        (["greet", "--set", "name=a", "--half-done", "undo"], "is for --undo"),
        (["greet", "--set", "name=a", "--accept-output", "1"], "needs --resume"),
        (["greet", "--set", "name=a", "--confirm", "else"], "belongs to 'sample'"),
    ],
)
def test_a_wrong_call_is_refused(project: Path, arguments: list[str], says: str) -> None:
    done = plumb("runbook", "run", *arguments, "--yes", cwd=project)
    assert done.returncode == 2
    assert says in done.stderr
    assert not (project / "greeting").exists()


def test_a_way_that_is_not_there_is_said_before_anything_is_done(project: Path) -> None:
    done = plumb("runbook", "run", "greet", "--set", "name=a", "--at", "host=telegraph here", "--yes", cwd=project)
    assert done.returncode == 3
    assert "telegraph is not installed" in done.stderr


def test_an_unknown_place_is_a_finding(project: Path) -> None:
    (project / "data/runbooks/greet.yaml").write_text(RUNBOOK.replace("where: host", "where: hots", 1))
    done = plumb("check", cwd=project)
    assert "PLB101" in done.stdout
    assert "did you mean `host`" in done.stdout


@pytest.mark.parametrize(("reply", "code"), [("n\n", 130), ("\n", 130), ("y\n", 1)])
def test_on_a_terminal_it_shows_for_whom_and_where_and_asks(project: Path, reply: str, code: int) -> None:
    ended, output = asked(project, reply, "greet", "--set", "name=moon")
    for said in ("Begin?", "before: Somebody is there.", "name: moon", "at the host, as root: this machine"):
        assert said in output
    assert ended == code
    assert (project / "greeting").exists() == (code == 1)


@pytest.mark.parametrize("typed", ["n\n", "y\n", ""])
def test_without_a_terminal_it_begins_nothing_unless_it_is_told_yes(project: Path, typed: str) -> None:
    done = plumb("runbook", "run", "greet", "--set", "name=moon", cwd=project, input=typed)
    assert done.returncode == 2
    assert "there is no terminal to ask" in done.stderr
    assert not (project / "greeting").exists()
    assert not (project / "reports").exists()


KEEP = """\
title: Keep
summary: Keeps a file.
modes: [single]
duration_min: 1
parameters:
  what: {description: What is kept., kind: file, example: /etc/hostname}
on_failure: Look.
steps:
  - title: Keep it
    where: host
    run: |
      cp {{ what }} kept.$$
      echo kept.$$
      test -e mended
    expect: The name.
    capture: {kept: '(kept\\.[0-9]+)$'}
    undo: rm {{ captured.kept }}
"""


@pytest.fixture
def keeping(project: Path) -> Path:
    """The project with a runbook that keeps a file."""
    (project / "data/runbooks/keep.yaml").write_text(KEEP)
    (project / "a").touch()
    (project / "kept.older").touch()
    return project


def keep(project: Path, *options: str, what: str = "a") -> "subprocess.CompletedProcess[str]":
    """A call that keeps a file."""
    return plumb("runbook", "run", "keep", "--yes", "--set", f"what={project / what}", *options, cwd=project)


def test_what_failed_half_way_is_taken_back_only_where_that_is_said(keeping: Path) -> None:
    assert keep(keeping).returncode == 1
    unsaid = keep(keeping, "--undo")
    assert unsaid.returncode == 2
    assert "choose --half-done undo" in unsaid.stderr
    assert keep(keeping, "--undo", "--half-done", "keep").returncode == 0
    assert len(list(keeping.glob("kept.*"))) == 2
    assert keep(keeping, "--undo", "--half-done", "undo").returncode == 0
    assert [each.name for each in keeping.glob("kept.*")] == ["kept.older"]
    over = keep(keeping, "--resume")
    assert over.returncode == 2
    assert "no run of keep can be resumed" in over.stderr


def test_a_run_is_gone_on_with_as_it_began_or_not_at_all(keeping: Path) -> None:
    (keeping / "b").touch()
    assert keep(keeping).returncode == 1
    assert keep(keeping, what="b").returncode == 1
    unclear = plumb("runbook", "run", "keep", "--resume", "--yes", cwd=keeping)
    assert unclear.returncode == 2
    assert "choose one with --set or --journal" in unclear.stderr
    (older, newer) = sorted((keeping / "reports/runbooks").glob("keep-*.jsonl"))
    other = keep(keeping, "--resume", "--journal", str(newer))
    assert other.returncode == 2
    assert "of a run with other values" in other.stderr
    elsewhere = keep(keeping, "--resume", "--at", "host=sh")
    assert elsewhere.returncode == 2
    assert "used other places" in elsewhere.stderr
    (keeping / "mended").touch()
    assert keep(keeping, "--resume", "--journal", str(older)).returncode == 0


def test_a_file_is_looked_for_where_this_machine_is_the_place(keeping: Path) -> None:
    here = keep(keeping, what="missing")
    assert here.returncode == 2
    assert "there is no such file on this machine" in here.stderr
    there = keep(keeping, "--at", "host=sh", what="missing")
    assert there.returncode == 1


def test_two_at_once_one_does_it(keeping: Path) -> None:
    os.mkfifo(keeping / "slow")
    (keeping / "data/runbooks/keep.yaml").write_text(KEEP.replace("cp ", "cat slow; cp "))
    call = [*RUN, "runbook", "run", "keep", "--yes", "--set", f"what={keeping / 'a'}"]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    with subprocess.Popen(
        call, cwd=keeping, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as first:
        with (keeping / "slow").open("w"):  # opens once the step reads it
            second = keep(keeping)
        assert first.wait(60) == 1
    assert second.returncode == 2
    assert f"with these values: process {first.pid} on " in second.stderr
    assert len(list(keeping.glob("reports/runbooks/*.jsonl"))) == 1


def test_an_output_that_differs_is_shown_and_can_be_accepted(project: Path) -> None:
    other = RUNBOOK.replace("    expect: No output.\n", "    expect: No output.\n    output: |\n      written\n")
    (project / "data/runbooks/greet.yaml").write_text(other.replace("> greeting", "| tee greeting"))
    differs = plumb("runbook", "run", "greet", "--set", "name=moon", "--yes", cwd=project)
    assert differs.returncode == 1
    assert "  | - written\n  | + hello moon" in differs.stderr
    wrong = plumb("runbook", "run", "greet", "--resume", "--yes", "--accept-output", "2", cwd=project)
    assert wrong.returncode == 2
    accepted = plumb("runbook", "run", "greet", "--resume", "--yes", "--accept-output", "1", cwd=project)
    assert "step 2" in accepted.stderr
    assert "accepted, and verified" in accepted.stdout


def test_a_place_to_which_nothing_leads_has_to_be_named(project: Path) -> None:
    platform = project / "data/platform.yaml"
    platform.write_text(platform.read_text().replace(", plumb: true", ""))
    done = plumb("runbook", "run", "greet", "--set", "name=moon", "--yes", cwd=project)
    assert done.returncode == 2
    assert "--at host=COMMAND" in done.stderr
    assert not (project / "greeting").exists()
    assert plumb("runbook", "run", "greet", "--set", "name=moon", "--yes", "--at", "host=", cwd=project).returncode == 1
    assert (project / "greeting").exists()


def test_a_journal_of_other_steps_is_damaged(keeping: Path) -> None:
    assert keep(keeping).returncode == 1
    (found,) = (keeping / "reports/runbooks").glob("keep-*.jsonl")
    found.write_text(found.read_text() + '{"event": "left", "step": 99}\n')
    damaged = keep(keeping, "--undo", "--half-done", "undo")
    assert damaged.returncode == 2
    assert "is damaged: it has other steps" in damaged.stderr


@pytest.mark.parametrize(
    ("way", "code"), [("host=true", 1), ("host=A=1", 1), ("host=sh < /dev/null", 1), ("host=ssh 'x", 2)]
)
def test_a_way_that_runs_nothing_does_not_pass_for_done(way: str, code: int, project: Path) -> None:
    (project / "mended").touch()
    done = plumb("runbook", "run", "greet", "--set", "name=moon", "--yes", "--at", way, cwd=project)
    assert done.returncode == code
    assert not (project / "greeting").exists()


def test_a_step_that_calls_plumb_means_the_spec_of_the_run(
    project: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    runbook = project / "data/runbooks/greet.yaml"
    runbook.write_text(
        runbook.read_text().replace("cat greeting\n", 'echo "of $PLUMB_SPEC"\n').replace("test -e mended", "true")
    )
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    spec = os.path.relpath(project / "data", elsewhere)
    done = plumb("--spec", spec, "runbook", "run", "greet", "--set", "name=moon", "--yes", cwd=elsewhere)
    assert done.returncode == 0, done.stderr
    assert f"of {(project / 'data').resolve()}" in done.stdout


def test_a_new_run_beside_one_that_stands_half_way_is_told_so(keeping: Path) -> None:
    assert "is not finished" not in keep(keeping).stderr
    (older,) = (keeping / "reports/runbooks").glob("keep-*.jsonl")
    (keeping / "mended").touch()
    second = keep(keeping)
    assert (second.returncode, "A run with these values is not finished" in second.stderr) == (0, True)
    assert f"--journal {older.relative_to(keeping)} --resume" in second.stderr
    assert "is not finished" not in keep(keeping).stderr
    (keeping / "b").touch()
    assert "is not finished" not in keep(keeping, what="b").stderr
