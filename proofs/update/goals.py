"""What clients may see of an update, derived from its plan. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from plumbline.update.plan import UpdatePlan
from proofs.update.reckoning import Reckoning


@dataclass(frozen=True, slots=True)
class Goal:
    """It."""

    copies: tuple[str, ...]
    """Services that change behind a second copy."""
    refused: tuple[str, ...]
    """What the plan says that clients see; where it says nothing, no request may fail."""


def goal_of(plan: UpdatePlan) -> Goal:
    """The goal of a plan."""
    return Goal(plan.second_copies, tuple(f"{each.service}: {each.seen}" for each in plan.clients))


def missed(goal: Goal, seen: Reckoning) -> Iterator[str]:
    """What the clients saw that they should not have."""
    if not goal.refused:
        yield from (f"failed: {each}" for each in seen.failures)
