"""What clients may see of an update, derived from its plan. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from plumbline.update.plan import UpdatePlan
from proofs.update.reckoning import Reckoning

UNKNOWN_S = 600
"""What counts where an older release does not say how long a service may take."""
FEWEST = 3
"""Requests of each kind, or it has seen nothing."""


@dataclass(frozen=True, slots=True)
class UpdateGoal:
    """It."""

    copies: tuple[str, ...]
    """Services that change behind a second copy."""
    refused: tuple[str, ...]
    """What the plan says that clients see; where it says nothing, no request may fail."""
    pause_s: int
    """The longest that the plan names; 0 where it says nothing."""


def goal_of(plan: UpdatePlan) -> UpdateGoal:
    """The goal of a plan. Services that change in place do so one after the other."""
    refused = tuple(f"{each.service}: {each.seen}" for each in plan.clients)
    bounds = [each.at_most_s for each in plan.clients]
    known = [each for each in bounds if each is not None]
    return UpdateGoal(plan.second_copies, refused, sum(known) if len(known) == len(bounds) else UNKNOWN_S)


def missed(goal: UpdateGoal, seen: Reckoning) -> Iterator[str]:
    """What the clients saw that they should not have."""
    if not goal.refused:
        yield from (f"failed: {each}" for each in seen.failures)
    elif seen.total.silent_s > goal.pause_s:
        yield f"a client had no answer for {seen.total.silent_s:.1f} s, and the plan says at most {goal.pause_s} s"
    if len(seen.kinds) == 0 or any(each.asked < FEWEST for each in seen.kinds.values()):
        yield "a kind of clients asked too seldom to see anything"
