"""What rules make of published vulnerabilities of pinned tags, case by case."""

from datetime import date, timedelta

import pytest

from validators.rules import check_rules
from validators.rules.examples import example_spec

TODAY = date(2026, 11, 26)
TRAEFIK = '  traefik: {security: {checked: "2026-11-26"}}\n'


def looked(known: str, day: date = TODAY, tag: str = "16.9-alpine", waivers: str = "", others: str = TRAEFIK) -> str:
    """The starter with a look-up for its database."""
    security = f'security: {{checked: "{day}", known: {known}}}'
    return f'images.yaml:\n images:\n  postgres: {{tag: "{tag}", {security}}}\n{others}{waivers}'


def hole(fixed_in: str, id: str = "CVE-2025-8714") -> str:
    return f"{{{id}: {{fixed_in: {fixed_in}, note: a restored dump runs code}}}}"


def rules(example: str, today: date = TODAY) -> list[str]:
    return [each.rule for each in check_rules(example_spec(example), today)]


@pytest.mark.parametrize(
    ("tag", "known", "found"),
    [
        ("16.9-alpine", "{}", []),
        ("16.9-alpine", hole("16.10-alpine"), ["PLB320"]),
        ("16.9-alpine", hole("16.10-alpine3.22", "GHSA-4m5x-8c2v-9gqr"), ["PLB320"]),
        ("16.9-alpine", hole("null"), []),
        ("16.10-alpine", hole("16.10-alpine"), ["PLB323"]),
        ("16.14-alpine", hole("16.10-alpine"), ["PLB323"]),
        ("16.10", hole("16.10-alpine"), ["PLB323"]),
        ("RELEASE.2025-09-07T16-13-09Z", hole("RELEASE.2025-10-15T17-29-55Z"), ["PLB320"]),
        ("RELEASE.2025-10-15T17-29-55Z", hole("RELEASE.2025-09-07T16-13-09Z"), ["PLB323"]),
    ],
)
def test_a_fix_counts_where_the_pinned_tag_is_older(tag: str, known: str, found: list[str]) -> None:
    assert rules(looked(known, tag=tag)) == found


@pytest.mark.parametrize(("days", "found"), [(0, []), (90, []), (91, ["PLB321"])])
def test_a_look_up_counts_for_90_days(days: int, found: list[str]) -> None:
    assert rules(looked("{}"), TODAY + timedelta(days)) == found * 2  # of both images


def test_a_look_up_in_the_future_is_found() -> None:
    assert rules(looked("{}", TODAY + timedelta(2))) == ["PLB546"]


def test_one_look_up_asks_for_those_of_other_images_that_run() -> None:
    assert rules("") == []
    assert rules(looked("{}", others="")) == ["PLB322"]


def test_a_vulnerability_of_an_image_that_nothing_runs_is_no_error() -> None:
    idle = (
        "  idle: {repository: docker.io/library/idle, tag: 1.0.0, licence: MIT, lifecycle: {state: supported}, http_client: none,\n"
        f"    digest: sha256:{'0f' * 32}, security: {{checked: '2026-11-26', known: {hole('1.0.1')}}}}}\n"
    )
    assert rules(looked("{}", others=TRAEFIK + idle)) == ["PLB306"]


@pytest.mark.parametrize(
    "subject",
    ["images.postgres", "images.postgres.security", "images.postgres.security.known.CVE-2025-8714"],
)
def test_a_waiver_accepts_it_for_a_time(subject: str) -> None:
    waiver = f"{{rule: PLB320, subject: {subject}, reason: no other tag yet, expires: '2026-12-31'}}"
    example = looked(hole("16.10-alpine"), waivers=f"waivers.yaml: {{waivers: [{waiver}]}}\n")
    assert rules(example) == []
    assert set(rules(example, date(2027, 1, 1))) == {"PLB320", "PLB901"}
    assert rules(looked("{}", waivers=f"waivers.yaml: {{waivers: [{waiver}]}}\n")) == ["PLB902"]
