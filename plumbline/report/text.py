"""Findings for a person at a terminal: what, where with the source line marked, and how to fix it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

import click

from plumbline.spec.finding import Finding, Severity
from plumbline.spec.foreign import printable

_COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.NOTE: "cyan"}
_MAX_SOURCE_LINE = 160
_BEFORE = 60
_MOST_RELATED = 12
"""Other places of one finding."""


def as_text(findings: Sequence[Finding], sources: Mapping[str, str], colour: bool) -> str:
    """One block per finding, and a count at the end; empty when there is none."""
    blocks = [_block(finding, sources, colour) for finding in findings]
    if not blocks:
        return ""
    return "\n\n".join(blocks) + "\n\n" + summary(findings) + "\n"


def summary(findings: Sequence[Finding]) -> str:
    """How many of each severity."""
    counts = [(severity, sum(1 for finding in findings if finding.severity == severity)) for severity in Severity]
    return (
        ", ".join(f"{count} {severity}{'' if count == 1 else 's'}" for severity, count in counts if count)
        or "no finding"
    )


def _block(finding: Finding, sources: Mapping[str, str], colour: bool) -> str:
    def style(text: str, **how: object) -> str:
        return click.style(text, **how) if colour else text  # type: ignore[arg-type]

    place = f"{finding.location}: " if finding.location else ""
    head = style(f"{finding.severity} {finding.rule}", fg=_COLOURS[finding.severity], bold=True)
    lines = [f"{style(place, bold=True)}{head} {printable(finding.message)}"]
    lines += _marked(finding, sources, style)
    lines += [f"  | {printable(line)}" for line in (*finding.evidence, *_shown_related(finding))]
    if finding.hint:
        lines.append(f"  {style('=', fg='cyan')} {printable(finding.hint)}")
    return "\n".join(lines)


def _shown_related(finding: Finding) -> Iterator[str]:
    yield from map(str, finding.related[:_MOST_RELATED])
    if (more := len(finding.related) - _MOST_RELATED) > 0:
        yield f"… {more} more; `--format json` names them"


def _marked(finding: Finding, sources: Mapping[str, str], style: object) -> list[str]:
    location = finding.location
    text = sources.get(location.file) if location else None
    if location is None or text is None:
        return []
    lines = _lines(text)
    if not 0 < location.line <= len(lines):
        return []
    # a long line is shown from a little before the place
    begin = max(0, location.column - _BEFORE) if location.column > _MAX_SOURCE_LINE else 0
    whole = lines[location.line - 1]
    source = "".join(char if char.isprintable() else " " for char in whole[begin : begin + _MAX_SOURCE_LINE])
    source = ("… " if begin else "") + source + (" …" if len(whole) > begin + _MAX_SOURCE_LINE else "")
    moved = begin - (2 if begin else 0)
    start = min(location.column - 1 - moved, len(source))
    last = location.end_column - 1 - moved if location.end_line == location.line else len(source)
    width = max(1, min(last, len(source)) - start)
    number = str(location.line)
    return [f"  {number} | {source}", f"  {' ' * len(number)} | {' ' * start}{'^' * width}"]


@lru_cache(maxsize=8)
def _lines(text: str) -> list[str]:
    """Lines as editors count them."""
    return re.split(r"\r\n|\n|\r", text)
