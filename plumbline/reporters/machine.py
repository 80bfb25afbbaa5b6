"""Findings for machines: JSON, SARIF 2.1.0, GitHub annotations, JUnit XML."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any
from xml.etree import ElementTree

from plumbline.finding import Finding, Severity
from plumbline.location import Location

_SARIF_LEVEL = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}
_GITHUB_LEVEL = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def as_json(findings: Sequence[Finding], sources: Mapping[str, str], colour: bool) -> str:
    """`{"findings": […]}`, one object per finding with the fields of `Finding`."""
    return json.dumps({"findings": [asdict(finding) for finding in findings]}, indent=2, ensure_ascii=False) + "\n"


def as_sarif(findings: Sequence[Finding], sources: Mapping[str, str], colour: bool) -> str:
    """A SARIF 2.1.0 log with one run."""
    rules = [{"id": rule} for rule in sorted({finding.rule for finding in findings})]
    run = {
        "tool": {"driver": {"name": "plumb", "rules": rules}},
        "columnKind": "unicodeCodePoints",
        "results": [_sarif_result(finding) for finding in findings],
    }
    log = {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=2, ensure_ascii=False) + "\n"


def _sarif_result(finding: Finding) -> dict[str, Any]:
    text = finding.message + (f". {finding.hint}" if finding.hint else "")
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "level": _SARIF_LEVEL[finding.severity],
        "message": {"text": text},
    }
    if finding.location and finding.location.file:
        result["locations"] = [{"physicalLocation": _sarif_place(finding.location)}]
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
    text = finding.message + (f"\n{finding.hint}" if finding.hint else "")
    return f"::{_GITHUB_LEVEL[finding.severity]} {listed}::{_escaped(text)}\n"


def _escaped(text: str, *, property: bool = False) -> str:
    escaped = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return escaped.replace(":", "%3A").replace(",", "%2C") if property else escaped


def as_junit(findings: Sequence[Finding], sources: Mapping[str, str], colour: bool) -> str:
    """A JUnit XML document; one test case per finding, or one that passes."""
    suite = ElementTree.Element(
        "testsuite", name="plumb", tests=str(max(1, len(findings))), failures=str(len(findings))
    )
    for finding in findings:
        case = ElementTree.SubElement(
            suite, "testcase", classname=finding.rule, name=finding.subject or finding.message
        )
        failure = ElementTree.SubElement(case, "failure", message=xml_safe(finding.message), type=finding.severity)
        failure.text = xml_safe("\n".join(filter(None, (str(finding.location or ""), finding.hint, *finding.evidence))))
    if not findings:
        ElementTree.SubElement(suite, "testcase", classname="plumb", name="no finding")
    return ElementTree.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def xml_safe(text: str) -> str:
    """Text without the characters that XML 1.0 cannot hold."""
    return "".join(
        char
        for char in text
        if char in "\t\n\r" or " " <= char <= "\ud7ff" or "\ue000" <= char <= "\ufffd" or char >= "\U00010000"
    )
