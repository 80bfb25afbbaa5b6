"""Every rule's examples are its tests, and the starter spec is clean."""

from datetime import date

import pytest

from validators import catalogue
from validators.rules import FAMILIES, RULES, check_rules
from validators.rules.examples import example_spec


@pytest.mark.parametrize("rule", RULES)
def test_the_failing_example_fails(rule: str) -> None:
    assert list(RULES[rule].findings(example_spec(RULES[rule].failing)))


@pytest.mark.parametrize("rule", RULES)
def test_the_passing_example_passes(rule: str) -> None:
    assert list(RULES[rule].findings(example_spec(RULES[rule].passing))) == []


@pytest.mark.parametrize("rule", RULES)
def test_a_finding_says_where_and_how_to_mend_it(rule: str) -> None:
    for finding in RULES[rule].findings(example_spec(RULES[rule].failing)):
        assert finding.location is not None
        assert finding.location.file
        assert finding.hint


def test_the_starter_has_no_finding() -> None:
    assert check_rules(example_spec(""), date.today()) == []


def test_there_are_rules_of_every_family() -> None:
    assert len(RULES) >= 30
    for family in FAMILIES:
        assert any(rule.check.__module__ == family.__name__ for rule in RULES.values()), family


WAIVED = """
images.yaml: {images: {postgres: {lifecycle: {state: end-of-life}}}}
waivers.yaml: {waivers: [{rule: PLB304, subject: images.postgres, reason: r, expires: "2027-01-31"}]}
"""


def test_a_waiver_counts_until_its_last_day() -> None:
    spec = example_spec(WAIVED)
    assert "PLB304" not in {found.rule for found in check_rules(spec, date(2027, 1, 31))}
    assert "PLB304" in {found.rule for found in check_rules(spec, date(2027, 2, 1))}


def test_no_two_rules_share_an_id() -> None:
    ids = [id for family in catalogue.FAMILIES for id in family]
    assert len(ids) == len(set(ids)) == len(catalogue.CATALOGUE)
