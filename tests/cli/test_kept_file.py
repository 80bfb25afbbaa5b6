"""Where answers are kept depends on the program and the project, and on whose the cache is."""

import os
import sys
from pathlib import Path

import pytest

from plumbline.cli import kept_file


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A cache of its own, long after the last change of a file."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(kept_file, "MOMENT_NS", 0)


def test_another_program_or_project_has_another_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {kept_file.kept_files(tmp_path / name).of_spec for name in ("a", "b")}
    own = {kept_file.kept_files(tmp_path / name).of_plumb for name in ("a", "b")}
    assert len(own) == 1
    states = list(kept_file.of_program())
    changed = [(path, time, state + ".") for path, time, state in states[:1]] + states[1:]
    monkeypatch.setattr(kept_file, "of_program", lambda: changed)
    own.add(kept_file.kept_files(tmp_path / "a").of_plumb)
    files.add(kept_file.kept_files(tmp_path / "a").of_spec)
    monkeypatch.setattr(sys, "version", "4.0")
    own.add(kept_file.kept_files(tmp_path / "a").of_plumb)
    files.add(kept_file.kept_files(tmp_path / "a").of_spec)
    monkeypatch.setattr(kept_file, "parser_state", lambda: ("another shfmt", 1, 1, 1))
    files.add(kept_file.kept_files(tmp_path / "a").of_spec)
    assert (len(files), len(own)) == (5, 3)
    assert None not in files | own
    assert not files & own


def test_without_a_parser_of_scripts_there_is_a_file_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    assert kept_file.kept_files(tmp_path).of_spec is not None


def test_its_own_code_is_part_of_the_program() -> None:
    assert str(Path(kept_file.__file__)) in {path for path, _, _ in kept_file.of_program()}


def test_a_program_that_was_just_changed_keeps_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_file, "MOMENT_NS", 10**20)
    assert kept_file.kept_files(tmp_path) == kept_file.AnswerFiles()


@pytest.mark.parametrize("cache", ["relative", "/none/of/it"])
def test_a_cache_that_is_none_keeps_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cache: str) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", cache)
    assert kept_file.kept_files(tmp_path) == kept_file.AnswerFiles()


def test_another_users_cache_keeps_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = os.geteuid() + 1
    monkeypatch.setattr(os, "geteuid", lambda: other)
    assert kept_file.kept_files(tmp_path) == kept_file.AnswerFiles()
