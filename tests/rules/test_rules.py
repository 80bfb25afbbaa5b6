"""Every rule's examples are its tests, and the starter spec is clean."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, get_args, get_origin

import pytest

from plumbline.spec.finding import EnvironmentMissing
from plumbline.spec.spec import Spec
from schema.types import Model
from tests.rules.two_modes import mode, service, two_modes
from validators import all_rules
from validators.rules import FAMILIES, RULES, check_rules
from validators.rules.examples import example_spec
from validators.rules.registry import Violation


@pytest.mark.parametrize("rule", RULES)
def test_the_failing_example_fails(rule: str) -> None:
    assert list(RULES[rule].findings(example_spec(RULES[rule].failing), date.today()))


@pytest.mark.parametrize("rule", RULES)
def test_the_passing_example_passes(rule: str) -> None:
    assert list(RULES[rule].findings(example_spec(RULES[rule].passing), date.today())) == []


@pytest.mark.parametrize("rule", RULES)
def test_a_finding_says_where_and_how_to_mend_it(rule: str) -> None:
    for finding in RULES[rule].findings(example_spec(RULES[rule].failing), date.today()):
        assert finding.location is not None
        assert finding.location.file
        assert finding.hint


@pytest.mark.parametrize("rule", RULES)
def test_a_finding_is_about_a_path_that_the_spec_can_have(rule: str) -> None:
    for finding in RULES[rule].findings(example_spec(RULES[rule].failing), date.today()):
        section, *parts = finding.subject.parts  # type: ignore[attr-defined]
        if section != "templates":
            assert leads(Spec.__annotations__[section], tuple(parts)), finding.subject


def leads(annotation: Any, parts: tuple[str | int, ...]) -> bool:
    """Whether fields, keys and items of a type lead along a path; a section that is one map may be left out of it."""
    if not parts:
        return True
    if isinstance(annotation, type) and issubclass(annotation, Model):
        field = annotation.model_fields.get(str(parts[0]))
        if field:
            return leads(field.annotation, parts[1:])
        return any(
            get_origin(each.annotation) is dict and leads(each.annotation, parts)
            for each in annotation.model_fields.values()
        )
    if get_origin(annotation) is tuple:
        return isinstance(parts[0], int) and leads(get_args(annotation)[0], parts[1:])
    if get_origin(annotation) in (dict, Mapping):
        return leads(get_args(annotation)[1], parts[1:])
    return any(leads(each, parts) for each in get_args(annotation) if each is not type(None))


def test_the_starter_has_no_finding() -> None:
    assert check_rules(example_spec(""), date.today()) == []


def test_there_are_rules_of_every_family() -> None:
    assert len(RULES) >= 30
    for family in FAMILIES:
        assert any(rule.check.__module__ == family.__name__ for rule in RULES.values()), family


@pytest.mark.parametrize(("day", "rules"), [(date(2025, 6, 1), []), (date(2025, 7, 1), ["PLB304", "PLB901"])])
def test_the_day_that_is_handed_in_decides_and_no_clock(day: date, rules: list[str]) -> None:
    waiver = "{rule: PLB304, subject: images.postgres, reason: none chosen, expires: '2025-06-30'}"
    spec = example_spec(
        f"waivers.yaml: {{waivers: [{waiver}]}}\n"
        "images.yaml: {images: {postgres: {lifecycle: {state: end-of-life}}}}"
    )
    found = {each.rule for each in check_rules(spec, day)}
    assert sorted(found & {"PLB304", "PLB901"}) == rules


TYPO = "services/web.yaml: {needs: {db: sqll}}"


def _failing(spec: Spec) -> Iterator[Violation]:
    raise KeyError("sqll")
    yield


def test_a_rule_that_cannot_judge_a_wrong_spec_hides_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(RULES, "PLB520", replace(RULES["PLB520"], check=_failing))
    found = check_rules(example_spec(TYPO), date.today())
    assert [each.rule for each in found] == ["PLB102", "PLB009"]
    assert "PLB520" in found[-1].message


def test_a_rule_that_cannot_judge_a_sound_spec_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(RULES, "PLB520", replace(RULES["PLB520"], check=_failing))
    with pytest.raises(KeyError):
        check_rules(example_spec(""), date.today())


def test_a_waived_error_excuses_no_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(RULES, "PLB520", replace(RULES["PLB520"], check=_failing))
    with pytest.raises(KeyError):
        check_rules(example_spec(BOTH_WAIVED), date(2026, 12, 1))


def test_a_missing_program_is_never_taken_for_a_wrong_spec(monkeypatch: pytest.MonkeyPatch) -> None:
    def without_its_program(spec: Spec) -> Iterator[Violation]:
        raise EnvironmentMissing("there is no shfmt", "install it")
        yield

    monkeypatch.setitem(RULES, "PLB520", replace(RULES["PLB520"], check=without_its_program))
    with pytest.raises(EnvironmentMissing):
        check_rules(example_spec(TYPO), date.today())


def test_what_is_wrong_in_every_mode_is_found_once() -> None:
    db = service(ports={"sql": 5432})
    typo = service(ports={"http": 80}, needs={"db": "sqll"})
    both = {"services/web.yaml": typo, "services/db.yaml": db}
    spec = two_modes(both | {f"topology/{name}.yaml": mode(["web", "db"]) for name in ("left", "right")})
    assert len([each for each in check_rules(spec, date.today()) if each.rule == "PLB102"]) == 1


WAIVED = """
images.yaml: {images: {postgres: {lifecycle: {state: end-of-life}}}}
waivers.yaml: {waivers: [{rule: PLB304, subject: images.postgres, reason: r, expires: "2027-01-31"}]}
"""
BOTH_WAIVED = """
images.yaml: {images: {postgres: {lifecycle: {state: end-of-life}}}}
waivers.yaml:
  waivers:
    - {rule: PLB304, subject: images.postgres, reason: r, expires: "2027-01-31"}
    - {rule: PLB305, subject: images.postgres, reason: r, expires: "2027-01-31"}
"""


def test_a_waiver_counts_until_its_last_day() -> None:
    spec = example_spec(WAIVED)
    assert "PLB304" not in {found.rule for found in check_rules(spec, date(2027, 1, 31))}
    assert "PLB304" in {found.rule for found in check_rules(spec, date(2027, 2, 1))}


def test_no_two_rules_share_an_id() -> None:
    ids = [id for family in all_rules.FAMILIES.values() for id in family]
    assert len(ids) == len(set(ids)) == len(all_rules.ALL_RULES)


@pytest.mark.parametrize("id", all_rules.ALL_RULES)
def test_explain_names_the_file_that_a_rule_stands_in(id: str) -> None:
    file = Path(__file__).parents[2] / all_rules.source_of(id)
    assert f'"{id}"' in file.read_text("utf-8")


def test_what_is_wrong_in_several_modes_is_one_finding_that_names_them() -> None:
    circle = {
        "services/web.yaml": service(ports={"http": 80}, needs={"db": "sql"}),
        "services/db.yaml": service(ports={"sql": 5432}, needs={"web": "http"}),
        "topology/left.yaml": mode(["web", "db"]),
        "topology/right.yaml": mode(["web", "db"]),
    }
    (found,) = [each for each in check_rules(two_modes(circle), date.today()) if each.rule == "PLB104"]
    assert found.message == "wait for each other in every mode: db, web"
