"""Everything that is tried on a running stack, in order. A new trial is an entry."""

import time
from collections.abc import Callable, Iterator

from plumbline.report.fact import Check
from plumbline.stack.stack import Stack
from validators.stack.behaviour.killed import try_kills
from validators.stack.behaviour.logs import try_log_rotation
from validators.stack.behaviour.lost_needs import try_lost_needs
from validators.stack.behaviour.memory import try_memory_limits
from validators.stack.behaviour.self_tests import run_self_tests
from validators.stack.behaviour.state import try_state
from validators.stack.patient_inspection import inspect_patiently

_SAME = "as the spec says"


def try_everything(stack: Stack, restart_engine: str | None) -> tuple[list[Check], dict[str, float]]:
    """What came of every trial, and the seconds that each took; at the end the stack must be what it was.

    `restart_engine` is a shell command that restarts the engine; None leaves that out.
    """
    trials: dict[str, Callable[[], Iterator[Check]]] = {
        "self tests": lambda: run_self_tests(stack),
        "state": lambda: try_state(stack, restart_engine),
        "lost needs": lambda: try_lost_needs(stack),
        "kills": lambda: try_kills(stack),
        "memory": lambda: try_memory_limits(stack),
        "logs": lambda: try_log_rotation(stack),
        "same afterwards": lambda: _same(stack),
    }
    checks: list[Check] = []
    seconds: dict[str, float] = {}
    for name, trial in trials.items():
        start = time.monotonic()
        found = list(trial())
        seconds[name] = round(time.monotonic() - start, 2)
        matches = sum(1 for check in found if check.outcome == "matches")
        stack.watch.result(name, matches, len(found) - matches)
        checks += found
    return checks, seconds


def _same(stack: Stack) -> Iterator[Check]:
    """What differs now, and didn't have to: all but the count of restarts, which the kills have raised."""
    stack.watch.phase("comparing with the spec once more")
    wrong = [
        each
        for each in inspect_patiently(stack)[0].checks
        if each.outcome != "matches" and each.attribute != "state.restarts"
    ]
    yield from wrong
    observed = f"different in {len(wrong)} facts" if wrong else _SAME
    yield Check("stack", "after_faults", _SAME, observed)
