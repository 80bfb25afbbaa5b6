"""Whether a whole text matches a regular expression of a spec, in a time that grows with both and no faster. Pure.

`re` tries one way through a pattern after the other: `(a|a)*b` takes it hours on forty letters. Here its own parser reads the
pattern, so that it means the same, and every way is followed at once (Thompson, 1968).
"""

import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from re import _constants as op  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

MOST_STATES = 2_500
"""States of a pattern once its counted repeats are written out."""
MOST_STEPS = 2_600_000
"""States that are looked at for one text; a text of 1,000 characters needs fewer where nothing looks ahead within a repeat."""

_CATEGORIES = {
    op.CATEGORY_DIGIT: r"\d",
    op.CATEGORY_NOT_DIGIT: r"\D",
    op.CATEGORY_SPACE: r"\s",
    op.CATEGORY_NOT_SPACE: r"\S",
    op.CATEGORY_WORD: r"\w",
    op.CATEGORY_NOT_WORD: r"\W",
}
_PLACES = {
    op.AT_BEGINNING: "^",
    op.AT_BEGINNING_STRING: r"\A",
    op.AT_BOUNDARY: r"\b",
    op.AT_NON_BOUNDARY: r"\B",
    op.AT_END: "$",
    op.AT_END_STRING: r"\Z",
}
_OF_ONE_CHARACTER = re.IGNORECASE | re.ASCII | re.DOTALL | re.MULTILINE

Holds = Callable[["_Walk", int], bool]


class NotLinear(ValueError):
    """A pattern or text that would take too long, or a time that cannot be told; the message says why."""


def fits(pattern: str, text: str) -> bool:
    """Whether `re.fullmatch` would find a match. Raises NotLinear, or re.error for what is no regular expression."""
    machine = _machine(pattern)
    return _Walk(machine, text).leads(machine.start, 0, len(text))


def problem(pattern: str) -> str | None:
    """Why a pattern cannot be used; None where it can."""
    try:
        _machine(pattern)
    except re.error as error:
        return f"this is not a regular expression: {error}"
    except NotLinear as error:
        return str(error)
    return None


class _Machine:
    """A pattern as states: each waits for a character, for something to hold at its place, or goes on at once."""

    def __init__(self, pattern: str):
        self.characters: dict[int, re.Pattern[str]] = {}
        self.conditions: dict[int, Holds] = {}
        self.next: list[Sequence[int]] = []
        read = parser.parse(pattern)
        self.end = self._state(())
        self.start = self._all(read, read.state.flags, self.end)

    def _state(self, then: Sequence[int]) -> int:
        if len(self.next) >= MOST_STATES:
            raise NotLinear(f"this repeats too much: expanded, it has more than {MOST_STATES:,} parts")
        self.next.append(then)
        return len(self.next) - 1

    def _all(self, parts: Iterable[Any], flags: int, then: int) -> int:
        for kind, value in reversed(list(parts)):
            then = self._one(kind, value, flags, then)
        return then

    def _one(self, kind: Any, value: Any, flags: int, then: int) -> int:
        match kind:
            case op.LITERAL | op.NOT_LITERAL | op.ANY | op.IN:
                state = self._state((then,))
                self.characters[state] = re.compile(_source(kind, value), flags & _OF_ONE_CHARACTER)
                return state
            case op.BRANCH:
                return self._state([self._all(branch, flags, then) for branch in value[1]])
            case op.SUBPATTERN:
                _, added, removed, parts = value
                return self._all(parts, (flags | added) & ~removed, then)
            case op.MAX_REPEAT | op.MIN_REPEAT:
                least, most, parts = value
                return self._repeat(least, most, parts, flags, then)
            case op.AT:
                place = re.compile(_PLACES[value], flags & _OF_ONE_CHARACTER)
                return self._condition(lambda walk, at: place.match(walk.text, at) is not None, then)
            case op.ASSERT | op.ASSERT_NOT:
                direction, parts = value
                return self._look(direction, parts, kind is op.ASSERT, flags, then)
        raise NotLinear("back-references, conditions and atomic groups are not allowed: they can take unlimited time")

    def _repeat(self, least: int, most: int, parts: Any, flags: int, then: int) -> int:
        if most is op.MAXREPEAT:
            loop = self._state(())
            self.next[loop] = (self._all(parts, flags, loop), then)
            start = loop
        else:
            start = then
            for _ in range(most - least):
                start = self._state((self._all(parts, flags, start), then))
        for _ in range(least):
            then, start = start, self._all(parts, flags, start)
            if start == then:
                break  # nothing, however often
        return start

    def _look(self, direction: int, parts: Any, wanted: bool, flags: int, then: int) -> int:
        end = self._state(())
        start = self._all(parts, flags, end)
        if direction > 0:
            return self._condition(lambda walk, at: walk.leads(start, at, None, end) == wanted, then)
        width, _ = parts.getwidth()
        return self._condition(
            lambda walk, at: (at >= width and walk.leads(start, at - width, at, end)) == wanted, then
        )

    def _condition(self, holds: Holds, then: int) -> int:
        state = self._state((then,))
        self.conditions[state] = holds
        return state


