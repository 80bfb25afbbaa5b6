"""Artifacts and findings are the same to the byte with kept answers and without, whichever spec left them."""

import random
import subprocess
import sys
from pathlib import Path

import pytest

from tests.rules.edited import shipped

PROGRAM = """
import sys
from datetime import date
from hashlib import sha256
from pathlib import Path
from generators.registry import generate
from plumbline.spec.kept import keeping
from plumbline.spec.loading import load_spec
from plumbline.spec.spec_files import read_spec_files
from validators.all_rules import ALL_RULES
from validators.rules import check_rules

spec, wrong = load_spec(read_spec_files(Path(sys.argv[1])))
with keeping(*map(Path, sys.argv[2:])) if sys.argv[2:] else keeping(None):
    print(spec and check_rules(spec, date(2026, 11, 27)), wrong)
    try:
        made = generate(spec, tuple(ALL_RULES.values())) if spec else []
    except Exception as error:
        print(repr(error))
    else:
        print([(each.path, sha256(each.content).hexdigest(), each.executable) for each in made])
"""
"""What a process finds and makes, with answers kept in two files or in none."""


def _said(*paths: Path) -> str:
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, *map(str, paths)], capture_output=True, text=True, check=True
    ).stdout


def _written(files: dict[str, str], folder: Path) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    return folder


def _edited(files: dict[str, str], chance: random.Random) -> dict[str, str]:
    """With another number, a line less, a line twice or another word somewhere in a file that can have it."""
    while True:
        name = chance.choice(sorted(files))
        lines = files[name].split("\n")
        at = chance.randrange(len(lines))
        word = lines[at].strip().partition(" ")[0]
        others = (
            [lines[at].translate(str.maketrans("0123456789", "1234567890"))],
            [],
            [lines[at], lines[at]],
            [lines[at].replace(word, word[::-1], 1)],
        )
        text = "\n".join([*lines[:at], *chance.choice(others), *lines[at + 1 :]])
        if text != files[name]:
            return {**files, name: text}


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6))
def test_what_is_kept_changes_no_byte(tmp_path: Path, seed: int) -> None:
    files, kept = shipped(), (tmp_path / "spec", tmp_path / "plumb")
    before = _written(files, tmp_path / "before")
    assert _said(before, *kept) == _said(before, *kept)
    edited = _edited(files, random.Random(seed))
    after = _written(edited, tmp_path / "after")
    assert _said(after, *kept) == _said(after)
