"""Stand-ins whose folders are not there."""

import shutil
from pathlib import Path

import pytest

from plumbline.spec.loading import load_spec
from plumbline.spec.spec_files import read_spec_files
from validators.stand_in_folders import missing_stand_ins

DATA = Path(__file__).parents[2] / "data"


def found(folder: Path) -> list[tuple[str, int, str | None]]:
    spec, problems = load_spec(read_spec_files(folder))
    assert spec is not None, problems
    return [
        (each.location.file, each.location.line, each.hint) for each in missing_stand_ins(spec, folder) if each.location
    ]


def test_the_shipped_ones_are_there() -> None:
    assert found(DATA) == []


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("images.yaml", "stand-ins/redis", "stand-ins/reds"),
        ("models.yaml", "stand-ins/models/pii", "stand-ins/models/ppi"),
    ],
)
def test_one_that_is_not_is_found_at_its_line(tmp_path: Path, file: str, old: str, new: str) -> None:
    data = tmp_path / "data"
    shutil.copytree(DATA, data)
    text = (data / file).read_text()
    (data / file).write_text(text.replace(old, new, 1))
    line = text.count("\n", 0, text.index(old)) + 1
    assert found(data) == [(file, line, f"did you mean `{old}`?")]


def test_a_folder_without_a_recipe_is_found(tmp_path: Path) -> None:
    data = tmp_path / "data"
    shutil.copytree(DATA, data)
    (data / "stand-ins/redis/Dockerfile").unlink()
    assert [file for file, *_ in found(data)] == ["images.yaml"]
