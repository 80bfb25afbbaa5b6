"""Changes are seen with the system's help, and without it."""

from pathlib import Path
from threading import Event

import pytest
from watchdog.observers import Observer

from plumbline.cli import site_watch


@pytest.mark.parametrize("is_told", [True, False])
def test_a_change_begins_a_build(is_told: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built, calls = Event(), []

    def build(call: list[str], check: bool) -> None:
        calls.append(call[-3:])
        built.set()

    def refused(_: object) -> None:
        raise OSError(28, "inotify watch limit reached")

    monkeypatch.setattr(site_watch.subprocess, "run", build)
    if not is_told:
        monkeypatch.setattr(Observer, "start", refused)
    (tmp_path / "platform.yaml").write_text("a: 1\n")
    with site_watch.rebuild_on_change(tmp_path):
        assert not built.is_set()
        (tmp_path / "platform.yaml").write_text("a: 12\n")
        assert built.wait(60)
    assert calls[0] == ["--spec", str(tmp_path), "build"]
