"""Late or ill: what a container's state says, and what a look makes of it."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, cast

import pytest

from plumbline.report.fact import Check
from plumbline.stack.settling import Condition, condition, wait_until_settled
from plumbline.stack.stack import Stack
from validators.stack.inspection import Inspection
from validators.stack.patient_inspection import inspect_patiently


def container(status: str, health: str = "", streak: int = 0, code: int = 0, retries: int = 3) -> dict[str, Any]:
    """As `docker inspect` has it, of service web."""
    state: dict[str, Any] = {"Status": status, "ExitCode": code}
    if health:
        state["Health"] = {"Status": health, "FailingStreak": streak}
    labels = {"com.docker.compose.service": "web"}
    return {"State": state, "Config": {"Labels": labels, "Healthcheck": {"Retries": retries}}}


FINE = [container("created"), container("running", "healthy"), container("running"), container("exited")]
LATE = [container("running", "starting", 1), container("running", "unhealthy", 8), container("running", "unhealthy", 4)]
ILL = [container("running", "unhealthy", 9), container("exited", code=1), container("restarting", "starting")]
ILL += [container("running", "unhealthy", 9, retries=0), container("paused", "unhealthy", 3), container("dead")]


@pytest.mark.parametrize(
    ("condition_", "those"),
    [(Condition.FINE, FINE), (Condition.LATE, LATE), (Condition.ILL, ILL)],
    ids=lambda it: str(it)[:20],
)
def test_a_condition(condition_: Condition, those: list[dict[str, Any]]) -> None:
    assert {condition(each) for each in those} == {condition_}


def stack_of(states: Sequence[dict[str, Any]], looks: Sequence[str] = ()) -> Any:
    """A stack whose one container has these states one after the other, and whose looks give these words for it."""
    left, words = list(states), list(looks)

    def containers(project: str) -> list[dict[str, Any]]:
        return [left.pop(0) if len(left) > 1 else left[0]]

    def inspect() -> Inspection:
        return Inspection([Check("services.web", "state", "healthy", words.pop(0))], [])

    return cast(
        Stack,
        SimpleNamespace(
            engine=SimpleNamespace(containers=containers), projects=[SimpleNamespace(name="p")], inspect=inspect
        ),
    )


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("plumbline.stack.settling._POLL_S", 0)
    monkeypatch.setattr("validators.stack.patient_inspection.inspect_stack", lambda stack: stack.inspect())


def test_a_late_one_is_waited_for_and_an_ill_one_is_not() -> None:
    late = stack_of([*LATE, FINE[1]])
    assert wait_until_settled(late, late.projects)
    ill = stack_of([*LATE, ILL[0]])
    assert not wait_until_settled(ill, ill.projects)
    assert wait_until_settled(ill, ill.projects, apart_from={"web"})


def test_a_late_health_check_is_no_finding_and_is_said() -> None:
    look, late = inspect_patiently(stack_of([LATE[1], FINE[1]], ["unhealthy", "healthy"]))
    assert ([each.outcome for each in look.checks], late) == (
        ["matches"],
        ("services.web: state is unhealthy, but the spec says healthy",),
    )


def looks(*observed: str) -> Any:
    """A stack whose looks see this of one way."""
    left = [Inspection([Check("services.web", "reach.db:sql", "closed", each)], []) for each in observed]
    return cast(Stack, SimpleNamespace(inspect=lambda: left.pop(0), left=left))


def test_a_way_that_is_open_for_a_moment_is_no_finding_and_is_said() -> None:
    look, passed = inspect_patiently(looks("open", "closed"))
    assert [each.outcome for each in look.checks] == ["matches"]
    assert passed == ("services.web: reach.db:sql is open, but the spec says closed",)


def test_a_way_that_stays_open_is_a_finding_after_one_more_look() -> None:
    stack = looks("open", "open", "closed")
    look, passed = inspect_patiently(stack)
    assert ([each.outcome for each in look.checks], passed, len(stack.left)) == (["differs"], (), 1)


def test_one_that_is_ill_is_a_finding() -> None:
    look, late = inspect_patiently(stack_of([ILL[0]], ["unhealthy"]))
    assert ([each.outcome for each in look.checks], late) == (["differs"], ())


def test_one_that_comes_and_goes_is_a_finding() -> None:
    look, _ = inspect_patiently(stack_of([FINE[1]], ["unhealthy"] * 4))
    assert [each.outcome for each in look.checks] == ["differs"]
