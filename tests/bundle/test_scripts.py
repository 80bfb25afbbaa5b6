"""The host's scripts: plain shell, with help, and clear about wrong calls."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bundle.shell import sh

SCRIPTS = sorted((Path(__file__).parents[2] / "deploy" / "offline" / "scripts").glob("*.sh"))
INSTALL = next(script for script in SCRIPTS if script.stem == "install")


def test_shellcheck_has_nothing_to_say() -> None:
    call = [Path(sys.executable).with_name("shellcheck"), "--severity=warning", "--shell=sh", *SCRIPTS]
    done = subprocess.run(call, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_they_are_all_there() -> None:
    names = [script.stem for script in SCRIPTS]
    assert names == ["export", "install", "rebuild", "restore", "status", "uninstall", "verify"]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_each_has_help_and_knows_a_wrong_call(script: Path) -> None:
    shown = sh(script, "--help")
    assert shown.returncode == 0
    for word in (f"{script.name} ", "--dry-run", "Exit codes: "):
        assert word in shown.stdout
    wrong = sh(script, "--nonsense")
    assert wrong.returncode == 2
    assert "there is no option --nonsense" in wrong.stderr


def began(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]


def test_one_run_at_a_time(tmp_path: Path) -> None:
    (tmp_path / "lock").write_text(f"{os.getpid()} {began(os.getpid())}\n")
    done = sh(INSTALL, "--home", tmp_path / "home", "--state", tmp_path, tmp_path / "bundle")
    assert done.returncode == 3
    assert f"another run is at work, process {os.getpid()}" in done.stderr
    assert (tmp_path / "lock").exists()


@pytest.mark.parametrize("left", ["", "1\n", "OURS 1\n", "4194305 17\n", "nonsense\n"])
def test_a_lock_whose_owner_is_gone_is_taken_over(left: str, tmp_path: Path) -> None:
    """Also where a later process has the owner's number, as after a restart of the host."""
    (tmp_path / "lock").write_text(left.replace("OURS", str(os.getpid())))
    done = sh(INSTALL, "--home", tmp_path / "home", "--state", tmp_path, tmp_path / "bundle")
    assert "another run" not in done.stderr
    assert ": nothing was changed" in done.stderr
    assert not (tmp_path / "lock").exists()
