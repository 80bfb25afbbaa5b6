"""Whatever a name or a value holds, and however much is wrong: a report shows it, in every format, and stays one that is read."""

import json
from xml.etree import ElementTree

import pytest

from plumbline.report import REPORTERS
from plumbline.spec.finding import Finding, Related
from plumbline.spec.foreign import MOST, MOST_OF_A_KIND, presentable
from plumbline.spec.location import Location

FOREIGN = "a\x1b[31mb\x07c\u202ed\u2028e\x00f\x9bg\udcffh\r\ni\u200bj"


def _report(format: str, findings: list[Finding], sources: dict[str, str]) -> str:
    return REPORTERS[format](*presentable(findings, sources), False)


@pytest.mark.parametrize("format", REPORTERS)
def test_no_format_writes_what_moves_a_cursor_or_turns_a_line(format: str) -> None:
    place = Location(f"{FOREIGN}.yaml", 1, 3, 1, 5)
    finding = Finding(
        "PLB001",
        FOREIGN,
        location=place,
        hint=FOREIGN,
        subject=FOREIGN,
        evidence=(FOREIGN,),
        related=(Related(FOREIGN, place),),
    )
    text = _report(format, [finding], {place.file: f"{FOREIGN}\n"})
    assert [char for char in text if not char.isprintable() and char != "\n"] == []
    text.encode()
    assert "\\x1b[31m" in text.replace("\\\\", "\\").replace("%5C", "\\")
    if format in ("json", "sarif"):
        json.loads(text)
    if format == "junit":
        ElementTree.fromstring(text.encode())


@pytest.mark.parametrize("format", REPORTERS)
def test_a_report_stays_short_and_says_how_much_is_left_out(format: str) -> None:
    findings = [
        Finding("PLB101", "m" * 5_000, location=Location(f"{number % 7}.yaml", 1), hint="h" * 5_000)
        for number in range(20_000)
    ]
    text = _report(format, findings, {f"{number}.yaml": "x" * 1_000_000 for number in range(7)})
    assert len(text) < 2_000_000
    assert "more findings of PLB101" in text


@pytest.mark.parametrize("format", REPORTERS)
def test_every_format_names_the_other_places_of_a_finding(format: str) -> None:
    related = tuple(Related(f"needs it {number}", Location("b.yaml", number), "PLB102") for number in range(1, 100))
    text = _report(format, [Finding("PLB101", "m", location=Location("a.yaml"), related=related)], {})
    assert "needs it 7" in text
    assert "b.yaml:7:" in text or '"startLine": 7' in text or '"line": 7' in text
    assert "needs it 70" not in text
    assert "more places" in text or "names them" in text or format == "sarif"


def test_few_findings_are_all_told() -> None:
    findings = [Finding("PLB101", "m", location=Location(f"{number}.yaml")) for number in range(MOST)]
    assert presentable(findings, {})[0] == findings
    assert len(presentable([findings[0]] * MOST_OF_A_KIND, {})[0]) == MOST_OF_A_KIND
