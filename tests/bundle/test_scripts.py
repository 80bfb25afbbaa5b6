"""The host's scripts: plain shell, with help, and clear about wrong calls."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.bundle.shell import sh

SCRIPTS = sorted((Path(__file__).parents[2] / "deploy" / "offline" / "scripts").glob("*.sh"))
INSTALL = next(script for script in SCRIPTS if script.stem == "install")


@pytest.mark.slow
def test_shellcheck_has_nothing_to_say() -> None:
    call = [Path(sys.executable).with_name("shellcheck"), "--severity=warning", "--shell=sh", *SCRIPTS]
    done = subprocess.run(call, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_they_are_all_there() -> None:
    names = [script.stem for script in SCRIPTS]
    assert names == ["export", "install", "rebuild", "restore", "rollback", "runbook", "status", "uninstall", "verify"]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_each_has_help_and_knows_a_wrong_call(script: Path) -> None:
    shown = sh(script, "--help")
    assert shown.returncode == 0
    for word in (f"{script.name} ", "--dry-run", "Exit codes: "):
        assert word in shown.stdout
    wrong = sh(script, "--nonsense")
    assert wrong.returncode == 2
    assert "there is no option --nonsense" in wrong.stderr
