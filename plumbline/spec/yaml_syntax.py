"""Errors of YAML syntax in words, at the place to fix: where something was opened, not where the parser noticed the error. Pure."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import yaml

from plumbline.spec.finding import Finding, Related
from plumbline.spec.location import Location

_WORDS = {
    "did not find expected key": "a key is expected here, at the indentation of its neighbours",
    "could not find expected ':'": "a key without a colon, or a text that continues without a quote",
    "mapping values are not allowed in this context": "a second colon: put the value in quotes, or begin a new line",
    "found character that cannot start any token": "no value can begin with this character: indent with spaces, and quote what begins with it",
    "did not find expected node content": "no value can begin like this: put it in quotes",
    "did not find expected comment or line break": "a new line has to begin after this character",
    "did not find expected '-' indicator": "an item of the list is expected here: `- `, at the indentation of its neighbours",
    "did not find expected ',' or '}'": "`,` or `}` is expected here",
    "did not find expected ',' or ']'": "`,` or `]` is expected here",
    "found unknown escape character": "unknown escape: write a backslash twice in double quotes",
}
"""What libyaml says, and what it means."""
_HINT = "look for a missing colon, quote or space, or a tab, at or just before this place"
_UNENDED = ("found unexpected end of stream", "found unexpected document indicator")


Places = Callable[[int, int], tuple[int, int]]
"""Line and column as editors count them, from 1, of libyaml's, from 0."""


@dataclass(frozen=True, slots=True)
class _Text:
    """A text that is no YAML, with the places of its marks."""

    file: str
    lines: list[str]
    places: Places | None

    def place(self, mark: Any) -> Location:
        line, column = self.places(mark.line, mark.column) if self.places else (mark.line + 1, mark.column + 1)
        return Location(self.file, line, column, line, column + 1)

    def line(self, place: Location) -> str:
        return self.lines[place.line - 1] if place.line <= len(self.lines) else ""

    def indent(self, mark: Any) -> int:
        line = self.line(self.place(mark))
        return len(line) - len(line.lstrip())


def syntax_finding(error: yaml.YAMLError, last: Any, text: str, file: str, places: Places | None) -> Finding:
    """The finding of a text that could not be read; `last` is the event before the mistake was noticed."""
    noticed, opened = getattr(error, "problem_mark", None), getattr(error, "context_mark", None)
    if noticed is None:
        reason = getattr(error, "reason", None) or "cannot be read"
        return Finding("PLB001", f"not YAML: {reason}", location=Location(file), hint=_HINT)
    problem, context = getattr(error, "problem", None) or "cannot be read", getattr(error, "context", None) or ""
    read = _Text(file, re.split(r"\r\n?|\n", text), places)
    if opened is not None and problem in _UNENDED:
        return _opened(read, opened, noticed, "the text does not end")
    if _runs_on(last) and last.end_mark.line == noticed.line:
        return _opened(read, last.start_mark, noticed, "the text ends only in line {line}")
    if isinstance(last, yaml.SequenceStartEvent | yaml.MappingStartEvent) and last.flow_style:
        opened, context = last.start_mark, "flow"
    in_flow = opened is not None and "flow" in context and noticed.line > opened.line
    if in_flow and read.indent(noticed) <= read.indent(opened):
        return _opened(read, opened, noticed, "it is open until line {line}")
    # a key ends with its line, and what lacks its colon is seen in the next one
    place = opened if opened is not None and "simple key" in context else noticed
    return Finding("PLB001", f"not YAML: {_WORDS.get(problem, problem)}", location=read.place(place), hint=_HINT)


def _runs_on(event: Any) -> bool:
    """Whether an event is a quoted text of several lines: with the mistake right behind it, the one that ends it opens another."""
    quoted = isinstance(event, yaml.ScalarEvent) and event.style in ("'", '"')
    return quoted and event.start_mark.line < event.end_mark.line


def _opened(read: _Text, opening: Any, noticed: Any, how: str) -> Finding:
    opens, seen = read.place(opening), read.place(noticed)
    sign = read.line(opens)[opens.column - 1 : opens.column]
    return Finding(
        "PLB001",
        f"not YAML: `{sign}` opens here, and {how.format(line=seen.line)}",
        location=opens,
        hint=f"close it in this line; where `{sign}` is part of the text, put all of it in quotes",
        related=(Related("noticed here", seen),),
    )
