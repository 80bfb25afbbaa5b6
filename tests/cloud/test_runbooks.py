"""The online runbooks: what their pages say that `plumb provision` prints is what it prints."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from plumbline.runbook.rendering import RenderedStep, render_runbook
from plumbline.spec.printed import as_shown
from tests.cloud.cloud import desired, project, run_of
from tests.cloud.test_script import ROOT, ran
from tests.stack.conftest import shipped_spec

TENANT = "acme"


def steps(runbook: str) -> list[RenderedStep]:
    """The steps of a runbook that call `plumb provision`, in order."""
    found = render_runbook(shipped_spec(), runbook, "online", {"tenant": TENANT}).steps
    return [step for step in found if "plumb provision" in step.run]


def done(cloud: Any, folder: Path, command: str) -> subprocess.CompletedProcess[str]:
    """A step's command, by the shell, where `plumb` is this checkout's."""
    plumb = f'plumb() {{ {sys.executable} -m plumbline --spec {ROOT / "data"} "$@"; }}\n'
    return ran(cloud, folder, "bash", "-c", plumb + command)


@pytest.mark.slow
@pytest.mark.parametrize("runbook", ["online-provision", "online-deprovision"])
def test_the_page_shows_what_the_command_prints(runbook: str, tmp_path: Path) -> None:
    with project() as cloud:
        if runbook == "online-deprovision":
            run_of(cloud, desired(TENANT), tmp_path / f"provision-{TENANT}.jsonl").apply()
        assert any(step.output for step in steps(runbook)) or runbook == "online-deprovision"
        for step in steps(runbook):
            ran = done(cloud, tmp_path, step.script(step.run))
            assert ran.returncode == 0, ran.stdout + ran.stderr
            if step.output:
                assert as_shown(step.output, ran.stdout), ran.stdout
            if step.verify:
                verified = done(cloud, tmp_path, step.script(step.verify))
                assert verified.returncode == 0, f"{step.title}: {verified.stdout}{verified.stderr}"
