"""The plan by which needs are paused: every pair once, and never two needs of a service that is looked at."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plumbline.report.fact import Check
from schema.service import Service
from validators.stack.behaviour import lost_needs
from validators.stack.behaviour.lost_needs import rounds
from validators.stack.behaviour.running import Running

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


def _running(name: str, state: str, **fields: Any) -> Running:
    service = Service.model_validate(
        {"title": "A", "summary": "a", "image": "a", "health": {"command": ["a"]}, **fields}
    )
    node = SimpleNamespace(name="host", tenant=None)
    project = SimpleNamespace(deployment=SimpleNamespace(services={name: service}), node=node)
    up = state in ("healthy", "unhealthy")
    told = {"Status": "running" if up else state, "Pid": 7 if up else 0, "StartedAt": "", "Health": {"Status": state}}
    return Running(project, name, {"Id": name, "State": told})  # type: ignore[arg-type]


def _tried(
    monkeypatch: pytest.MonkeyPatch, before: list[Running], without: list[Running]
) -> tuple[list[Check], list[str]]:
    paused: list[str] = []
    services, later = ({each.name: each for each in some} for some in (before, without))
    api = SimpleNamespace(pause=paused.append, unpause=lambda _: None)
    watch = SimpleNamespace(phase=lambda _: None)
    stack: Any = SimpleNamespace(spec=None, watch=watch, engine=SimpleNamespace(client=SimpleNamespace(api=api)))

    def waited(_: Any, over: Callable[[dict[str, Running], float], bool], __: float) -> None:
        over(later if paused else services, 1.0)

    monkeypatch.setattr(Running, "key", property(lambda self: self.name))
    monkeypatch.setattr(lost_needs, "running_services", lambda _: services)
    monkeypatch.setattr(lost_needs, "needs_of", lambda _, each, all: [all[name] for name in each.service.needs])
    monkeypatch.setattr(lost_needs, "wait_until", waited)
    return list(lost_needs.try_lost_needs(stack)), paused


def test_what_does_not_run_is_not_paused_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    web = _running("web", "unhealthy", needs={"db": "sql"})
    (check,), paused = _tried(monkeypatch, [web, _running("db", "created")], [])
    assert (paused, check.observed, check.outcome) == ([], "not tried: db does not run", "differs")


@pytest.mark.parametrize(
    ("state", "outcome"), [("healthy", "matches"), ("exited", "differs"), ("restarting", "differs")]
)
def test_one_that_tolerates_a_loss_and_ends_of_it_is_not_well(
    monkeypatch: pytest.MonkeyPatch, state: str, outcome: str
) -> None:
    def web(state: str) -> Running:
        return _running("web", state, needs={"db": "sql"}, tolerates=["db"])

    db = _running("db", "healthy")
    checks, paused = _tried(monkeypatch, [web("healthy"), db], [web(state), db])
    assert paused == ["db"]
    assert (checks[0].attribute, checks[0].observed, checks[0].outcome) == ("without.db", state, outcome)
