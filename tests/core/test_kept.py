"""Answers of pure functions are kept whole or not at all, and taken from nobody but this user."""

import marshal
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from plumbline.spec import kept as kept_module
from plumbline.spec.kept import keeping, kept, note, recall

Length = Callable[[str], int]


@pytest.fixture
def asked() -> list[str]:
    """What the function was asked."""
    return []


@pytest.fixture
def length(asked: list[str]) -> Length:
    """A function that is kept."""

    @kept("length")
    def length(text: str) -> int:
        asked.append(text)
        return len(text)

    return length


def test_it_is_asked_once_for_all_calls(tmp_path: Path, length: Length, asked: list[str]) -> None:
    file = tmp_path / "cache" / "kept"
    for _ in range(2):
        with keeping(file):
            assert [length("four"), length("four"), length("three")] == [4, 4, 5]
    assert asked == ["four", "three"]
    assert [each.name for each in file.parent.iterdir()] == ["kept"]


def test_who_keeps_nothing_asks_each_time(length: Length, asked: list[str]) -> None:
    with keeping(None):
        assert [length("a"), length("a")] == [1, 1]
    assert asked == ["a", "a"]


def _written(content: bytes) -> bytes:
    return sha256(content).digest() + content


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"x" * 100,
        marshal.dumps({"length": {"four": 9}}),
        _written(marshal.dumps({"length": {"four": 9}}))[:-1],
        _written(b"no marshal"),
    ],
    ids=["empty", "other", "without digest", "cut off", "unreadable"],
)
def test_what_is_broken_is_made_anew(tmp_path: Path, length: Length, content: bytes) -> None:
    file = tmp_path / "kept"
    file.write_bytes(content)
    with keeping(file):
        assert length("four") == 4
    with keeping(file):
        assert length("four") == 4


def test_what_others_could_have_written_is_passed_over(tmp_path: Path, length: Length, asked: list[str]) -> None:
    file = tmp_path / "kept"
    file.write_bytes(_written(marshal.dumps({"length": {"four": 9}})))
    file.chmod(0o600)
    with keeping(file):
        assert length("four") == 9
    file.chmod(0o620)
    with keeping(file):
        assert length("four") == 4
    (tmp_path / "link").symlink_to(file)
    with keeping(tmp_path / "link"):
        assert length("four") == 4


def test_two_at_once_and_one_that_fails_leave_a_whole_file(tmp_path: Path, length: Length, asked: list[str]) -> None:
    file = tmp_path / "kept"
    with keeping(file):
        length("outer")
        with pytest.raises(RuntimeError), keeping(file):
            length("inner")
            raise RuntimeError
    with keeping(file):
        length("outer")
        length("inner")
    assert asked == ["outer", "inner", "inner"]
    assert [each.name for each in tmp_path.iterdir()] == ["kept"]


def test_a_folder_that_cannot_be_written_to_keeps_nothing(tmp_path: Path, length: Length) -> None:
    (tmp_path / "file").write_text("")
    with keeping(tmp_path / "file" / "kept"):
        assert length("four") == 4


def test_too_much_keeps_what_was_asked_for(
    tmp_path: Path, length: Length, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "kept"
    with keeping(file):
        length("old")
    monkeypatch.setattr(kept_module, "_MOST_BYTES", 10)
    with keeping(file):
        length("new")
    with keeping(file):
        length("new")
        length("old")
    assert asked == ["old", "new", "old"]


def test_only_the_newest_files_stay(tmp_path: Path, length: Length) -> None:
    for number in range(40):
        with keeping(tmp_path / str(number)):
            length(str(number))
    assert len(list(tmp_path.iterdir())) == 32


def test_what_follows_from_plumb_alone_has_a_file_of_its_own(tmp_path: Path) -> None:
    for spec in (tmp_path / "spec", None):
        with keeping(spec, tmp_path / "plumb"):
            assert recall("schema", "a") == (None if spec else {"type": "string"})
            note("schema", "a", {"type": "string"})
            note("template", "a", 1)
            assert recall("template", "a") == (1 if spec else None)
    with keeping(None, tmp_path / "spec"):
        assert recall("schema", "a") is None
