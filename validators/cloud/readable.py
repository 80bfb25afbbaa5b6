"""Values of an object by attribute, and what stands where a value cannot be told. Pure."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from validators.cloud.snapshot import Snapshot

NONE = "none"
T = TypeVar("T")


@dataclass(frozen=True)
class Unreadable:
    """A value that cannot be compared: the API does not say it, says it in a form that nobody knows, or it is about to change."""

    rule: str = "PLB985"
    """Empty for what is only said in the report."""
    says: str = ""


UNREADABLE = Unreadable()
Values = dict[str, str]
Observed = dict[str, str | Unreadable]


@dataclass(frozen=True)
class Surroundings:
    """What the values of one object need to know of the others."""

    snapshot: Snapshot
    servers: frozenset[str]
    """Names of the tenant's servers."""
    carriers: dict[str, str]
    """The server that should carry a volume."""
    renamed: dict[tuple[str, int | None], str] = field(default_factory=dict)
    """Names that the desired state has for objects that somebody renamed, by kind and id."""

    def name(self, kind: str) -> Callable[[int], str]:
        """What finds names of a kind by id."""
        return lambda id: self.renamed.get((kind, id)) or self.snapshot.name_of(kind, id)


def in_words(value: T | None, shown: Callable[[T], str] = str) -> str | Unreadable:
    """A value in words; None cannot be told."""
    return UNREADABLE if value is None else shown(value)


def yes_or_no(value: bool | None) -> str | Unreadable:
    """A flag in words; None cannot be told."""
    return in_words(value, lambda on: "yes" if on else "no")


def several(word: str, found: Iterable[T] | None, values: Callable[[T], Observed]) -> Observed:
    """The values of each of several; None where the whole list cannot be told."""
    if found is None:
        return {word: UNREADABLE}
    told: Observed = {}
    for each in found:
        told |= values(each)
    return told
