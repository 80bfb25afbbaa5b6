"""What passes and what stays: a health check that is late on a busy machine, or ill for good; a way that is open for a moment."""

from collections.abc import Collection

from plumbline.report.fact import Check
from plumbline.stack.settling import wait_until_settled
from plumbline.stack.stack import Stack
from validators.stack.inspection import Inspection, inspect_stack
from validators.stack.kinds import STATE
from validators.stack.report import subject_with_node

_LOOKS = 3
_WORDS = ("unhealthy", "starting")
_WAYS = ("reach.", "name.", "egress.", "leak.")


def inspect_patiently(stack: Stack, *, apart_from: Collection[str] = ()) -> tuple[Inspection, tuple[str, ...]]:
    """A look, and another one where what differs may pass: a health check that is late, a way that is open for a moment.

    Also what differed before and does not any more, in words. An engine that makes a network, somebody else's too, takes its
    rule of isolation out and puts it back: in between every network reaches every other.
    """
    looks = [inspect_stack(stack)]
    while len(looks) <= _LOOKS:
        is_late = any(_is_late(check, apart_from) for check in looks[-1].checks)
        is_open = len(looks) == 1 and any(_is_way(check) for check in looks[-1].checks)
        if not is_open and not (is_late and wait_until_settled(stack, stack.projects, apart_from=apart_from)):
            break
        looks.append(inspect_stack(stack))
    last = {_key(check) for check in looks[-1].checks if check.outcome != "matches"}
    passed = {
        _key(check): f"{subject_with_node(check)}: {check.difference}"
        for earlier in looks[:-1]
        for check in earlier.checks
        if (_is_late(check, apart_from) or _is_way(check)) and _key(check) not in last
    }
    return looks[-1], tuple(sorted(passed.values()))


def _is_late(check: Check, apart_from: Collection[str]) -> bool:
    name = check.subject.removeprefix("services.")
    return check.attribute == STATE.name and check.observed in _WORDS and name not in apart_from


def _is_way(check: Check) -> bool:
    return check.outcome != "matches" and check.attribute.startswith(_WAYS)


def _key(check: Check) -> tuple[str, str, str]:
    return check.where, check.subject, check.attribute
