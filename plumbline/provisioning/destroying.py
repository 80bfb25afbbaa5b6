"""Deletes a tenant's objects: all but data, what is protected, and what a foreign object would lose."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from plumbline.provisioning.calls import Refused, retry, wait_for
from plumbline.provisioning.guard import effects_of_deletion, words_missing
from plumbline.provisioning.journal import ProvisionJournal
from plumbline.provisioning.kinds import is_protected
from plumbline.provisioning.lock import Lock
from plumbline.provisioning.plan import PlanStep, check_same
from plumbline.provisioning.planning import Planning
from plumbline.provisioning.prices import LivePrices, minus


class Destroying(Planning):
    """Objects go in the reverse order in which they are made."""

    journal: ProvisionJournal
    lock: Lock
    say: Callable[[str], None]
    pause: Callable[[float], None]
    _recorded: Callable[[str, Callable[[], list[PlanStep]]], list[PlanStep]]

    def deletions(self) -> list[PlanStep]:
        """What a destroy would delete, and what it would keep and why. Changes nothing.

        Raises Refused where nothing is there, nor anything by which the project is known: another project's token finds no
        object either, and the tenant's would live on, and cost.
        """
        self.records.zones_may_be_gone = True
        try:
            self.read()
        finally:
            self.records.zones_may_be_gone = False
        self.notes, self.prices = self.records.zones_missing(), LivePrices(self.project.api)
        steps: list[PlanStep] = []
        for kind, name, word, bound in self._in_reverse():
            steps.append(self._doom(kind, name, word, bound, steps))
            if kind == "server":  # of other kinds, what is in the way says so
                self._note_foreign((kind, name), bound)
        self.notes += self.prices.lacking()
        if not steps and (lasting := self.leftovers()) and not any(there for _, there in lasting):
            missing = ", ".join(what for what, _ in lasting)
            raise Refused(
                f"nothing of tenant {self.desired['tenant']} is in this project, and neither is what remains when a "
                f"tenant is deleted: {missing}. Is this the token of the right project?"
            )
        return steps

    def _in_reverse(self) -> list[tuple[str, str, str, Any]]:
        """Kind, name, word for --allow and object of all that is there."""
        order = list(self.kinds)
        found = [(kind, name, name, bound) for (kind, name), bound in self.project.held.items() if kind != "ssh_key"]
        found += [(other.kind, str(other.bound.name), other.word, other.bound) for other in self.project.others]
        rivals = [(rival.kind, str(rival.bound.name), rival.bound) for rival in self.project.rivals]
        found += [(kind, name, name, bound) for kind, name, bound in rivals]
        return sorted(found, key=lambda each: (-order.index(each[0]), each[1], str(each[3].id)))

    def _doom(self, kind: str, name: str, word: str, bound: Any, before: Sequence[PlanStep]) -> PlanStep:
        wanted = any(
            want.get("protected") for want in self.desired["objects"] if (want["kind"], want["name"]) == (kind, word)
        )
        effects = effects_of_deletion(kind, bool(is_protected(bound)) or wanted)
        needs = words_missing(effects, (word,), self.allowed, "destroy")
        id, words = getattr(bound, "id", None), tuple(sorted(effect.value for effect in effects))
        if not self.ours(kind, bound):
            return PlanStep("?", kind, name, "kept: it has since lost the tenant's labels", 0.0, id, words)
        price = minus(self.prices.of(kind, bound))
        if needs:
            return PlanStep("!", kind, name, f"kept: it {_why(kind, bound, wanted)}", 0.0, id, words, needs)
        kept = {step.id for step in before if step.kind == "server" and not step.done}
        way = [*self.kinds[kind].in_the_way(self.project, bound), *_kept_by(kind, bound, kept)]
        if way:
            return PlanStep("?", kind, name, f"kept: {'; '.join(way)}", 0.0, id, words)
        return PlanStep("-", kind, name, "delete", price, id, words)

    def destroy(self, planned: Sequence[PlanStep] | None = None) -> list[PlanStep]:
        """Delete what was planned; what is kept. Raises Refused when the plan is not `planned`."""
        self.journal.open()
        steps = self.deletions()
        if planned is not None:
            check_same(planned, steps)
        kept = [step for step in steps if not step.done]
        if len(kept) == len(steps):
            return kept
        with self.lock.hold("destroy"):
            check_same(steps, self.deletions())
            return self._recorded("destroy", lambda: self._destroyed(kept))

    def _destroyed(self, kept: list[PlanStep]) -> list[PlanStep]:
        ids = {(step.kind, step.name, step.id) for step in kept}
        for kind, name, word, known in self._in_reverse():
            if (kind, name, getattr(known, "id", None)) in ids:
                continue
            # somebody may have protected it meanwhile, or put a foreign server into it
            bound = self.kinds[kind].again(self.project, known)
            if bound is None:
                self.project.forget(kind, known)
                continue
            step = self._doom(kind, name, word, bound, kept)
            if step.done:
                self._delete(kind, bound)
            else:
                kept.append(step)
        return kept

    def _delete(self, kind_name: str, known: Any) -> None:
        kind, name = self.kinds[kind_name], str(known.name)
        self.say(f"delete {kind_name} {name}")
        self.journal.write("delete", kind=kind_name, name=name, id=getattr(known, "id", None))

        def attempt() -> bool:
            bound = kind.again(self.project, known)
            if bound is None:
                return True
            if not self.ours(kind_name, bound):
                raise Refused(f"{kind_name} {name} (#{bound.id}) has since lost the tenant's labels: it is not deleted")
            if is_protected(bound):
                wait_for(kind.protect(bound, False))
            wait_for(kind.delete(self.project, bound))
            return kind.again(self.project, bound) is None

        retry(attempt, self.pause, about=f"{kind_name} {name}")
        self.project.forget(kind_name, known)
        self.journal.write("deleted", kind=kind_name, name=name, id=getattr(known, "id", None))


def _why(kind: str, bound: Any, wanted: bool) -> str:
    reasons = ["holds data"] if kind == "volume" else []
    if is_protected(bound):
        reasons.append("is protected from deletion")
    elif wanted:
        reasons.append("is protected by the spec, although somebody removed the protection")
    return " and ".join(reasons)


def _kept_by(kind: str, bound: Any, servers: set[int | None]) -> Iterator[str]:
    """Servers that are kept, and still need it."""
    using: list[Any] = []
    if kind == "firewall":
        using = [each.server.id for each in bound.applied_to or [] if each.server]
    elif kind == "network":
        using = [each.id for each in bound.servers or []]
    elif kind == "volume":
        using = [bound.server.id] if bound.server is not None else []
    elif kind == "placement_group":
        using = [getattr(each, "id", each) for each in bound.servers or []]
    yield from (f"server #{id}, which is kept, needs it" for id in using if id in servers)
