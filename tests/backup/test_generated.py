"""The scripts as they are written: what shellcheck says, how they are called, and what a spec without backups gets."""

import subprocess
import sys
from pathlib import Path

import pytest

from generators.backup.scripts import BackupGenerator
from plumbline.spec.loading import load_spec
from tests.backup.node import ROOT
from tests.core.support import starter_files

SCRIPTS = sorted((*ROOT.glob("deploy/online/*/backup/*.sh"), *ROOT.glob("deploy/online/restore-test/*.sh")))


def test_shellcheck_has_nothing_to_say() -> None:
    call = [Path(sys.executable).with_name("shellcheck"), "--severity=warning", "--shell=sh", *SCRIPTS]
    done = subprocess.run(call, capture_output=True, text=True, check=False)
    assert SCRIPTS and done.returncode == 0, done.stdout


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: f"{script.parts[-3]}-{script.stem}")
def test_each_has_help_and_knows_a_wrong_call(script: Path) -> None:
    shown = subprocess.run(["sh", script, "--help"], capture_output=True, text=True, check=False)
    assert (shown.returncode, shown.stdout.startswith(script.name)) == (0, True), shown.stderr
    wrong = subprocess.run(["sh", script, "--no-such-option"], capture_output=True, text=True, check=False)
    assert wrong.returncode == 2


def test_a_spec_without_backups_gets_none() -> None:
    spec, _ = load_spec(starter_files())
    assert spec is not None
    assert list(BackupGenerator().generate(spec)) == []
