"""Templates whose expressions are all chains such as `url('postgres', 'sql')` or `spec.platform.name`: read without a compiler.

Most templates of a spec are of that form, and compiling one costs a hundred times what its value does. What a chain comes to is asked
of the same environment, within the same budget. Whatever is not of that form, or does not succeed, is for the compiler.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from jinja2 import Environment, Undefined

from plumbline.expressions.budget import Budget

MOST = 32 * 1024
"""Characters of a template; a longer one is compiled, which asks for more."""

_OPENING = re.compile(r"\{[{%#]")
_NAME = r"[a-z][a-z0-9_]*"
_LITERAL = r"""'[^'\\\n{}]*'|"[^"\\\n{}]*"|0|[1-9][0-9]{0,8}"""
_VALUE = rf"(?:{_LITERAL}|{_NAME})"
_CHAIN = re.compile(
    rf"""\{{\{{\ *
    (?P<name>{_NAME})
    (?P<steps>(?:\.{_NAME}|\[{_VALUE}\])*)
    (?P<call>\(\ *(?:{_VALUE}(?:\ *,\ *{_VALUE})*)?\ *\))?
    \ *(?P<quoted>\|\ *quoted\ *)?\}}\}}""",
    re.VERBOSE,
)
_STEP = re.compile(rf"\.(?P<field>{_NAME})|\[(?P<key>{_VALUE})\]")
_GIVEN = re.compile(_VALUE)
_WORDS = frozenset({"true", "false", "none", "not", "self", "super"})
"""What is no name to Jinja2."""
_BREAK = re.compile(r"\r\n?")


class NotPlain(Exception):
    """A chain that does not come to a text."""


@dataclass(frozen=True, slots=True)
class _Given:
    """A literal, or the value of a name."""

    value: str | int
    is_name: bool = False


@dataclass(frozen=True, slots=True)
class Chain:
    """A name, what is taken out of it, and the call of that."""

    name: str
    steps: tuple[str | _Given, ...]
    """Fields and keys."""
    arguments: tuple[_Given, ...] | None
    quoted: bool

    @property
    def names(self) -> set[str]:
        """The names that it refers to."""
        given = (*(step for step in self.steps if isinstance(step, _Given)), *(self.arguments or ()))
        return {self.name, *(str(each.value) for each in given if each.is_name)}

    def value(self, environment: Environment, names: Mapping[str, Any], budget: Budget) -> Any:
        """What it comes to. Raises NotPlain where something of it is missing, and what the environment raises."""
        found = _of(names, self.name, budget)
        for step in self.steps:
            if isinstance(step, _Given):
                found = budget.take(environment.getitem(found, _taken(step, names, budget)))
            else:
                found = environment.getattr(found, step)
            if isinstance(found, Undefined):
                raise NotPlain
        if self.arguments is not None:
            given = [_taken(each, names, budget) for each in self.arguments]
            found = budget.take(environment.call(_context(environment), found, *given))  # type: ignore[attr-defined]
        return environment.filters["quoted"](found) if self.quoted else found


def _taken(given: _Given, names: Mapping[str, Any], budget: Budget) -> Any:
    return _of(names, str(given.value), budget) if given.is_name else given.value


def _of(names: Mapping[str, Any], name: str, budget: Budget) -> Any:
    if name not in names:
        raise NotPlain
    return budget.take(names[name])


@lru_cache(maxsize=1)
def _context(environment: Environment) -> Any:
    return environment.context_class(environment, {}, None, {})


@lru_cache(maxsize=16_384)
def chains_in(template: str) -> tuple[str | Chain, ...] | None:
    """The parts of a template, text and chains, as they follow each other; None for what has to be compiled."""
    if len(template) > MOST:
        return None
    parts: list[str | Chain] = []
    at = 0
    while opening := _OPENING.search(template, at):
        found = _CHAIN.match(template, opening.start())
        if found is None:
            return None
        chain = _chain(found)
        if not chain.names.isdisjoint(_WORDS):
            return None
        parts += [_BREAK.sub("\n", template[at : opening.start()]), chain]
        at = found.end()
    return (*parts, _BREAK.sub("\n", template[at:]))


def _chain(found: re.Match[str]) -> Chain:
    steps = [step["field"] or _given(step["key"]) for step in _STEP.finditer(found["steps"])]
    call = found["call"]
    arguments = None if call is None else tuple(map(_given, _GIVEN.findall(call)))
    return Chain(found["name"], tuple(steps), arguments, found["quoted"] is not None)


def _given(text: str) -> _Given:
    if text[0] in "'\"":
        return _Given(text[1:-1])
    return _Given(int(text)) if text[0].isdigit() else _Given(text, is_name=True)


def text_of(
    parts: Sequence[str | Chain], environment: Environment, names: Mapping[str, Any], budget: Budget, most: int
) -> str:
    """The text of a template of chains. Raises NotPlain where it is longer than the most, and as `Chain.value` does."""
    made = [
        part if isinstance(part, str) else str(environment.finalize(part.value(environment, names, budget)))  # type: ignore[misc]
        for part in parts
    ]
    if sum(map(len, made)) > most:
        raise NotPlain
    return "".join(made)
