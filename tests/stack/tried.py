"""Trials of a stack as data: what the engine and the probe say of it while time goes by, without either and without waiting.

A case starts from a stack of `facts/seen/`, with some `edits`. `then` are changes of it by the second, `answers` what the probe's
deeds give, in turn and by name, `executed` what commands print. Everything that is done to the stack is noted.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from itertools import count
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from plumbline.stack.engine import Engine
from plumbline.stack.stack import Stack
from tests.stack.conftest import SilentWatch
from tests.stack.seen import Seen, ToldEngine, edited

BEHAVIOUR = "validators.stack.behaviour"
_CLOCKS = ("running", "logs", "self_tests", "state", "trials")
_DEED_S, _COMMAND_S, _COMPOSE_S = 1.0, 0.125, 10.0


class Noting(SilentWatch):
    """A watch that notes what came of each group of checks."""

    def __init__(self, done: list[Any]):
        self.done = done

    def result(self, name: str, matches: int, others: int) -> None:
        self.done.append(["result", name, matches, others])


class TrialClock:
    """Time that passes when something is done, and in no other way."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class TriedEngine(ToldEngine):
    """An engine whose containers change with time."""

    def __init__(self, answers: Seen, case: Mapping[str, Any]):
        super().__init__({**answers, "executed": {**answers["executed"], **case.get("executed", {})}})
        self.before, self.case, self.clock = answers, case, TrialClock()
        self.left = {deed: list(given) for deed, given in case.get("answers", {}).items()}
        self.done: list[Any] = []
        self.client = SimpleNamespace(
            api=SimpleNamespace(
                pause=lambda id: self.done.append(["pause", id[:4]]),
                unpause=lambda id: self.done.append(["unpause", id[:4]]),
            )
        )

    def containers(self, project: str) -> list[Any]:
        changes = [each["edits"] for each in self.case.get("then", []) if each["second"] <= self.clock.now]
        now = edited(self.before, [edit for edits in changes for edit in edits])
        return list(now["containers"][project].values())

    def execute(self, container: str, command: Sequence[str]) -> tuple[int, str]:
        self.clock.sleep(_COMMAND_S)
        self.done.append(["execute", container[:4], *command])
        return super().execute(container, command)

    def run(self, arguments: Sequence[str]) -> Any:
        return SimpleNamespace(returncode=self._next("docker", 0))

    def reconnect(self) -> None:
        self.done.append(["reconnect"])

    def inject(
        self, engine: Engine, project: str, program: str, asked: Mapping[str, Any], seconds: float, *volumes: str
    ) -> Any:
        """What the probe answers to a deed."""
        self.clock.sleep(_DEED_S)
        self.done.append([project, program, asked, seconds, *volumes])
        return {deed: self._next(deed, None) for deed in asked}

    def compose(self, stack: Stack, *words: str) -> None:
        """Compose does something to every project."""
        self.clock.sleep(_COMPOSE_S)
        self.done.append(["compose", *words])

    def _next(self, deed: str, otherwise: Any) -> Any:
        left = self.left.get(deed, [otherwise])
        return left.pop(0) if len(left) > 1 else left[0]


@contextmanager
def tried(engine: TriedEngine) -> Iterator[None]:
    """Time, the probe, Compose and chance are the engine's."""
    numbers = count(1)
    noted = SimpleNamespace(run=lambda words, **options: engine.done.append(["run", *words, options]))
    with ExitStack() as stack:
        for module in _CLOCKS:
            stack.enter_context(patch(f"{BEHAVIOUR}.{module}.time", engine.clock))
        stack.enter_context(patch(f"{BEHAVIOUR}.running.run_inside", engine.inject))
        stack.enter_context(patch(f"{BEHAVIOUR}.state.run_compose", engine.compose))
        stack.enter_context(patch(f"{BEHAVIOUR}.state.start", lambda stack: engine.compose(stack, "(start)")))
        stack.enter_context(
            patch(f"{BEHAVIOUR}.state.secrets", SimpleNamespace(token_hex=lambda size: f"word{next(numbers)}-{size}"))
        )
        stack.enter_context(patch(f"{BEHAVIOUR}.state.subprocess", noted))
        yield
