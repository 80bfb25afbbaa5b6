"""Findings for machines: JSON, SARIF 2.1.0, GitHub annotations, JUnit XML."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from hashlib import sha256
from importlib.metadata import version
from types import MappingProxyType
from typing import Any
from xml.etree import ElementTree

from plumbline.finding import Finding, Severity
from plumbline.location import Location
from plumbline.reporters.described import Rules

_SARIF_LEVEL = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}
_GITHUB_LEVEL = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def as_json(findings: Sequence[Finding], sources: Mapping[str, str], colour: bool) -> str:
    """`{"findings": […]}`, one object per finding with the fields of `Finding`."""
    return json.dumps({"findings": [asdict(finding) for finding in findings]}, indent=2, ensure_ascii=False) + "\n"


def as_sarif(
    findings: Sequence[Finding], sources: Mapping[str, str], colour: bool, rules: Rules = MappingProxyType({})
) -> str:
    """A SARIF 2.1.0 log with one run, and of `rules` those that found something."""
    ids = sorted({finding.rule for finding in findings})
    run = {
        "tool": {
            "driver": {
                "name": "plumb",
                "semanticVersion": version("plumbline"),
                "rules": [_described(id, rules) for id in ids],
            }
        },
        "columnKind": "unicodeCodePoints",
        "results": [_sarif_result(finding, ids.index(finding.rule)) for finding in findings],
    }
    log = {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=2, ensure_ascii=False) + "\n"


def _described(id: str, rules: Rules) -> dict[str, Any]:
    """A rule as SARIF describes it: `name` is one word, help comes as text and as Markdown."""
    rule = rules.get(id)
    if rule is None:
        return {"id": id}
    why, fix = rule.why.strip(), rule.fix.strip()
    words = re.findall(r"[A-Za-z0-9]+", rule.title)
    return {
        "id": id,
        "name": "".join(word[:1].upper() + word[1:] for word in words),
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": why},
        "help": {
            "text": f"{why}\n\n{fix}\n\nplumb explain {id}",
            "markdown": f"{why}\n\n**How to mend it:** {fix}\n\n`plumb explain {id}` shows examples.",
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
    """A JUnit XML document: a test case for each finding, and one that passes for each of `rules` that found nothing."""
    found = {rule for each in findings for rule in (each.rule, *(follows.rule for follows in each.related))}
    passed = [rule for id, rule in sorted(rules.items()) if id not in found]
    amount = len(findings) + max(len(passed), not findings)
    suite = ElementTree.Element("testsuite", name="plumb", tests=str(amount), failures=str(len(findings)), errors="0")
    for finding in findings:
        case = ElementTree.SubElement(
            suite, "testcase", classname=finding.rule, name=xml_safe(finding.subject or finding.message)
        )
        if finding.location and finding.location.file:
            case.set("file", xml_safe(finding.location.file))
            case.set("line", str(finding.location.line))
        failure = ElementTree.SubElement(case, "failure", message=xml_safe(finding.message), type=finding.severity)
        failure.text = xml_safe(
            "\n".join(
                filter(None, (str(finding.location or ""), finding.hint, *finding.evidence, *map(str, finding.related)))
            )
        )
    for rule in passed:
        ElementTree.SubElement(suite, "testcase", classname=rule.id, name=xml_safe(rule.title))
    if not findings and not passed:
        ElementTree.SubElement(suite, "testcase", classname="plumb", name="no finding")
    return ElementTree.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def xml_safe(text: str) -> str:
    """Text without the characters that XML 1.0 cannot hold."""
    return "".join(
        char
        for char in text
        if char in "\t\n\r" or " " <= char <= "\ud7ff" or "\ue000" <= char <= "\ufffd" or char >= "\U00010000"
    )
