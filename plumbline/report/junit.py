"""JUnit XML as Jenkins and GitLab read it: `testsuites`, a suite for each kind of check, a case for each check. Pure.

No more attributes than the schema of Jenkins' xUnit plugin (junit-10.xsd) has, which refuses any other: a place stands in the
text of its failure.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal
from xml.etree import ElementTree


@dataclass(frozen=True, slots=True)
class JunitCase:
    """One check, and how it ended."""

    kind: str
    """The suite that it belongs to."""
    classname: str
    name: str
    ended: Literal["passed", "failure", "skipped"] = "passed"
    message: str = ""
    type: str = ""
    text: str = ""
    seconds: float | None = None
    """None where it took no time of its own."""


@dataclass(frozen=True, slots=True)
class SuiteTotals:
    """What is said of all cases together."""

    name: str
    began: str | None = None
    seconds: float | None = None
    facts: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


def document(run: SuiteTotals, cases: Iterable[JunitCase]) -> str:
    """The document, suites in the order of their first case."""
    suites: dict[str, list[JunitCase]] = {}
    for case in cases:
        suites.setdefault(case.kind, []).append(case)
    every = [case for suite in suites.values() for case in suite]
    root = ElementTree.Element("testsuites", {"name": run.name, **_counts(every)})
    if (seconds := run.seconds if run.seconds is not None else _seconds(every)) is not None:
        root.set("time", f"{seconds:.2f}")
    for kind, own in suites.items():
        root.append(_suite(run, kind, own))
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _suite(run: SuiteTotals, kind: str, cases: list[JunitCase]) -> ElementTree.Element:
    skipped = sum(case.ended == "skipped" for case in cases)
    suite = ElementTree.Element("testsuite", {"name": xml_safe(kind), **_counts(cases), "skipped": str(skipped)})
    if (seconds := _seconds(cases)) is not None:
        suite.set("time", f"{seconds:.2f}")
    if run.began:
        suite.set("timestamp", run.began)
    if run.facts:
        properties = ElementTree.SubElement(suite, "properties")
        for key, value in run.facts.items():
            ElementTree.SubElement(properties, "property", name=xml_safe(key), value=xml_safe(value))
    for case in cases:
        element = ElementTree.SubElement(
            suite, "testcase", classname=xml_safe(case.classname), name=xml_safe(case.name)
        )
        if case.seconds is not None:
            element.set("time", f"{case.seconds:.2f}")
        if case.ended != "passed":
            ended = ElementTree.SubElement(element, case.ended, message=xml_safe(case.message))
            ended.text = xml_safe(case.text)
            if case.type:
                ended.set("type", case.type)
    return suite


def _counts(cases: list[JunitCase]) -> dict[str, str]:
    failures = sum(case.ended == "failure" for case in cases)
    return {"tests": str(len(cases)), "failures": str(failures), "errors": "0"}


def _seconds(cases: list[JunitCase]) -> float | None:
    known = [case.seconds for case in cases if case.seconds is not None]
    return sum(known) if known else None


def xml_safe(text: str) -> str:
    """Text without the characters that XML 1.0 cannot hold."""
    return "".join(
        char
        for char in text
        if char in "\t\n\r" or " " <= char <= "\ud7ff" or "\ue000" <= char <= "\ufffd" or char >= "\U00010000"
    )
