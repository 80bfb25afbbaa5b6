"""Actions: what runs on after the answer, what it locks meanwhile, and what it does when it ends."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.fake_hcloud.errors import not_found

Json = dict[str, Any]
Holder = tuple[str, int | str]  # kind and id of an object


def now() -> str:
    """The API's way to write a time."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def nothing() -> None:
    """The effect of an action that has none."""


@dataclass
class RunningAction:
    """What isn't shown of an action that runs."""

    json: Json
    holds: frozenset[Holder]
    done: Callable[[], object]
    failed: Callable[[], object]
    steps: int
    until: float
    fails: bool = False


@dataclass
class Actions:
    """All actions of a project.

    One goes on by a step each time somebody asks for it, or is refused because of it, and ends after `polls` steps; or after
    `seconds`, so that one that nobody asks for ends too.
    """

    polls: int
    seconds: float
    all: dict[int, Json] = field(default_factory=dict)
    running: dict[int, RunningAction] = field(default_factory=dict)
    failing: bool = False

    def start(
        self,
        command: str,
        resources: Iterable[tuple[str, int]],
        done: Callable[[], object],
        failed: Callable[[], object],
        holds: Iterable[Holder],
    ) -> Json:
        """A new action. `resources` are kinds in the singular and ids, as the API shows them; `holds` is what it locks."""
        action: Json = {
            "id": 900_000 + len(self.all) + 1,
            "command": command,
            "status": "running",
            "progress": 0,
            "started": now(),
            "finished": None,
            "resources": [{"id": number, "type": kind} for kind, number in resources],
            "error": None,
        }
        self.all[action["id"]] = action
        until = time.monotonic() + self.seconds
        self.running[action["id"]] = RunningAction(
            action, frozenset(holds), done, failed, self.polls, until, self.failing
        )
        if self.polls == 0:
            self._end(action["id"])
        return dict(action)

    def get(self, number: int) -> Json:
        """One action, as it is now; asking brings it a step on."""
        if number not in self.all:
            raise not_found("action", number)
        self._step(number)
        return dict(self.all[number])

    def of(self, kind: str, number: int | None = None) -> list[Json]:
        """Those that name an object of a kind, or one object."""
        return [
            action
            for action in self.all.values()
            if any(it["type"] == kind and number in {None, it["id"]} for it in action["resources"])
        ]

    def holding(self, holder: Holder) -> bool:
        """Whether an action holds an object. Being told so brings that action a step on."""
        found = [number for number, action in self.running.items() if holder in action.holds]
        for number in found:
            self._step(number)
        return bool(found)

    def tick(self) -> None:
        """End those whose time is up."""
        time_now = time.monotonic()
        for number in [number for number, action in self.running.items() if action.until <= time_now]:
            self._end(number)

    def finish(self) -> None:
        """End all."""
        for number in list(self.running):
            self._end(number)

    def _step(self, number: int) -> None:
        if action := self.running.get(number):
            action.steps -= 1
            if action.steps <= 0:
                self._end(number)

    def _end(self, number: int) -> None:
        action = self.running.pop(number)
        action.json.update(status="error" if action.fails else "success", progress=100, finished=now())
        if action.fails:
            action.json["error"] = {"code": "action_failed", "message": "Action failed"}
            action.failed()
        else:
            action.done()
