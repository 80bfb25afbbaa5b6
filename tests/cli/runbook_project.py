"""A project with a runbook, and somebody at a terminal who runs it."""

import os
import pty
import shutil
import subprocess
from pathlib import Path

from tests.calling import RUN
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
    run: |
      test ! -e greeting
      echo 'hello {{ name }}' > greeting
    expect: No output.
    verify: grep -q '{{ name }}' greeting
    undo: rm greeting
  - title: Say it, and a secret
    where: host
    run: |
      cat greeting
      echo "${SAMPLE_TOKEN:-}" AKIAABCDEFGHIJKLMNOP
      test -e mended
    expect: The greeting.
    undo: "nothing: what is said is said."
"""


def with_runbook(folder: Path) -> Path:
    """The starter, with a runbook whose place is the project's folder."""
    shutil.copytree(STARTER, folder / "data")
    (folder / "data/runbooks/greet.yaml").write_text(RUNBOOK)
    platform = folder / "data/platform.yaml"
    platform.write_text(platform.read_text().replace("{title: ", f"{{folder: {folder}, title: "))
    return folder


def asked(project: Path, reply: str, *arguments: str) -> tuple[int, str]:
    """`plumb runbook run` on a terminal, at which somebody types; its exit code, and what it said."""
    ours, theirs = pty.openpty()
    root = str(Path(__file__).parents[2])
    with subprocess.Popen(
        [*RUN, "runbook", "run", *arguments],
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
    return process.returncode, output
