"""Findings as SARIF 2.1.0, with what each rule says of itself and the page where it stands."""

import json
import re
from collections.abc import Mapping, Sequence
from hashlib import sha256
from importlib.metadata import version
from types import MappingProxyType
from typing import Any

from plumbline.effective.published import PageAddress
from plumbline.report.explained import Rules
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
