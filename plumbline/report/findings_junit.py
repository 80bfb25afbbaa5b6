"""Findings as JUnit XML: a suite for each kind of rule."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from plumbline.report.explained import Rules
from plumbline.report.junit import JunitCase, SuiteTotals, document
from plumbline.spec.finding import Finding


def as_junit(
    findings: Sequence[Finding], sources: Mapping[str, str], colour: bool, rules: Rules = MappingProxyType({})
) -> str:
    """A JUnit XML document: a case for each finding, and one that passes for each of `rules` that found nothing."""
    found = {rule for each in findings for rule in (each.rule, *(follows.rule for follows in each.related))}
    cases = [_failed(finding) for finding in findings]
    cases += [JunitCase(_kind(id), id, rule.title) for id, rule in sorted(rules.items()) if id not in found]
    cases = cases or [JunitCase("plumb", "plumb", "no finding")]
    return document(SuiteTotals("plumb"), sorted(cases, key=lambda case: case.classname))


def _failed(finding: Finding) -> JunitCase:
    place = str(finding.location or "")
    lines = (place, finding.hint, *finding.evidence, *map(str, finding.related))
    return JunitCase(
        _kind(finding.rule),
        finding.rule,
        finding.subject or finding.message,
        "failure",
        finding.message,
        finding.severity,
        "\n".join(filter(None, lines)),
    )


_KINDS = {
    "PLB0": "files",
    "PLB1": "references",
    "PLB2": "network",
    "PLB3": "images and models",
    "PLB4": "services and placement",
    "PLB5": "cloud and update",
    "PLB6": "secrets",
    "PLB7": "parity",
    "PLB8": "runbooks",
    "PLB90": "waivers and stand-ins",
    "PLB91": "running stack",
    "PLB92": "artifacts",
    "PLB93": "modes side by side",
    "PLB94": "faults",
    "PLB95": "running stack",
    "PLB96": "bundles",
    "PLB97": "cloud project",
    "PLB98": "cloud project",
    "PLB99": "registry",
}
"""What rules are about, by how their ids begin."""


def _kind(rule: str) -> str:
    return next((kind for begin, kind in _KINDS.items() if rule.startswith(begin)), "others")
