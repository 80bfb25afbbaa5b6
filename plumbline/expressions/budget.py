"""What evaluating one expression or template may cost. Steps and sizes are counted, not seconds: the answer is the same everywhere.

Every value that an expression makes is weighed when it is made, so that nothing can grow beyond what the next operation may
make of it; what can make much of little (repeating, padding, replacing, formatting) is asked before.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType
from typing import Any

MOST_STEPS = 50_000
"""Rounds of loops, calls and operations of one template, each with a part of what it handles: 1,000 characters, or 20 entries, are one."""
MOST_SIZE = 65_536
"""Characters and entries of one value."""
MOST_BITS = 4_096
"""Bits of a whole number."""
MOST_OUTPUT = 4 * 1024 * 1024
"""Characters of what a template makes."""
WIDEST = 1_000
"""Widths, counts and separators that are handed to what pads, wraps or joins."""

_WIDTH = re.compile(r"[0-9]{4}|\*|\{[^{}]+\{")
"""In a format: a width of four digits, or one that comes from a value."""


class OverBudget(Exception):
    """An expression that would cost too much; the message says what of it."""


class Budget:
    """What is left for one template."""

    def __init__(self, names: Mapping[str, Any]):
        self.names = names
        """What the template knows."""
        self.steps = 0

    def spend(self, steps: int = 1) -> None:
        """Count steps. Raises OverBudget."""
        self.steps += steps
        if self.steps > MOST_STEPS:
            raise OverBudget(f"takes more than {MOST_STEPS:,} steps: loop over less")

    def take(self, value: Any) -> Any:
        """A value that was made or is about to be used; what comes one by one is counted as it comes. Raises OverBudget."""
        if isinstance(value, str):
            self.spend(1 + size(value) // 1000)
        elif isinstance(value, Iterator) and type(value).__module__ != "jinja2.runtime":  # `loop` is one
            return self._one_by_one(value)
        else:
            self.spend(1 + size(value) // 20)
        return value

    def _one_by_one(self, values: Iterator[Any]) -> Iterator[Any]:
        for value in values:
            yield self.take(value)


_BUDGET: ContextVar[Budget | None] = ContextVar("budget", default=None)


def budget() -> Budget:
    """The budget of the template that is being evaluated."""
    return _BUDGET.get() or Budget({})


@contextmanager
def with_budget(names: Mapping[str, Any]) -> Iterator[Budget]:
    """A budget of its own for one template."""
    own = Budget(names)
    token = _BUDGET.set(own)
    try:
        yield own
    finally:
        _BUDGET.reset(token)


def size(value: Any) -> int:
    """Characters and entries of a value, to any depth. Raises OverBudget beyond the most."""
    if isinstance(value, str):
        total = len(value)
    elif isinstance(value, int):
        if value.bit_length() > MOST_BITS:
            raise OverBudget(f"makes a number of more than {MOST_BITS:,} bits")
        return 0
    else:
        total = _size_inside(value)
    if total > MOST_SIZE:
        raise OverBudget(f"makes a value of more than {MOST_SIZE:,} characters or entries")
    return total


def _size_inside(value: Any) -> int:
    total, waiting = 0, [value]
    while waiting and total <= MOST_SIZE:
        each = waiting.pop()
        if isinstance(each, str):
            total += len(each)
        elif each is None or isinstance(each, int | float):
            continue
        elif isinstance(each, dict):
            total += len(each)
            waiting += each
            waiting += each.values()
        elif isinstance(each, list | tuple | set | frozenset):
            total += len(each)
            waiting += each
        elif isinstance(each, MappingProxyType | range):
            total += len(each)
    return total


def ask_width(*given: Any) -> None:
    """Raises OverBudget for a width, count or separator beyond the widest."""
    for each in given:
        if (isinstance(each, int) and abs(each) > WIDEST) or (isinstance(each, str) and len(each) > WIDEST):
            raise OverBudget(f"asks for more than {WIDEST:,} at once")


def ask_product(operator: str, left: Any, right: Any) -> None:
    """Raises OverBudget for a product or power that is too large to be made."""
    if isinstance(left, int) and isinstance(right, int):
        bits = left.bit_length() * right if operator == "**" else left.bit_length() + right.bit_length()
        if bits > MOST_BITS:
            raise OverBudget(f"makes a number of more than {MOST_BITS:,} bits")
        return
    for what, times in ((left, right), (right, left)):
        if isinstance(times, int) and size(what) * times > MOST_SIZE:
            raise OverBudget(f"makes a value of more than {MOST_SIZE:,} characters or entries")


def ask_replacement(text: str, old: str, new: str) -> None:
    """Raises OverBudget for a text that would become too long."""
    if len(text) + text.count(old) * len(new) > MOST_SIZE:
        raise OverBudget(f"makes a value of more than {MOST_SIZE:,} characters or entries")


def ask_format(text: str, values: Any) -> None:
    """Raises OverBudget for a format that pads without measure, or repeats too much."""
    if _WIDTH.search(text):
        raise OverBudget("asks for a width of more than three digits, or for one that comes from a value")
    if (text.count("%") + text.count("{")) * size(values) > MOST_SIZE:
        raise OverBudget(f"makes a value of more than {MOST_SIZE:,} characters or entries")
