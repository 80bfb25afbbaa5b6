"""Makes untrusted text safe to show: names and values of a spec, a disk or an engine, in any format. Pure.

What is shown holds no character that moves a cursor, changes a direction or is no text; and however much is wrong, a report
stays one that somebody reads.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from plumbline.spec.finding import Finding, Related

MOST_OF_A_KIND = 50
"""Findings of one rule in one file."""
MOST = 500
"""Findings of a report."""
_MOST_CHARACTERS = 600
_MOST_LINES = 200


def printable(text: str) -> str:
    """Text in one line, in which every character that is no letter, sign or space is written out."""
    return text if text.isprintable() else "".join(_shown(char) for char in text)


def _shown(char: str) -> str:
    if char.isprintable() or char == "\t":
        return char
    return "\\n" if char == "\n" else f"\\x{ord(char):02x}"


def printable_lines(text: str) -> str:
    """Text of several lines, each printable."""
    return "\n".join(printable(line) for line in text.split("\n"))


def presentable(findings: Sequence[Finding], sources: Mapping[str, str]) -> tuple[list[Finding], dict[str, str]]:
    """The findings and the texts of their files as any reporter may write them; of very many, the first and how many there are."""
    return [_clean(finding) for finding in _bounded(findings)], {
        printable(name): text for name, text in sources.items()
    }


def _clean(finding: Finding) -> Finding:
    place = finding.location
    more = len(finding.evidence) - _MOST_LINES
    return replace(
        finding,
        message=_short(finding.message),
        location=replace(place, file=printable(place.file)) if place else None,
        hint=_short(finding.hint) if finding.hint is not None else None,
        subject=_short(finding.subject),
        expected=_short(finding.expected) if finding.expected is not None else None,
        observed=_short(finding.observed) if finding.observed is not None else None,
        evidence=(*map(_short, finding.evidence[:_MOST_LINES]), *([f"… {more:,} more lines"] if more > 0 else [])),
        related=tuple(_clean_related(finding.related)),
    )


def _clean_related(related: Sequence[Related]) -> Iterator[Related]:
    for each in related[:MOST_OF_A_KIND]:
        place = each.location
        yield replace(
            each, message=_short(each.message), location=replace(place, file=printable(place.file)) if place else None
        )
    if len(related) > MOST_OF_A_KIND:
        yield Related(f"… {len(related) - MOST_OF_A_KIND:,} more places")


def _short(text: str) -> str:
    kept = printable(str(text)[:_MOST_CHARACTERS])
    return kept if len(text) <= _MOST_CHARACTERS else f"{kept} … ({len(text):,} characters)"


def _bounded(findings: Sequence[Finding]) -> Iterable[Finding]:
    if len(findings) <= MOST_OF_A_KIND:
        return findings
    seen: Counter[tuple[str, str]] = Counter()
    kept: list[Finding] = []
    for finding in findings:
        kind = (finding.rule, _file(finding))
        seen[kind] += 1
        if seen[kind] <= MOST_OF_A_KIND and len(kept) < MOST:
            kept.append(finding)
    told = Counter((finding.rule, _file(finding)) for finding in kept)
    for (rule, file), count in (seen - told).items():
        last = next((each for each in reversed(kept) if each.rule == rule and _file(each) == file), kept[-1])
        more = f"{count:,} more findings of {rule}" + (f" in {file}" if file else "")
        kept.append(Finding(rule, more, last.severity, last.location, "fix the first ones, then check again"))
    return kept


def _file(finding: Finding) -> str:
    return finding.location.file if finding.location else ""
