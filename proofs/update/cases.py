"""The cases of the updates' proof: what is changed, and who asks meanwhile. Data with what reads it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import yaml

Changes = Mapping[str, tuple[str, str]]
_FILE = Path(__file__).with_name("cases.yaml")


@dataclass(frozen=True)
class UpdateCase:
    """A release that differs from the one before."""

    name: str
    title: str
    changes: Changes = field(default_factory=dict)
    """By file of the spec, what is replaced by what."""


@dataclass(frozen=True)
class CasesOfPlatform:
    """What is tried with one platform."""

    clients: Mapping[str, int]
    """How many of each kind ask."""
    cases: tuple[UpdateCase, ...]


def read_cases() -> dict[str, CasesOfPlatform]:
    """By platform."""
    found = yaml.safe_load(_FILE.read_text())
    return {name: CasesOfPlatform(each["clients"], _cases(each["cases"])) for name, each in found.items()}


def _cases(found: Mapping[str, Mapping[str, object]]) -> tuple[UpdateCase, ...]:
    return tuple(_case(name, **each) for name, each in found.items())


def _case(name: str, title: str, changes: Mapping[str, list[str]] | None = None) -> UpdateCase:
    pairs = {file: (before, after) for file, (before, after) in (changes or {}).items()}
    return UpdateCase(name, title, pairs)
