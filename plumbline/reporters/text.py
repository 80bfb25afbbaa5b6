"""Findings for a person at a terminal: what, where with the source line marked, and how to mend it."""

from collections.abc import Mapping, Sequence

import click

from plumbline.finding import Finding, Severity

_COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.NOTE: "cyan"}
_MAX_SOURCE_LINE = 160


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
    lines += [f"  | {printable(line)}" for line in finding.evidence]
    if finding.hint:
        lines.append(f"  {style('=', fg='cyan')} {printable(finding.hint)}")
    return "\n".join(lines)


def _marked(finding: Finding, sources: Mapping[str, str], style: object) -> list[str]:
    location = finding.location
    text = sources.get(location.file) if location else None
    if location is None or text is None:
        return []
    lines = text.splitlines()
    if not 0 < location.line <= len(lines):
        return []
    source = printable(lines[location.line - 1].expandtabs(1))
    if len(source) > _MAX_SOURCE_LINE:
        source = source[:_MAX_SOURCE_LINE] + " …"
    start = min(location.column - 1, len(source))
    last = location.end_column - 1 if location.end_line == location.line else len(source)
    width = max(1, min(last, len(source)) - start)
    number = str(location.line)
    return [f"  {number} | {source}", f"  {' ' * len(number)} | {' ' * start}{'^' * width}"]


def printable(text: str) -> str:
    """Text in which control characters cannot reach the terminal."""
    return "".join(char if char.isprintable() or char == "\t" else f"\\x{ord(char):02x}" for char in text)
