"""Edits of the shipped spec, and what the rules say of them."""

from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from plumbline.spec.loading import load_spec
from plumbline.spec.spec_files import read_spec_files
from validators.rules import check_rules

DATA = Path(__file__).parents[2] / "data"
NEAR = 3
"""Lines between an edit and its finding, at most."""


@dataclass(frozen=True)
class EditedSpec:
    """What was found after an edit."""

    file: str
    line: int
    """Line of the edit."""
    found: list[tuple[str, str, int]]
    """Rule, file and line of each finding."""

    @property
    def rules(self) -> list[str]:
        """The rules of the findings."""
        return [rule for rule, *_ in self.found]

    @property
    def is_near(self) -> bool:
        """Whether each finding stands where the edit was made."""
        return all(file == self.file and abs(line - self.line) <= NEAR for _, file, line in self.found)


@cache
def shipped() -> dict[str, str]:
    """The files of the shipped spec."""
    return dict(read_spec_files(DATA))


def edited(file: str, old: str, new: str) -> EditedSpec:
    """Replace the first `old` of a file by `new`, and check."""
    text = shipped()[file]
    assert old in text, f"{file} does not hold {old!r}"
    spec, problems = load_spec(shipped() | {file: text.replace(old, new, 1)})
    assert spec is not None, problems
    found = [each for each in check_rules(spec, date.today()) if each.location]
    line = text.count("\n", 0, text.index(old)) + 1
    return EditedSpec(
        file, line, [(each.rule, each.location.file, each.location.line) for each in found if each.location]
    )
