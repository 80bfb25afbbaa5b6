"""One comparison: its four outcomes, and what is said of each."""

import pytest

from plumbline.report.fact import Check, Fact, compare


@pytest.mark.parametrize(
    ("check", "outcome", "difference"),
    [
        (Check("s", "a", "1", "1"), "matches", ""),
        (Check("s", "a", "1", "2"), "differs", "a is 2, but the spec says 1"),
        (Check("s", "a", None, "2"), "differs", "a is 2, but the spec has none"),
        (Check("s", "a", "1", None), "differs", "a should be 1, but there is none"),
        (Check("s", "a", "1", "1", deployed=False), "not deployed", "not deployed"),
        (Check("s", "a", "1", "1", readable=False), "unreadable", "a can't be read"),
        (Check("s", "a", "1", "1", deployed=False, readable=False), "not deployed", "not deployed"),
    ],
)
def test_an_outcome_in_words(check: Check, outcome: str, difference: str) -> None:
    assert (check.outcome, check.difference) == (outcome, difference)


def test_every_fact_of_either_side_is_compared_once() -> None:
    checks = compare([Fact("b", "x", "1"), Fact("a", "y", "2")], [Fact("a", "y", "3"), Fact("a", "x", "4")])
    assert checks == [Check("a", "x", None, "4"), Check("a", "y", "2", "3"), Check("b", "x", "1", None)]


def test_a_check_says_nothing_of_a_node_or_a_time_by_itself() -> None:
    assert (Check("s", "a", "1", "1").where, Check("s", "a", "1", "1").seconds) == ("", None)
