"""Which runs are dead: those that nobody holds, on this host and engine. Nothing else is removed or killed."""

import fcntl
import io
import json
import os
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from plumbline.stack import remote, run
from plumbline.stack.engine import Engine


class FakeEngine:
    """Notes what is removed."""

    id = "ours"

    def __init__(self) -> None:
        self.removed: list[str] = []

    def remove_project(self, project: str) -> None:
        self.removed.append(project)

    def holds(self, project: str) -> bool:
        return False


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeEngine:
    """An engine, and a folder for temporary files of this test's own."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return FakeEngine()


def left(folder: Path, id: str, **more: Any) -> Path:
    """The folder of a run that was killed."""
    place = folder / f"plumb-run-{id}-x"
    place.mkdir()
    record = {"engine": "ours", "projects": [f"plumb-p-{id}"], "groups": [], "kept": False, "sent": False}
    (place / "run.json").write_text(json.dumps(record | more))
    return place


def removed(engine: FakeEngine) -> list[str]:
    """What a start of a run removes."""
    return run.remove_dead_runs(cast(Engine, engine))


def test_a_run_that_nobody_holds_is_removed(engine: FakeEngine, tmp_path: Path) -> None:
    folder = left(tmp_path, "aaaaaa")
    assert removed(engine) == engine.removed == ["plumb-p-aaaaaa"]
    assert not folder.exists()


@pytest.mark.parametrize("more", [{"kept": True}, {"engine": "theirs"}], ids=["kept", "of another engine"])
def test_others_are_not(engine: FakeEngine, tmp_path: Path, more: dict[str, Any]) -> None:
    folder = left(tmp_path, "aaaaaa", **more)
    assert removed(engine) == []
    assert folder.exists()


def test_one_that_lives_is_not(engine: FakeEngine, tmp_path: Path) -> None:
    folder = left(tmp_path, "aaaaaa")
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        assert removed(engine) == []
    finally:
        os.close(handle)


def test_one_that_ends_meanwhile_is_no_error(
    engine: FakeEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two runs that are started together both look for dead ones."""
    gone = tmp_path / "plumb-run-bbbbbb-x"
    monkeypatch.setattr(Path, "glob", lambda *_: iter([gone]))
    assert removed(engine) == []
    monkeypatch.setattr(run, "_is_ours", lambda _: True)
    assert removed(engine) == []


@pytest.fixture
def stranger() -> Iterator["subprocess.Popen[bytes]"]:
    """A process that has got the number of a dead run's command."""
    process = subprocess.Popen(["sleep", "600"], start_new_session=True)
    yield process
    process.kill()
    process.wait()


def test_a_process_that_only_has_the_number_is_not_killed(
    engine: FakeEngine, tmp_path: Path, stranger: "subprocess.Popen[bytes]"
) -> None:
    left(tmp_path, "aaaaaa", groups=[stranger.pid])
    assert removed(engine) == ["plumb-p-aaaaaa"]
    assert stranger.poll() is None


def test_a_run_sent_to_another_host_is_not_taken_for_dead_there(
    engine: FakeEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody on that host holds its lock."""
    folder, sent = left(tmp_path, "aaaaaa"), list[bytes]()
    (folder / "plumb-p-aaaaaa").mkdir()
    (folder / "plumb-p-aaaaaa" / "run.json").write_text("a project's own")
    monkeypatch.setattr(remote, "_on_host", lambda *words: sent.append(words[-1]))
    remote.send(cast(Engine, engine), "plumb-p-aaaaaa", folder)
    with tarfile.open(fileobj=io.BytesIO(sent[0])) as archive:
        names = sorted(archive.getnames())
    assert names == [folder.name, f"{folder.name}/plumb-p-aaaaaa", f"{folder.name}/plumb-p-aaaaaa/run.json"]
