"""The spec's queries for running settings: what they are asked, and how answers are compared."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from plumbline.spec.spec import Spec
from plumbline.stack.engine import Engine
from plumbline.stack.layout import nodes_of
from plumbline.stack.project import ComposeProject
from validators.stack.expected import ExpectedService, ImageUsed
from validators.stack.reach import RunningService
from validators.stack.running import answers_in, ask, to_ask

TARGETS = " ".join(
    f"http://{each}"
    for each in (
        "127.0.0.1:9090/metrics",
        "grafana:3000/metrics",
        "minio:9000/minio/v2/metrics/cluster",
        "qdrant:6333/metrics",
    )
)
ANSWER = f"targets={TARGETS}\n"


@pytest.fixture
def asked(spec: Spec) -> Any:
    """Queries of one service of the offline mode."""

    def of(service: str, stubs: frozenset[str] = frozenset()) -> Any:
        (node,) = nodes_of(spec, "offline", [])
        place = RunningService(ComposeProject("p", node, "/opt/p", {}), service, "1", 1, {})
        declared = ExpectedService(spec, node.deployment, service, ImageUsed("", {}), node, {})
        return [each for each in to_ask([place], {place.key: declared}, stubs) if each.id != "rules"]

    return of


def differing(queries: Any, code: int, text: str) -> dict[str, tuple[str | None, str | None]]:
    """What differs when every query is answered so."""
    engine = cast(Engine, SimpleNamespace(execute=lambda container, command: (code, text)))
    return {
        each.attribute: (each.expected, each.observed) for each in ask(engine, queries) if each.outcome != "matches"
    }


def test_the_answer_that_the_spec_has_is_fine(asked: Any) -> None:
    assert differing(asked("prometheus"), 0, ANSWER) == {}


def test_another_value_one_too_many_and_a_missing_one_are_named(asked: Any) -> None:
    wanted = TARGETS
    twice = f"{ANSWER}targets=http://evil.example\nrole evil=login superuser\n"
    assert differing(asked("prometheus"), 0, twice) == {
        "running.targets.targets": (wanted, f"{wanted}, http://evil.example"),
        "running.targets.role evil": (None, "login superuser"),
    }
    assert differing(asked("prometheus"), 0, "") == {"running.targets.targets": (wanted, None)}


def test_a_query_that_fails_is_a_difference(asked: Any) -> None:
    assert differing(asked("prometheus"), 2, "no such relation") == {
        "running.targets": ("an answer", "exit code 2: no such relation")
    }


def test_a_contract_stub_is_not_asked(asked: Any) -> None:
    assert asked("redis") and not asked("redis", frozenset({"redis"}))


def test_no_answer_of_the_spec_holds_a_secret_and_values_follow_the_spec(asked: Any) -> None:
    settings = next(each for each in asked("redis") if each.id == "settings")
    assert settings.expected["maxmemory"] == str(settings.declared.service.limits.memory_mib * 3 // 4 * 1024 * 1024)
    assert "requirepass" not in settings.expected


def test_a_name_without_a_value_and_one_that_comes_twice() -> None:
    assert answers_in("a=1\n\nb\na = 2\nc=x=y\n") == {"a": "1, 2", "b": "", "c": "x=y"}
