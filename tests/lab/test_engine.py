"""An engine's end is seen, whoever started it; nothing of it stays; one lab at a time runs on a host."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.lab import mounts, one_per_host
from tests.lab.engine import end_by_pid_file

_PARENT = """
import subprocess, sys, time
child = subprocess.Popen(["sleep", "60"])
print(child.pid, flush=True)
time.sleep(60)
"""


def test_a_process_that_another_program_never_waits_for_has_ended(tmp_path: Path) -> None:
    parent = subprocess.Popen([sys.executable, "-c", _PARENT], stdout=subprocess.PIPE, text=True)
    try:
        assert parent.stdout is not None
        pid = parent.stdout.readline().strip()
        (tmp_path / "pid").write_text(pid)
        end_by_pid_file(tmp_path / "pid")
        assert Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z"
    finally:
        parent.kill()
        parent.communicate()


@pytest.mark.live
def test_a_folder_is_removed_with_what_is_mounted_in_it(tmp_path: Path) -> None:
    """As an engine leaves a namespace of the network at `exec/netns/default`; also where its path has a blank, and is busy."""
    if os.geteuid() != 0:
        pytest.skip("LIVE TEST NOT RUN: a mount needs root")
    folder = tmp_path / "a lab"
    names = [folder / "exec" / "default", folder / "exec" / "default" / "inner"]
    for place in names:
        place.mkdir(parents=True)
        subprocess.run(["mount", "-t", "tmpfs", "tmpfs", str(place)], check=True)
    with (names[1] / "open").open("w"):
        assert mounts.below(folder) == names[::-1]
        mounts.remove(folder)
    assert mounts.below(folder) == []
    assert not folder.exists()


@pytest.fixture
def record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A record of this test's own."""
    monkeypatch.setattr(one_per_host, "RECORD", tmp_path / "lab.json")
    monkeypatch.setattr(one_per_host, "_POLL_S", 0.01)


def test_the_lab_of_another_checkout_is_waited_for(record: None, tmp_path: Path) -> None:
    first, second, told = tmp_path / "first", tmp_path / "second", list[str]()
    with subprocess.Popen(["sleep", "600"]) as engine:
        one_per_host.await_turn(first)
        one_per_host.lives_as_long_as(first, engine.pid)

        def tell(text: str) -> None:
            told.append(text)
            engine.kill()
            engine.wait()

        one_per_host.await_turn(second, tell)
    assert len(told) == 1
    assert f"waiting: the lab of {first} runs on this host" in told[0]


def test_a_process_that_only_has_the_number_of_an_ended_one_is_no_lab(record: None, tmp_path: Path) -> None:
    old = {"lab": str(tmp_path / "first"), "process": os.getpid(), "began": "1"}
    one_per_host.RECORD.write_text(json.dumps(old))
    one_per_host.await_turn(tmp_path / "second", pytest.fail)


def test_a_lab_that_ended_is_not_waited_for(record: None, tmp_path: Path) -> None:
    one_per_host.await_turn(tmp_path / "first")
    one_per_host.ended(tmp_path / "second")
    assert one_per_host.RECORD.read_text()
    one_per_host.ended(tmp_path / "first")
    one_per_host.await_turn(tmp_path / "second", pytest.fail)
