"""Flows of the shipped spec, edited so that they send, keep or answer something else than they say."""

import pytest

from tests.rules.edited import edited
from validators.rules.flows import _holds

FILE = "parity.yaml"


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ('Authorization: "Bearer ${token}", Content', 'Authorization: "Bearer ${Token}", Content', "PLB725"),
        ("body: ${document}", "body: ${document", "PLB725"),
        ("keep: {forged: /document}", "keep: {forged: /document, more: /foo}", "PLB727"),
        ("keep: {other_sum: status}", "keep: {other_sm: status}", "PLB727"),
        ("flows:\n", "flows:\n  dead: {title: Dead, steps: [{request: GET /x}]}\n", "PLB727"),
        ("secrets: [tenant_api_key]", "secrets: [tenant_api_key, redis_password]", "PLB727"),
        ("texts: {mime: text/html,", "texts: {mime: text/html, spare: unsent,", "PLB727"),
        ('offline: "202, 422 and 415"}', 'offline: "202 422 and 415"}', "PLB728"),
        ("answer: ${text}\n", "answer: text ${text}\n", "PLB728"),
    ],
)
def test_a_flow_that_does_not_do_what_it_says_is_found_where_it_stands(old: str, new: str, rule: str) -> None:
    found = edited(FILE, old, new)
    assert rule in [each for each, _, line in found.found if abs(line - found.line) <= 4], found


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("body: ${document}", "body: '$document {x} ${document}'"),
        ('answers: {online: "202, 422 and 415", off', 'answers: {online: "202, 422 and 415", off'),
        ("keep: {other_sum: status}", 'keep: {other_sum: status, sure: /ok}\n              expect: {sure: "true"}'),
    ],
)
def test_a_flow_that_sends_and_compares_more_is_legal(old: str, new: str) -> None:
    assert edited(FILE, old, new).found == []


@pytest.mark.parametrize(
    ("answer", "words", "holds"),
    [
        ("202", ["202"], True),
        ("2023", ["202"], False),
        ("a, b vectors", ["", ", ", " vectors"], True),
        ("a b vectors", ["", ", ", " vectors"], False),
        ("a, vectors", ["", ", ", " vectors"], False),
        ("aa", ["a", "a"], True),
        ("a", ["a", "a"], False),
        ("xay", ["x", "b", "y"], False),
        ("a" * 20_000, ["a"] * 300 + ["b"], False),
    ],
)
def test_an_answer_holds_the_words_of_its_flow_in_order(answer: str, words: list[str], holds: bool) -> None:
    assert _holds(answer, words) is holds
