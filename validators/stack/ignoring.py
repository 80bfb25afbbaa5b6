"""Differences that the spec accepts for a time, and entries that accept nothing. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from plumbline.report.fact import Check
from plumbline.spec.finding import Finding
from plumbline.spec.paths import path_of
from plumbline.spec.spec import Spec
from schema.platform import IgnoredFact
from validators.stack.rules import STACK_RULES

UNUSED = STACK_RULES["PLB953"]


@dataclass(frozen=True)
class Sorted:
    """The checks that did not match, sorted by whether the spec accepts that."""

    counted: list[Check]
    ignored: list[tuple[Check, str]]
    """With the reason."""
    unused: list[Finding]


def apply_ignores(spec: Spec, mode: str, checks: Sequence[Check], today: date) -> Sorted:
    """What counts, what is ignored and why, and a finding for each current entry of the mode that ignores nothing."""
    entries = [
        (index, entry)
        for index, entry in enumerate(spec.waivers.ignored)
        if entry.mode == mode and entry.expires >= today.isoformat()
    ]
    counted: list[Check] = []
    ignored: list[tuple[Check, str]] = []
    used: set[int] = set()
    for check in checks:
        if check.outcome == "matches":
            continue
        index, entry = next(((at, each) for at, each in entries if _accepts(each, check)), (-1, None))
        if entry is None:
            counted.append(check)
        else:
            used.add(index)
            ignored.append((check, entry.reason))
    return Sorted(counted, ignored, [_unused(spec, at, each) for at, each in entries if at not in used])


def _accepts(entry: IgnoredFact, check: Check) -> bool:
    known = entry.fact in (check.attribute, check.attribute.partition(".")[0])
    return entry.subject == check.subject and known


def _unused(spec: Spec, index: int, entry: IgnoredFact) -> Finding:
    path = path_of("waivers", "ignored", index)
    return Finding(
        UNUSED.id,
        f"{entry.subject}: {entry.fact} does not differ in mode {entry.mode}",
        location=spec.at(path),
        hint=UNUSED.fix,
        subject=path,
    )
