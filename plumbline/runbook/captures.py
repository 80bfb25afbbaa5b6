"""A value that a step reads from its output, for its undo and later steps."""

import re

from plumbline.expressions.values import unsafe

_MOST_CHARACTERS = 1_000
"""Of a line that a value is taken out of: with at most two repeats in the pattern, that bounds the time."""


class NotCaptured(Exception):
    """A value that a step should have printed; the message says what is wrong."""


def capture(pattern: str, printed: str) -> str:
    """The value that a pattern takes out of what a step printed. Raises NotCaptured where there is none, or not one alone."""
    compiled = re.compile(pattern)
    lines = (line for line in printed.split("\n") if len(line) <= _MOST_CHARACTERS)
    found = list(dict.fromkeys(match[1] for line in lines if (match := compiled.match(line))))
    if not found:
        raise NotCaptured(f"no line starts with a match of {pattern}")
    if len(found) > 1:
        raise NotCaptured(f"lines that match {pattern} differ: {', '.join(map(repr, found[:5]))}")
    if problem := unsafe(found[0]):
        raise NotCaptured(f"{found[0]!r}, which {pattern} captures, cannot be used: {problem}")
    return found[0]


_PART = re.compile(
    r"""
    (?P<group> \((?!\?) | \) )
    | (?P<repeat> [*+?] | \{[0-9]*,[0-9]*\} ) | \{[0-9]+\}
    | (?P<never> \( | \| | \\[0-9] )
    | \[\^?\]?(?:\\.|[^\]\\])*\] | \\. | [^\\(){}*+?|\[]  # one character: of a class, escaped, itself
    """,
    re.DOTALL | re.VERBOSE,
)


def pattern_problem(pattern: str) -> str | None:
    """What is wrong with the pattern of a captured value. What is left takes a time that can be told, whatever a command prints."""
    parts, at = [], 0
    while at < len(pattern):
        found = _PART.match(pattern, at)
        if not found:
            return f"it is invalid from `{pattern[at:]}` on"
        parts.append(found)
        at = found.end()
    try:
        re.compile(pattern)
    except re.error as error:
        return f"it is not a regular expression: {error}"
    if any(part["never"] for part in parts):
        return "alternatives, look-around and back-references are not allowed: they can take unlimited time"
    if [part["group"] for part in parts if part["group"]] != ["(", ")"]:
        return "it needs one group, in parentheses, around the value"
    if re.search(r"(?<!\\)\)[*+?{]", pattern):
        return "a repeated group is not allowed: repeat what is in it"
    if sum(part["repeat"] is not None for part in parts) > 2:
        return "it has more than two repeats (* + ? {2,3}): write more of the line literally"
    return None
