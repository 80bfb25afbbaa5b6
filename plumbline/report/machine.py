"""Findings for machines: JSON, SARIF 2.1.0, GitHub annotations, JUnit XML."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from hashlib import sha256
from importlib.metadata import version
from types import MappingProxyType
from typing import Any

from plumbline.effective.published import PageAddress
from plumbline.report.explained import Rules
from plumbline.report.junit import JunitCase, SuiteTotals, document
from plumbline.spec.finding import Finding, Severity
from plumbline.spec.location import Location

RULE_PAGES = "architect/rules"
"""Where the pages of rules stand below docs/."""


def rule_page(id: str) -> str:
    """The page that a rule stands on, e.g. `architect/rules/PLB1xx`."""
    return f"{RULE_PAGES}/{id[:4]}xx"


def rule_anchor(id: str) -> str:
    """Its place there."""
    return id.lower()


_SARIF_LEVEL = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}
_GITHUB_LEVEL = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def as_json(findings: Sequence[Finding], sources: Mapping[str, str], colour: bool) -> str:
    """`{"findings": […]}`, one object per finding with the fields of `Finding`."""
    return json.dumps({"findings": [asdict(finding) for finding in findings]}, indent=2, ensure_ascii=False) + "\n"


def as_sarif(
    findings: Sequence[Finding],
    sources: Mapping[str, str],
    colour: bool,
    rules: Rules = MappingProxyType({}),
    page_of: PageAddress = lambda page: None,
) -> str:
    """A SARIF 2.1.0 log with one run, and of `rules` those that found something, with their pages where those are published."""
    ids = sorted({finding.rule for finding in findings})
    run = {
        "tool": {
            "driver": {
                "name": "plumb",
                "semanticVersion": version("plumbline"),
                "rules": [_described(id, rules, page_of) for id in ids],
            }
        },
        "columnKind": "unicodeCodePoints",
        "results": [_sarif_result(finding, ids.index(finding.rule)) for finding in findings],
    }
    log = {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=2, ensure_ascii=False) + "\n"


def _described(id: str, rules: Rules, page_of: PageAddress) -> dict[str, Any]:
    """A rule as SARIF describes it: `name` is one word, help comes as text and as Markdown."""
    rule = rules.get(id)
    if rule is None:
        return {"id": id}
    why, fix = rule.why.strip(), rule.fix.strip()
    words = re.findall(r"[A-Za-z0-9]+", rule.title)
    page = page_of(rule_page(id))
    return {
        "id": id,
        **({"helpUri": f"{page}#{rule_anchor(id)}"} if page else {}),
        "name": "".join(word[:1].upper() + word[1:] for word in words),
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": why},
        "help": {
            "text": f"{why}\n\n{fix}\n\nplumb explain {id}",
            "markdown": f"{why}\n\n**How to fix it:** {fix}\n\n`plumb explain {id}` shows examples.",
        },
        "defaultConfiguration": {"level": _SARIF_LEVEL[Severity(rule.severity)]},
    }


def _sarif_result(finding: Finding, index: int) -> dict[str, Any]:
    text = finding.message + (f". {finding.hint}" if finding.hint else "")
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": index,
        "level": _SARIF_LEVEL[finding.severity],
        "message": {"text": text},
    }
    if finding.subject:
        # the place in the spec stays the same where lines move
        digest = sha256(f"{finding.rule}\0{finding.subject}\0{finding.message}".encode()).hexdigest()
        result["partialFingerprints"] = {"subject/v1": digest[:32]}
    if finding.location and finding.location.file:
        result["locations"] = [{"physicalLocation": _sarif_place(finding.location)}]
    related = [each for each in finding.related if each.location and each.location.file]
    if related:
        result["relatedLocations"] = [
            {
                "id": number,
                "physicalLocation": _sarif_place(each.location),
                "message": {"text": f"{each.rule} {each.message}".strip()},
            }
            for number, each in enumerate(related, 1)
            if each.location
        ]
    return result


def _sarif_place(location: Location) -> dict[str, Any]:
    region = {
        "startLine": location.line,
        "startColumn": location.column,
        "endLine": location.end_line,
        "endColumn": location.end_column,
    }
    return {"artifactLocation": {"uri": location.file}, "region": region}


def as_github(findings: Sequence[Finding], sources: Mapping[str, str], colour: bool) -> str:
    """Workflow commands that annotate a pull request."""
    return "".join(_annotation(finding) for finding in findings)


def _annotation(finding: Finding) -> str:
    properties = {"title": finding.rule}
    if finding.location:
        properties |= {
            "file": finding.location.file,
            "line": str(finding.location.line),
            "col": str(finding.location.column),
        }
    listed = ",".join(f"{key}={_escaped(value, property=True)}" for key, value in sorted(properties.items()))
    text = "\n".join(filter(None, (finding.message, *map(str, finding.related), finding.hint)))
    return f"::{_GITHUB_LEVEL[finding.severity]} {listed}::{_escaped(text)}\n"


def _escaped(text: str, *, property: bool = False) -> str:
    escaped = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return escaped.replace(":", "%3A").replace(",", "%2C") if property else escaped


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
