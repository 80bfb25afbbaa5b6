"""A case tried on a sealed host under load: there by install.sh, back by rollback.sh."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from plumbline.cli.update import read_release
from plumbline.update.plan import UpdatePlan
from plumbline.update.plan import plan as plan_of
from proofs.bundle.sealed import status
from proofs.bundle.updating import Done, failed, install, rollback
from proofs.update.cases import UpdateCase
from proofs.update.goals import Goal, goal_of, missed
from proofs.update.load import under_load
from proofs.update.pipeline import lost, twice, when_through
from proofs.update.reckoning import Reckoning
from tests.bundle.host import SealedHost
from tests.bundle.releases import Publisher


@dataclass(frozen=True)
class Outcome:
    """What one way of a case came to."""

    case: UpdateCase
    way: str
    """`there` or `back`."""
    goal: Goal
    seen: Reckoning
    took_s: float
    """Of the script."""
    lost: tuple[str, ...]
    twice: tuple[str, ...]
    wrong: tuple[str, ...]
    """What is not as it has to be."""


@dataclass
class Scene:
    """A sealed host with the first release, and who asks it."""

    host: SealedHost
    maker: Publisher
    clients: Mapping[str, int]

    def try_case(self, case: UpdateCase, version: str) -> Iterator[Outcome]:
        """There and back."""
        bundle = self.maker.release(version, case.changes)
        before = self._facts()
        yield self._tried(case, "there", before, lambda: install(self.host, self.maker, bundle))
        before = self._facts()
        yield self._tried(case, "back", before, lambda: rollback(self.host))

    def _tried(self, case: UpdateCase, way: str, before: Path, change: Callable[[], Done]) -> Outcome:
        with under_load(self.host, self.clients, self._told()) as load:
            began = time.monotonic()
            done = change()
            took = time.monotonic() - began
        goal = goal_of(self._plan(before))
        held = when_through(self.host, load.seen.sent)
        gone, double = tuple(lost(held, load.seen.sent)), tuple(twice(held))
        wrong = [*failed(done), *status(self.host), *missed(goal, load.seen)]
        wrong += [f"lost: {each}" for each in gone] + [f"twice: {each}" for each in double]
        return Outcome(case, way, goal, load.seen, took, gone, double, tuple(wrong))

    def _facts(self) -> Path:
        """A copy of what the installed release says of itself."""
        folder = self.host.folder / "facts"
        folder.mkdir(exist_ok=True)
        for name in ("release.json", "MANIFEST.json"):
            (folder / name).write_bytes((self.host.home / name).read_bytes())
        return folder / "release.json"

    def _plan(self, before: Path) -> UpdatePlan:
        return plan_of(read_release(before), read_release(self.host.home / "release.json"))

    def _told(self) -> dict[str, Any]:
        facts = json.loads((self.host.home / "release.json").read_text())["services"]
        ((entry, answers),) = ((name, each["answers"]) for name, each in facts.items() if each["answers"])
        told = {"place": answers[0], "grace_s": facts[entry]["stop_grace_s"], "path": "/ping"}
        key = self.host.home / "secrets/tenant_api_key"
        return told | ({"key": key.read_text()} if key.exists() else {})
