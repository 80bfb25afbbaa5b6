"""Figures with their goals, as a table with a verdict on each."""

from collections.abc import Iterable
from dataclasses import dataclass

from tabulate import tabulate


@dataclass(frozen=True)
class Figure:
    """Something measured, mostly as a ratio to what users have without Plumbline."""

    what: str
    found: float
    goal: float | None = None
    """The most that is fine; None where the figure is there to be known."""
    how: str = ""
    """What it was made of."""
    unit: str = "×"

    @property
    def missed(self) -> bool:
        """Whether it misses its goal."""
        return self.goal is not None and self.found > self.goal


@dataclass(frozen=True)
class LeftOut:
    """A figure that this machine can't make."""

    what: str
    why: str


HEADS = ["figure", "measured", "goal", "verdict", "of"]
"""Heads of the table."""


def shown(figures: Iterable[Figure | LeftOut]) -> str:
    """The table."""
    return tabulate([row(each) for each in figures], HEADS, tablefmt="github")


def row(each: Figure | LeftOut) -> list[str]:
    """Its cells in the table."""
    if isinstance(each, LeftOut):
        return [each.what, "–", "–", "LEFT OUT", each.why]
    goal = "–" if each.goal is None else f"≤ {each.goal:g} {each.unit}"
    verdict = "–" if each.goal is None else "MISSED" if each.missed else "met"
    return [each.what, f"{each.found:.3g} {each.unit}", goal, verdict, each.how]