@lru_cache(maxsize=256)
def _machine(pattern: str) -> _Machine:
    try:
        return _Machine(pattern)
    except RecursionError:
        raise NotLinear("this is nested too deeply") from None
    except OverflowError:
        raise NotLinear("this repeats too much") from None


class _Walk:
    """A text on its way through a machine."""

    def __init__(self, machine: _Machine, text: str):
        self.machine = machine
        self.text = text
        self.steps = 0

    def leads(self, start: int, begin: int, until: int | None, end: int | None = None) -> bool:
        """Whether a way leads from a state and place to the end; at a place where one is given, else at any."""
        wanted = self.machine.end if end is None else end
        states = self._at_once({start}, begin)
        for at in range(begin, len(self.text) if until is None else until):
            if wanted in states and until is None:
                return True
            states = self._at_once(self._after(states, at), at + 1)
            if not states:
                return False
        return wanted in states

    def _after(self, states: set[int], at: int) -> set[int]:
        """The states behind those that wait for the character at a place."""
        character, machine = self.text[at], self.machine
        return {machine.next[each][0] for each in states if _is(machine.characters.get(each), character)}

    def _at_once(self, states: set[int], at: int) -> set[int]:
        """The states with all that they lead to without a character."""
        found, waiting = set(states), list(states)
        while waiting:
            self.steps += 1
            if self.steps > MOST_STEPS:
                raise NotLinear("its pattern takes too long for this text")
            state = waiting.pop()
            if state in self.machine.characters:
                continue
            holds = self.machine.conditions.get(state)
            if holds is None or holds(self, at):
                fresh = [each for each in self.machine.next[state] if each not in found]
                found.update(fresh)
                waiting += fresh
        return found


@lru_cache(maxsize=65_536)
def _is(pattern: re.Pattern[str] | None, character: str) -> bool:
    return pattern is not None and pattern.fullmatch(character) is not None


def _source(kind: Any, value: Any) -> str:
    """The pattern of one character."""
    match kind:
        case op.LITERAL | op.NOT_LITERAL:
            return f"[{'^' if kind is op.NOT_LITERAL else ''}{re.escape(chr(value))}]"
        case op.ANY:
            return "."
        case _:
            return f"[{''.join(map(_member, value))}]"


def _member(item: tuple[Any, Any]) -> str:
    kind, value = item
    match kind:
        case op.NEGATE:
            return "^"
        case op.RANGE:
            return f"{re.escape(chr(value[0]))}-{re.escape(chr(value[1]))}"
        case op.CATEGORY:
            return _CATEGORIES[value]
        case _:
            return re.escape(chr(value))
