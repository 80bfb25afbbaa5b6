"""The cases of the updates' proof: what is changed, and who asks meanwhile. Data with what reads it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.bundle.releases import DATABASE_CHANGED, ENTRY_CHANGED

Changes = Mapping[str, tuple[str, str]]
MADE: Mapping[str, Changes] = {
    "migration": {file: pair for file, pair in DATABASE_CHANGED.items() if file not in ENTRY_CHANGED}
}
"""Changes that other tests make too."""
_FILE = Path(__file__).with_name("cases.yaml")


@dataclass(frozen=True)
class UpdateCase:
    """A release that differs from the one before, or a secret that is replaced."""

    name: str
    title: str
    changes: Changes = field(default_factory=dict)
    """By file of the spec, what is replaced by what."""
    secret: str = ""
    """The secret that gets another value; the release stays."""


@dataclass(frozen=True)
class CasesOfPlatform:
    """What is tried with one platform."""

    clients: Mapping[str, int]
    """How many of each kind ask."""
    cases: tuple[UpdateCase, ...]


def read_cases() -> dict[str, CasesOfPlatform]:
    """By platform."""
    found = yaml.safe_load(_FILE.read_text())
    return {
        name: CasesOfPlatform(each["clients"], tuple(_case(*one) for one in each["cases"].items()))
        for name, each in found.items()
    }


def _case(name: str, found: Mapping[str, Any]) -> UpdateCase:
    pairs = {file: (before, after) for file, (before, after) in found.get("changes", {}).items()}
    return UpdateCase(name, found["title"], pairs or MADE.get(name, {}), found.get("secret", ""))
