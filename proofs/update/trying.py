"""A case tried on a sealed host under load: there, and back again."""

import json
import secrets
import string
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from plumbline.cli.update import read_release
from plumbline.update.plan import UpdatePlan
from plumbline.update.plan import plan as plan_of
from proofs.bundle.sealed import status
from proofs.bundle.updating import Done, failed, install, rollback
from proofs.update.cases import UpdateCase
from proofs.update.goals import UpdateGoal, goal_of, missed
from proofs.update.load import under_load
from proofs.update.pipeline import lost, twice, when_through
from proofs.update.reckoning import Reckoning
from tests.bundle.host import SealedHost
from tests.bundle.releases import Publisher

_LETTERS = string.ascii_letters + string.digits
_DATA_IS_LATER = "keeps its data as version"
"""What rollback.sh says where the plan has no way back."""


@dataclass(frozen=True)
class UpdateOutcome:
    """What one way of a case came to."""

    case: UpdateCase
    way: str
    """`there` or `back`."""
    goal: UpdateGoal
    seen: Reckoning
    took_s: float
    """Of the script."""
    lost: tuple[str, ...]
    twice: tuple[str, ...]
    wrong: tuple[str, ...]
    """What is not as it has to be."""


@dataclass
class UpdateScene:
    """A sealed host with the first release, and who asks it."""

    host: SealedHost
    maker: Publisher
    clients: Mapping[str, int]

    def try_case(self, case: UpdateCase, version: str) -> Iterator[UpdateOutcome]:
        """There and back. Where the plan has no way back, that rollback.sh says so, and touches nothing."""
        if case.secret:
            yield from self._try_secret(case)
            return
        bundle = self.maker.release(version, case.changes)
        before = self._facts()
        yield self._tried(case, "there", before, lambda: install(self.host, self.maker, bundle))
        refused = self._plan(before).undone_until is not None
        yield self._tried(case, "back", self._facts(), lambda: rollback(self.host), refused)

    def _try_secret(self, case: UpdateCase) -> Iterator[UpdateOutcome]:
        """Another value, and the release that runs installed again; then the value of before."""
        file, before = self.host.home / "secrets" / case.secret, self._facts()
        first, bundle = file.read_text(), self.maker.release()
        values = {"there": "".join(secrets.choice(_LETTERS) for _ in first.strip()), "back": first}
        for way, value in values.items():

            def change(value: str = value) -> Done:
                new = file.with_name(".new")
                new.write_text(value)
                new.chmod(0o444)
                new.rename(file)
                return install(self.host, self.maker, bundle)

            given = {name for name, each in _services(self.host).items() if case.secret in each["secrets"]}
            running = self._ids(given)
            outcome = self._tried(case, way, before, change)
            same = [name for name, each in self._ids(given).items() if running[name] == each]
            if same:
                wrong = (*outcome.wrong, *(f"{name} has the secret of before" for name in same))
                outcome = replace(outcome, wrong=wrong)
            yield outcome

    def _tried(
        self, case: UpdateCase, way: str, before: Path, change: Callable[[], Done], refused: bool = False
    ) -> UpdateOutcome:
        with under_load(self.host, self.clients, self._told()) as load:
            began = time.monotonic()
            done = change()
            took = time.monotonic() - began
        goal = goal_of(self._plan(before))
        gone: tuple[str, ...] = ()
        double: tuple[str, ...] = ()
        if load.seen.sent:
            held = when_through(self.host, load.seen.sent)
            gone, double = tuple(lost(held, load.seen.sent)), tuple(twice(held))
        if refused:
            right = done.returncode == 1 and _DATA_IS_LATER in done.stderr
            wrong = [] if right else [f"rollback.sh ended with {done.returncode}: {done.stderr[-500:]}"]
        else:
            wrong = failed(done)
        wrong += [*status(self.host), *missed(goal, load.seen)]
        wrong += [f"lost: {each}" for each in gone] + [f"twice: {each}" for each in double]
        return UpdateOutcome(
            case, f"{way}, refused" if refused else way, goal, load.seen, took, gone, double, tuple(wrong)
        )

    def _facts(self) -> Path:
        """A copy of what the installed release says of itself."""
        folder = self.host.folder / "facts"
        folder.mkdir(exist_ok=True)
        for name in ("release.json", "MANIFEST.json"):
            (folder / name).write_bytes((self.host.home / name).read_bytes())
        return folder / "release.json"

    def _plan(self, before: Path) -> UpdatePlan:
        return plan_of(read_release(before), read_release(self.host.home / "release.json"))

    def _ids(self, services: set[str]) -> dict[str, str]:
        name = json.loads((self.host.home / "release.json").read_text())
        project = f"{name['platform']}-{name['mode']}"
        ask = ["docker", "inspect", "--format", "{{.Id}}"]
        return {each: self.host.run(*ask, f"{project}-{each}-1").stdout.strip() for each in sorted(services)}

    def _told(self) -> dict[str, Any]:
        ((entry, answers),) = (
            (name, each["answers"]) for name, each in _services(self.host).items() if each["answers"]
        )
        told = {"place": answers[0], "grace_s": _services(self.host)[entry]["stop_grace_s"], "path": "/ping"}
        key = self.host.home / "secrets/tenant_api_key"
        return told | ({"key": str(key)} if key.exists() else {})


def _services(host: SealedHost) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((host.home / "release.json").read_text())["services"]
    return found
