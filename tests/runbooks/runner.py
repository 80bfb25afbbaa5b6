"""The host's own runner of runbooks beside `plumb runbook run`, on the same runbooks and the same values."""

import json
import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from generators.offline.scripts import runbook_names
from generators.offline.shell_templates import shell_templates
from plumbline.spec.loading import load_spec
from plumbline.spec.spec import Spec
from plumbline.spec.spec_files import read_spec_files
from tests.calling import plumb

TRY = """\
title: Try «it»
summary: Tries it.
modes: [single]
duration_min: 1
parameters:
  name: {description: Who., kind: text, pattern: "[a-z]+", example: world}
  room: {description: Where to., kind: folder, created: true, example: /tmp/room}
before: ["{{ name }} is there."]
on_failure: Greet {{ name }} again.
steps:
  - title: Write it for {{ name }}
    where: host
    run: |
      test ! -e greeting
      echo "it's "'{{ name }}' > greeting
      printf '\\033[31mred\\033[0m 10%%\\r20%%\\ttab "quoted" \\\\ ünd\\n'
      echo 'kept: /a/{{ name }}.tar, 7 bytes'
    expect: Something «red».
    output: |
      20%…tab …
      …
      kept: …/{{ name }}.tar, … bytes
    capture:
      kept: 'kept: (\\S+), [0-9]+ bytes'
    verify: grep -q '{{ name }}' greeting
    skip_when_verified: true
    undo: rm greeting
  - title: Say it
    where: host
    run: |
      echo {{ captured.kept }}
      echo 'warning: no' >&2
      test ! -e broken
    output: |
      /a/…
      warning: no
    verify: test -e greeting
    undo: "nothing: what is said is said."
  - title: Make room
    where: host
    run: |
      mkdir -p '{{ room }}'
      touch '{{ room }}/full'
      test ! -e broken-later
    verify: test -e '{{ room }}/full'
    undo: rm '{{ room }}/full'
    undo_destroys: what is in {{ room }}
"""
"""A runbook of three steps."""


def spec_of(data: Path) -> Spec:
    """The spec of a folder."""
    loaded, findings = load_spec(read_spec_files(data), "data/")
    assert loaded is not None, findings
    return loaded


def runner(spec: Spec, mode: str, file: Path) -> Path:
    """`runbook.sh` for a mode of a spec, as a bundle has it."""
    text = (
        shell_templates("offline/templates")
        .get_template("runbook.sh.j2")
        .render(runbook_names(spec, mode), platform=spec.platform.name, script="runbook")
    )
    file.write_text(f"#!/bin/sh\n{{\n{text}exit\n}}\n")
    return file


class Both:
    """A project with a runbook, which each of the two runs in a folder of its own that has the same name to the steps."""

    def __init__(self, folder: Path, runbook: str, name: str = "try") -> None:
        self.folder, self.name = folder, name
        self.data, self.work = folder / "data", folder / "work"
        subprocess.run(["cp", "-r", "plumbline/starter", str(self.data)], check=True, cwd=Path(__file__).parents[2])
        self.work.mkdir()
        (self.data / "runbooks" / f"{name}.yaml").write_text(runbook)
        platform = self.data / "platform.yaml"
        lines = platform.read_text().splitlines()
        at = next(number for number, line in enumerate(lines) if line.startswith("places:"))
        lines[at + 1] = f'  host: {{title: "the host, as root", folder: {self.work}}}'
        platform.write_text("\n".join(lines) + "\n")
        self.script = runner(spec_of(self.data), "single", folder / "runbook.sh")

    def change(self, runbook: str) -> None:
        """Another text of it, as an update brings one."""
        (self.data / "runbooks" / f"{self.name}.yaml").write_text(runbook)
        runner(spec_of(self.data), "single", self.script)

    def call(self, *words: str) -> list[str]:
        """The call of the host's own."""
        return ["sh", str(self.script), self.name, "--journals", str(self.folder / "journals"), *words]

    def shell(self, *words: str, env: Mapping[str, str] | None = None) -> "subprocess.CompletedProcess[str]":
        """The host's own."""
        return subprocess.run(
            self.call(*words),
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
            env={**os.environ, **(env or {})},
            cwd=self.folder,
            timeout=300,
        )

    def python(self, *words: str, env: Mapping[str, str] | None = None) -> "subprocess.CompletedProcess[str]":
        """The one of plumb."""
        ways = () if "--resume" in words or "--undo" in words else ("--at", "host=")
        call = ["runbook", "run", self.name, "--journals", str(self.folder / "plumb-journals"), *ways, *words]
        return plumb(*call, cwd=self.folder, environment=env)

    def journals(self) -> list[Path]:
        """Of the host's own, the oldest first."""
        return sorted((self.folder / "journals").glob("*.jsonl"))

    def told(self, done: "subprocess.CompletedProcess[str]") -> tuple[int, str, str]:
        """How it ended and what it said, without times and its own name."""
        words = (done.returncode, done.stdout, done.stderr)
        return words[0], *(self._plain(each) for each in words[1:])

    def _plain(self, text: str) -> str:
        text = re.sub(r"\([0-9.]+ s\)", "(S s)", text)
        text = text.replace(f"sh {self.script} ", "RUN ").replace("plumb runbook run ", "RUN ")
        text = text.replace("runbook.sh: ", "PLUMB: ").replace("plumb: ", "PLUMB: ")
        return re.sub(r"\S*journals/\S+\.jsonl", "JOURNAL", text)


def entries(folder: Path) -> list[dict[str, Any]]:
    """The lines of the newest journal of a folder, without times."""
    newest = sorted(folder.glob("*.jsonl"))[-1]
    lines = [json.loads(line) for line in newest.read_text().splitlines()]
    return [{key: value for key, value in each.items() if key not in ("at", "started", "ended")} for each in lines]
