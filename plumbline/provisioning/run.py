"""Plan, apply, destroy: the desired state against what is there. What it never does:

1. It undoes nothing by itself. What failed half-way stays, is listed with its price, and waits for `apply` or `destroy`.
2. It acts on ids and labels of objects that it has just looked at, never on a name alone, nor on the journal.
3. What it deletes, detaches, replaces, shrinks, stops, opens or makes dearer, it does only for names given with --allow.
4. It touches nothing foreign: no server, firewall, volume, attachment or membership; it says what is in the way.
5. It does what was shown and confirmed, while it holds the tenant's lock, or nothing.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import count
from typing import Any

from hcloud import APIException, Client

from plumbline.provisioning.calls import API_ERRORS, Failed, Refused, code_of, describe_error, retry, wait_for
from plumbline.provisioning.codes import TAKEN
from plumbline.provisioning.destroying import Destroying
from plumbline.provisioning.journal import ProvisionJournal
from plumbline.provisioning.kinds import Key, ResourceChange, UnplannedObject
from plumbline.provisioning.labels import LEAVING, labels_of, name_aside
from plumbline.provisioning.lifecycle import makes, state_of
from plumbline.provisioning.lock import Lock, holder_of
from plumbline.provisioning.plan import PlanStep, as_plan, check_plan, check_same
from plumbline.provisioning.prices import paid_lines


class ProvisionRun(Destroying):
    """One tenant's desired state, held against the provider's project."""

    def __init__(
        self,
        api: Client,
        desired: dict[str, Any],
        journal: ProvisionJournal,
        say: Callable[[str], None],
        allowed: Iterable[str] = (),
        pause: Callable[[float], None] = time.sleep,
    ):
        super().__init__(api, desired, pause, allowed)
        self.journal, self.say, self.pause = journal, say_safely(say), pause
        self.lock = Lock(api, desired["tenant"], self.say, pause)
        self.notes: list[str] = []
        self._holder: Any = None
        """The lock as it was shown last."""
        self._shown: dict[Key, set[str]] = {}
        """Effects that were shown for each object, and allowed."""
        self._new: set[Key] = set()
        """What this run made, or made anew."""

    # --- planning ---------------------------------------------------------------------------------------------

    def plan(self) -> list[PlanStep]:
        """What an apply would do. Changes nothing."""
        self.read()
        return self.steps()

    def plan_data(self, steps: Sequence[PlanStep]) -> dict[str, Any]:
        """A plan that was just made, as plain data."""
        return as_plan(self.desired, self.fingerprint(), self.allowed, steps)

    def check(self, plan: dict[str, Any]) -> list[PlanStep]:
        """The steps of a saved plan. Raises Refused when they are not what would be done now."""
        steps = self.plan()
        check_plan(plan, self.desired, self.fingerprint(), steps)
        return steps

    # --- applying ---------------------------------------------------------------------------------------------

    def apply(self, planned: Sequence[PlanStep] | None = None) -> list[PlanStep]:
        """Do what was planned; what is left, for it needs the operator's word or cannot be done.

        Raises Refused, before anything is done, when the plan is not `planned`, or something that must be made cannot be.
        """
        self.journal.open()
        steps = self.plan()
        if planned is not None:
            check_same(planned, steps)
        self._refuse_half(steps)
        if not any(step.done for step in steps):
            return steps
        with self.lock.hold("apply"):
            check_same(steps, self.plan())
            return self._recorded("apply", lambda: self._applied(steps))

    def _refuse_half(self, steps: Sequence[PlanStep]) -> None:
        """Nothing is bought while something that must be bought cannot be had."""
        if not makes(self.desired) and not any(step.done for step in steps):
            raise Refused(
                f"tenant {self.desired['tenant']} is {state_of(self.desired)}: nothing is made for it. To provision it, set its "
                "state to PROVISIONING in the spec and build; `destroy` deletes what is left"
            )
        missing = [
            step
            for step in steps
            if step.mark == "?" and (step.kind, step.name) not in self.project.held and step.id is None
        ]
        if missing:
            raise Refused("; ".join(f"{step.kind} {step.name}: {step.what}{_words(step)}" for step in missing))

    def _recorded(self, verb: str, work: Callable[[], list[PlanStep]]) -> list[PlanStep]:
        """Do it; on failure say what is there now, and how to go on."""
        self.journal.write(verb, tenant=self.desired["tenant"], allow=sorted(self.allowed))
        try:
            left = work()
        except (Failed, Refused, *API_ERRORS) as error:
            reason = describe_error(error) if isinstance(error, API_ERRORS) else str(error)
            self.journal.write("failed", why=reason)
            self.say(f"failed: {reason}")
            self._say_what_is_paid_for()
            raise
        except KeyboardInterrupt:
            self.journal.write("failed", why="interrupted")
            self._say_what_is_paid_for()
            raise
        self.journal.write("end", well=not left)
        return left

    def _say_what_is_paid_for(self) -> None:
        try:
            lines = paid_lines(self.project.api, self.desired["ownership"])
        except (Failed, *API_ERRORS) as error:
            held = [
                f"{kind} {name} (#{bound.id})"
                for (kind, name), bound in self.project.held.items()
                if kind in ("server", "volume")
            ]
            why = describe_error(error) if isinstance(error, API_ERRORS) else str(error)
            lines = [f"the existing objects could not be listed ({why}); last seen: {', '.join(held) or 'nothing'}"]
        for line in lines:
            self.say(line)
        self.say("nothing was undone. `apply` continues from here; `destroy` deletes it, and needs --allow for data")

    def _applied(self, steps: Sequence[PlanStep]) -> list[PlanStep]:
        self._shown = {}
        for step in steps:
            if step.done:
                self._shown.setdefault((step.kind, step.name), set()).update(step.effects)
        for key in self.wants:
            missing = key not in self.project.held
            if missing:
                self._create(key)
            elif self._is_replaced(key):
                self._replace(key)
                missing = True
            self._settle(key, looked=not missing)
        for key in [key for key, bound in self.project.held.items() if key[0] == "server"]:
            if self.project.held[key].id in self.project.stopped:
                # one that gave something up after its own turn
                self._settle(key, looked=False)
        for other in self.others_in_order():
            now = self.kinds[other.kind].again(self.project, other.bound)
            if now is not None and any(step.done for step in self._leaving(replace(other, bound=now))):
                self._delete(other.kind, now)
        return self.plan()

    def _is_replaced(self, key: Key) -> bool:
        return any(change.replaces and self._may(key, change) for change in self.changes(key))

    def _may(self, key: Key, change: ResourceChange) -> bool:
        """Whether a change may be done: without an effect always; with one, by word, and only if it was shown."""
        step = self.step(key, change)
        # what is made takes what it needs from others, whose names were given
        return step.done and (set(step.effects) <= self._shown.get(key, set()) or key in self._new)

    def _create(self, key: Key) -> None:
        kind, want = self.kinds[key[0]], self.wants[key]
        self.say(f"make {key[0]} {key[1]}")
        self.journal.write("create", kind=key[0], name=key[1])
        self._new.add(key)
        tries = count()

        def attempt() -> bool:
            # an answer that got lost may have left the object behind, whole or half
            if next(tries) and (bound := self.require_found(key)) is not None:
                if half := kind.half_made(self.project, bound):
                    raise Failed(f"{key[0]} {key[1]} (#{bound.id}) {half}. `apply --allow {key[1]}` replaces it")
                return not kind.passing(kind.describe(self.project, bound))
            try:
                self.project.held[key] = kind.create(self.project, want)
            except APIException as error:
                # somebody was faster: whose is it?
                if code_of(error) != TAKEN or self.require_found(key) is None:
                    raise
                return False
            return True

        retry(attempt, self.pause, about=f"{key[0]} {key[1]}")
        self.journal.write("created", kind=key[0], name=key[1], id=getattr(self.project.held[key], "id", None))

    def _settle(self, key: Key, looked: bool) -> None:
        """Fix all that may be fixed, reading again after each try, until nothing is left."""
        kind, tries = self.kinds[key[0]], count(0 if looked else 1)

        def attempt() -> bool:
            if next(tries):
                self._read_again(key)
            changes = [change for change in self.changes(key) if not change.replaces and self._may(key, change)]
            for change in changes:
                self.say(f"{key[0]} {key[1]}: {change.what}")
                self.journal.write("change", kind=key[0], name=key[1], what=change.what)
                wait_for(change.do())
            return not changes and not kind.passing(kind.describe(self.project, self.project.held[key]))

        retry(attempt, self.pause, about=f"{key[0]} {key[1]}")

    def _read_again(self, key: Key) -> None:
        bound = self.kinds[key[0]].again(self.project, self.project.held[key])
        if bound is None:
            raise Failed(f"{key[0]} {key[1]} is gone: somebody else is deleting objects of this tenant")
        self.project.held[key] = bound

    def _replace(self, key: Key) -> None:
        """Put another in an object's place: it steps aside under another name, and goes when the other is there."""
        old = self.project.held[key]
        aside, name = UnplannedObject(key[0], old, key[1], True), name_aside(key[1], old.id)
        self.say(f"{key[0]} {key[1]} (#{old.id}) is renamed to {name}; it runs until its replacement is ready")
        self.journal.write("aside", kind=key[0], name=key[1], id=old.id)
        labels = {**labels_of(old), LEAVING: "yes"}
        retry(lambda: bool(old.update(name=name, labels=labels)), self.pause, about=f"{key[0]} {key[1]}")
        old.reload()
        self.project.renewed.discard(key)
        del self.project.held[key]
        self.project.others.append(aside)
        try:
            self._create(key)
        except BaseException:
            self.project.others.remove(aside)
            self.project.held[key] = old
            self._back(key, old)
            raise

    def _back(self, key: Key, old: Any) -> None:
        """Give an object its name back, unless another has come after all."""
        labels = {label: value for label, value in labels_of(old).items() if label != LEAVING}

        def attempt() -> bool:
            if self.kinds[key[0]].find_by_name(self.project, self.wants[key]) is None:
                old.update(name=key[1], labels=labels)
                self.say(f"no replacement is available; {key[0]} {key[1]} (#{old.id}) stays and gets its name back")
            return True

        try:
            retry(attempt, self.pause, (1, 2, 4), f"{key[0]} {key[1]}")
        except Failed as error:
            self.say(f"{error}; it (#{old.id}) keeps its temporary name; run apply again to continue")

    # --- the lock ---------------------------------------------------------------------------------------------

    def holder(self) -> str:
        """Who holds the tenant's lock, in words; empty where nobody does."""
        self._holder = found = self.lock.holder()
        return holder_of(found) if found is not None else ""

    def unlock(self) -> str:
        """Break the tenant's lock; what it was, empty where there was none. Raises Refused where it is not the one shown."""
        found = self.lock.holder()
        if found is None:
            return ""
        if self._holder is not None and self._holder.id != found.id:
            raise Refused(f"the lock that was shown is gone, and somebody else holds it now: {holder_of(found)}")
        self.lock.break_open(found)
        self.journal.write("unlock", was=holder_of(found))
        return holder_of(found)


def say_safely(say: Callable[[str], None]) -> Callable[[str], None]:
    """Say it, and go on where nobody listens any more: a terminal that closed must not stop a change in its middle."""

    def said(text: str) -> None:
        with suppress(OSError, ValueError):
            say(text)

    return said


def _words(step: PlanStep) -> str:
    return "".join(f"; --allow {name}" for name in step.needs)
