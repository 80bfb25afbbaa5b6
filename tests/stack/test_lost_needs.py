"""The plan by which needs are paused: every pair once, and never two needs of a service that is looked at."""

from hypothesis import given
from hypothesis import strategies as st

from validators.stack.behaviour.lost_needs import rounds

NAMES = [f"s{number}" for number in range(8)]


@st.composite
def acyclic_needs(draw: st.DrawFn) -> dict[str, list[str]]:
    """Needs that lead from later names to earlier ones alone."""
    return {name: sorted(draw(st.sets(st.sampled_from(NAMES[:at])))) if at else [] for at, name in enumerate(NAMES)}


@given(acyclic_needs())
def test_every_pair_is_tried_once(needs: dict[str, list[str]]) -> None:
    tried = [pair for each in rounds(needs) for pair in each.pairs]
    assert sorted(tried) == sorted((source, target) for source, targets in needs.items() for target in targets)


@given(acyclic_needs())
def test_in_a_round_each_service_loses_one_need_and_runs(needs: dict[str, list[str]]) -> None:
    for each in rounds(needs):
        for source, target in each.pairs:
            assert set(needs[source]) & each.paused == {target}
            assert source not in each.paused


def test_services_without_a_need_in_common_share_a_round() -> None:
    assert len(rounds({"a": ["x"], "b": ["y"]})) == 1
    assert len(rounds({"a": ["x", "y"]})) == 2


def test_who_needs_most_is_placed_first_for_that_saves_a_round() -> None:
    assert len(rounds({"a": ["y"], "b": ["z"], "d": ["y", "z"]})) == 2
