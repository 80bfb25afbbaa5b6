"""What the words of a shell script come to, as far as it is known. Pure."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from operator import add, floordiv, ge, gt, le, lt, mod, mul, sub
from typing import Any

from plumbline.runbook.shell_syntax import Node

Known = str | None
"""A text; None where nobody knows it."""
Substituted = Callable[[Node], Known]
"""What `$( )` comes to."""


@dataclass
class Variables:
    """Variables of a shell: those that it has not set itself come from outside, and are not known."""

    named: dict[str, Known] = field(default_factory=dict)
    arguments: list[Known] | None = None
    code: int = 0
    """`$?`."""

    def copy(self) -> "Variables":
        return replace(self, named=dict(self.named))

    def set(self, name: str, value: Known) -> None:
        """Set one."""
        self.named[name] = value

    def get(self, name: str) -> Known:
        """The value of one."""
        if name == "?":
            return str(self.code)
        if name.isdecimal() and self.arguments is not None:
            number = int(name)
            return (self.arguments[number - 1] if number <= len(self.arguments) else "") if number else None
        if name == "#" and self.arguments is not None:
            return str(len(self.arguments))
        return self.named.get(name)


def joined(texts: Sequence[Known]) -> Known:
    """Several texts as one."""
    known = [each for each in texts if each is not None]
    return "".join(known) if len(known) == len(texts) else None


def text_of(word: Node | None, variables: Variables, substituted: Substituted) -> Known:
    """A word as one text, as in an assignment."""
    return joined([_part(part, variables, substituted) for part in (word or {}).get("Parts", ())])


def fields(words: Sequence[Node], variables: Variables, substituted: Substituted) -> list[Known]:
    """Words as arguments: what stands outside of quotes is split, and gone where it is empty."""
    found: list[Known] = []
    for word in words:
        parts = word.get("Parts", ())
        value = text_of(word, variables, substituted)
        if (
            any(part.get("Type") in {"ParamExp", "CmdSubst"} for part in parts)
            and len(parts) == 1
            and value is not None
        ):
            found += value.split()
        else:
            found.append(value)
    return found


def _part(part: Node, variables: Variables, substituted: Substituted) -> Known:
    match part.get("Type"):
        case "Lit":
            return re.sub(r"\\(.)", r"\1", part.get("Value", ""))
        case "SglQuoted":
            return str(part.get("Value", ""))
        case "DblQuoted":
            return text_of(part, variables, substituted)
        case "ParamExp":
            return _parameter(part, variables, substituted)
        case "CmdSubst":
            return substituted(part)
        case "ArithmExp":
            number = _number(part.get("X"), variables)
            return None if number is None else str(number)
        case _:
            return None


def _parameter(part: Node, variables: Variables, substituted: Substituted) -> Known:
    name = part.get("Param", {}).get("Value", "")
    value, expansion = variables.get(name), part.get("Exp")
    if part.get("Length"):
        return None if value is None else str(len(value))
    if not expansion:
        return None if {"Slice", "Repl", "Index"} & set(part) else value
    if expansion["Op"] == ":?" or value is None:
        return value
    other = text_of(expansion.get("Word"), variables, substituted)
    match expansion["Op"]:
        case ":-":
            return value or other
        case "-":
            return value
        case ":=":
            variables.set(name, value or other)
            return value or other
        case ":+":
            return value and other
        case _:
            return None


_OPERATORS: dict[str, Callable[[int, int], Any]] = {
    "+": add, "-": sub, "*": mul, "<": lt, "<=": le, ">": gt, ">=": ge,
    "/": lambda one, other: floordiv(one, other) if other else None,
    "%": lambda one, other: mod(one, other) if other else None,
}  # fmt: skip


def _number(node: Node | None, variables: Variables) -> int | None:
    if not node:
        return None
    if node.get("Type") == "BinaryArithm":
        one, other = _number(node["X"], variables), _number(node["Y"], variables)
        if one is None or other is None or node["Op"] not in _OPERATORS:
            return None
        found = _OPERATORS[node["Op"]](one, other)
        return None if found is None else int(found)
    if node.get("Type") == "ParenArithm":
        return _number(node.get("X"), variables)
    value = text_of(node, variables, lambda _: None)
    if value is not None and not re.fullmatch(r"-?\d+", value):
        value = variables.get(value)
    return int(value) if value is not None and re.fullmatch(r"-?\d+", value) else None
