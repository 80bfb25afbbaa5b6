"""`plumb runbook` as its user meets it."""

import json
import os
import pty
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.cli.test_commands import RUN, plumb
from tests.core.support import STARTER

RUNBOOK = """\
title: Greet
summary: Greets a host.
modes: [single]
duration_min: 1
parameters:
  name: {description: Who is greeted., kind: text, pattern: "[a-z]+", example: world}
before: [Somebody is there.]
on_failure: Greet again.
steps:
  - title: Write the greeting
    where: host
    run: echo 'hello {{ name }}' > greeting
    expect: No output.
    verify: test -s greeting
    undo: rm greeting
  - title: Say it, and a secret
    where: host
    run: |
      cat greeting
      echo "$SAMPLE_TOKEN" AKIAABCDEFGHIJKLMNOP
      test -e mended
    expect: The greeting.
    undo: "nothing: what is said is said."
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The starter, with a runbook whose place is the project's folder."""
    shutil.copytree(STARTER, tmp_path / "data")
    (tmp_path / "data/runbooks/greet.yaml").write_text(RUNBOOK)
    platform = tmp_path / "data/platform.yaml"
    platform.write_text(platform.read_text().replace("{title: ", f"{{folder: {tmp_path}, title: "))
    return tmp_path


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
    failed = plumb("runbook", "run", "greet", "--set", "name=moon", cwd=project)
    assert failed.returncode == 1
    assert "step 2 («Say it, and a secret»): its commands ended with exit code 1" in failed.stderr
    assert "hello moon" in failed.stderr
    assert "Greet again." in failed.stderr
    written = journal(project).read_text()
    assert "hello moon" in written
    assert "hushhushhush" not in written
    assert "AKIA" not in written
    (project / "mended").touch()
    resumed = plumb("runbook", "run", "greet", "--resume", cwd=project)
    assert resumed.returncode == 0, resumed.stderr
    assert "1/2" not in resumed.stdout
    undone = plumb("runbook", "run", "greet", "--undo", "--journal", str(journal(project)), cwd=project)
    assert undone.returncode == 0, undone.stderr
    assert not (project / "greeting").exists()
    events = [json.loads(line)["event"] for line in journal(project).read_text().splitlines()]
    assert events == ["begin", "started", "done", "started", "failed", "started", "done", "undone", "undone"]


def test_a_runbook_that_changed_is_not_gone_on_with(project: Path) -> None:
    assert plumb("runbook", "run", "greet", "--set", "name=moon", cwd=project).returncode == 1
    (project / "data/runbooks/greet.yaml").write_text(RUNBOOK.replace("test -e mended", "true"))
    resumed = plumb("runbook", "run", "greet", "--resume", cwd=project)
    assert resumed.returncode == 2
    assert "no longer those" in resumed.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["gret", "--set", "name=a"], "did you mean 'greet'?"),
        (["greet"], "--set name=…  (Who is greeted.)"),
        (["greet", "--set", "name"], "write NAME=VALUE"),
        (["greet", "--set", "name=a", "--set", "nam=a"], "asks for no 'nam'"),
        (["greet", "--set", "name=a'; touch hacked; '"], "a value stands in shell commands"),
        (["greet", "--set", "name=-rf"], "a value stands in shell commands"),
        (["greet", "--set", "name=a", "--at", "hots=sh"], "its places are host"),
        (["greet", "--set", "name=a", "--mode", "double"], "is for single"),
        (["greet", "--resume"], "no run of greet is written down"),
        (["greet", "--resume", "--undo"], "give one of them"),
        (["greet", "--journal", "data/platform.yaml"], "give --resume or --undo too"),
        (["greet", "--resume", "--journal", "data/platform.yaml"], "is no journal"),
    ],
)
def test_a_wrong_call_is_refused(project: Path, arguments: list[str], says: str) -> None:
    done = plumb("runbook", "run", *arguments, cwd=project)
    assert done.returncode == 2
    assert says in done.stderr
    assert not (project / "greeting").exists()


def test_a_way_that_is_not_there_is_said_before_anything_is_done(project: Path) -> None:
    done = plumb("runbook", "run", "greet", "--set", "name=a", "--at", "host=telegraph here", cwd=project)
    assert done.returncode == 3
    assert "telegraph is not installed" in done.stderr


def test_an_unknown_place_is_a_finding(project: Path) -> None:
    (project / "data/runbooks/greet.yaml").write_text(RUNBOOK.replace("where: host", "where: hots", 1))
    done = plumb("check", cwd=project)
    assert "PLB101" in done.stdout
    assert "did you mean `host`" in done.stdout


@pytest.mark.parametrize(("reply", "code"), [("n\n", 130), ("y\n", 1)])
def test_on_a_terminal_it_asks_first(project: Path, reply: str, code: int) -> None:
    ours, theirs = pty.openpty()
    root = str(Path(__file__).parents[2])
    with subprocess.Popen(
        [*RUN, "runbook", "run", "greet", "--set", "name=a"],
        cwd=project,
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PYTHONPATH": root},
    ) as process:
        os.write(ours, reply.encode())
        output, _ = process.communicate(timeout=60)
    os.close(ours)
    os.close(theirs)
    assert "Begin?" in output
    assert "before: Somebody is there." in output
    assert process.returncode == code
    assert (project / "greeting").exists() == (code == 1)
