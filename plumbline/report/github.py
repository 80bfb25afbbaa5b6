"""Findings as annotations of a pull request on GitHub."""

from collections.abc import Mapping, Sequence

from plumbline.spec.finding import Finding, Severity

_GITHUB_LEVEL = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


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
