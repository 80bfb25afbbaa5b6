"""Facts: what should be so, what is so, and one comparison of the two."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Outcome = Literal["matches", "differs", "not deployed", "unreadable"]


@dataclass(frozen=True, slots=True, order=True)
class Fact:
    """One attribute of one subject, e.g. `services.redis` · `limit.memory` · `256 MiB`."""

    subject: str
    attribute: str
    value: str


@dataclass(frozen=True, slots=True)
class Check:
    """A comparison that was made: what was expected, what was seen, and how it ended. None: nothing of the kind."""

    subject: str
    attribute: str
    expected: str | None
    observed: str | None
    deployed: bool = True
    """Whether the subject is there at all."""
    where: str = ""
    """The node that it is about, where there are several, e.g. `acme-db`."""
    seconds: float | None = None
    """How long it took, for what was tried by itself; None for what was seen with all else in one look."""
    readable: bool = True
    """Whether reality can be asked at all; what cannot be read is never taken for fine."""

    @property
    def outcome(self) -> Outcome:
        """One of four results that are never mixed."""
        if not self.deployed:
            return "not deployed"
        if not self.readable:
            return "unreadable"
        return "matches" if self.expected == self.observed else "differs"

    @property
    def difference(self) -> str:
        """The result in words; empty when it matches."""
        match self.outcome, self.expected, self.observed:
            case "matches", _, _:
                return ""
            case "not deployed", _, _:
                return "not deployed"
            case "unreadable", _, _:
                return f"{self.attribute} can't be read"
            case _, None, observed:
                return f"{self.attribute} is {observed}, but the spec has none"
            case _, expected, None:
                return f"{self.attribute} should be {expected}, but there is none"
            case _, expected, observed:
                return f"{self.attribute} is {observed}, but the spec says {expected}"


def compare(expected: Iterable[Fact], observed: Iterable[Fact]) -> list[Check]:
    """Every fact of either side, once, in order."""
    want = {(fact.subject, fact.attribute): fact.value for fact in expected}
    have = {(fact.subject, fact.attribute): fact.value for fact in observed}
    return [Check(*key, want.get(key), have.get(key)) for key in sorted(want.keys() | have.keys())]
