"""Plan, apply, destroy: the desired state against what is there."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

from hcloud import Client

from plumbline.provisioning.calls import TROUBLE, Failed, Refused, described, finished, persistently
from plumbline.provisioning.journal import Journal
from plumbline.provisioning.kinds import Change, Project, Want
from plumbline.provisioning.servers import Server, kinds

Key = tuple[str, str]
"""Kind and name."""


@dataclass(frozen=True)
class Step:
    """A line of the plan."""

    mark: str
    """`+` make, `~` change, `-` delete, `!` needs the operator's word, `?` refused."""
    kind: str
    name: str
    what: str
    price: float = 0.0
    """EUR or USD a month, net, of a server that is made."""


class Run:
    """One tenant's desired state, held against the provider's project."""

    def __init__(
        self,
        api: Client,
        desired: dict[str, Any],
        journal: Journal,
        say: Callable[[str], None],
        allowed: Iterable[str] = (),
        pause: Callable[[float], None] = time.sleep,
    ):
        self.desired, self.journal, self.say, self.pause = desired, journal, say, pause
        self.allowed = frozenset(allowed)
        self.kinds = kinds()
        self.project = Project(api, pause)
        self.wants: dict[Key, Want] = {(want["kind"], want["name"]): want for want in desired["objects"]}
        self.made: list[Key] = []
        """What this run, or the one that was cut off before it, has made."""

    # --- looking ----------------------------------------------------------------------------------------------

    def look(self) -> None:
        """List each kind by the owner's labels, then ask for each missing name. Raises Refused for a stranger's name."""
        selector = ",".join(f"{key}={value}" for key, value in sorted(self.desired["ownership"].items()))
        self.project.held = {}
        for kind_name, kind in self.kinds.items():
            wants = [want for want in self.desired["objects"] if want["kind"] == kind_name]
            for bound in kind.listed(self.project, selector, wants):
                self.project.held[kind_name, self._name(kind_name, bound)] = bound
        for key in self.wants:
            if key not in self.project.held:
                self._find(key)

    def _name(self, kind: str, bound: Any) -> str:
        """The name by which the desired state knows an object: a key is known by its fingerprint."""
        if kind != "ssh_key":
            return str(bound.name)
        return next(name for (_, name), want in self.wants.items() if want.get("fingerprint") == bound.fingerprint)

    def _find(self, key: Key) -> Any:
        """The tenant's object of a name, or None. Raises Refused where the name is a stranger's."""
        bound = self.kinds[key[0]].named(self.project, self.wants[key])
        if bound is None:
            return None
        ours = self.desired["ownership"].items() <= (bound.labels or {}).items()
        if not ours and key[0] != "ssh_key":
            raise Refused(
                f"{key[0]} {key[1]} exists and is not ours: it lacks the labels "
                + ", ".join(f"{name}={value}" for name, value in self.desired["ownership"].items())
                + ". Rename or delete it, or give it the labels if it is this tenant's"
            )
        self.project.held[key] = bound
        return bound

    def seen(self, key: Key) -> Want:
        """An object that is there, in the form of the desired state."""
        return self.kinds[key[0]].seen(self.project, self.project.held[key])

    def extras(self) -> list[Key]:
        """What carries the owner's labels and is not desired, in the order in which it is deleted."""
        order = list(self.kinds)
        extra = [key for key in self.project.held if key not in self.wants]
        return sorted(extra, key=lambda key: (-order.index(key[0]), key[1]))

    # --- planning ---------------------------------------------------------------------------------------------

    def plan(self) -> list[Step]:
        """What an apply would do, in order. Changes nothing."""
        self.look()
        return [*map(self._deletion, self.extras()), *self._steps()]

    def _steps(self) -> Iterator[Step]:
        for key, want in self.wants.items():
            if key not in self.project.held:
                yield self._creation(key, want)
                continue
            for change in self._changes(key):
                # a server is not given up while there is no other to be had
                sold_out = change.replaces and self._may(change, key) and self._sold_out(key)
                yield (
                    Step("?", *key, sold_out)
                    if sold_out
                    else Step("~" if self._may(change, key) else "!", *key, change.what)
                )

    def _sold_out(self, key: Key) -> str:
        """Why no server can be had; empty where one can."""
        kind, want = self.kinds[key[0]], self.wants[key]
        if not isinstance(kind, Server):
            return ""
        offers, types = kind.offers(self.project, want["location"]), kind.order_of(self.project, want)
        can_be_had = types and offers[types[0]].available
        return "" if can_be_had else f"sold out in {want['location']}: {', '.join(want['types'])}"

    def _creation(self, key: Key, want: Want) -> Step:
        kind = self.kinds[key[0]]
        if not isinstance(kind, Server):
            return Step("+", *key, "make")
        if sold_out := self._sold_out(key):
            return Step("?", *key, sold_out)
        offers, types = kind.offers(self.project, want["location"]), kind.order_of(self.project, want)
        instead = "" if types[0] == want["types"][0] else f", for {want['types'][0]} is sold out"
        return Step("+", *key, f"make, {types[0]}{instead}", offers[types[0]].price)

    def _deletion(self, key: Key) -> Step:
        return Step("-" if self._may_delete(key) else "!", *key, "delete: it is not desired any more")

    def _changes(self, key: Key) -> list[Change]:
        """What is not as desired of an object that is there; a replacement stands alone, for it mends all."""
        kind, bound, want = self.kinds[key[0]], self.project.held[key], self.wants[key]
        seen = kind.seen(self.project, bound)
        if key[0] != "ssh_key" and (reasons := kind.must_be_replaced(self.project, want, seen)):
            what = f"replace, for {', '.join(reasons)}{kind.price_of_another(self.project, want, seen)}"
            return [Change(what, lambda: self._replace(key), leave=True, replaces=True)]
        return list(kind.changes(self.project, bound, want, seen))

    def _may(self, change: Change, key: Key) -> bool:
        return not change.leave or key[1] in self.allowed

    def _may_delete(self, key: Key) -> bool:
        """Data and what is protected goes only by name."""
        bound = self.project.held[key]
        guarded = key[0] == "volume" or (getattr(bound, "protection", None) or {}).get("delete", False)
        return not guarded or key[1] in self.allowed

    # --- acting -----------------------------------------------------------------------------------------------

    def apply(self, keep: bool = False) -> list[Step]:
        """Make it so; what still needs the operator's word. On failure undo what this run made, unless `keep`."""
        self.made = [key for key in self.journal.made_before() if key in self.wants]
        self.journal.write("apply", tenant=self.desired["tenant"])
        try:
            plan = self.plan()
            if refused := [step for step in plan if step.mark == "?"]:
                raise Refused("; ".join(f"{step.kind} {step.name}: {step.what}" for step in refused))
            for key in [key for key in self.extras() if self._may_delete(key)]:
                self._delete(key)
            for key in self.wants:
                missing = key not in self.project.held
                if missing:
                    self._create(key)
                self._settle(key, looked=not missing)
            left = [*map(self._deletion, self.extras()), *self._steps()]
        except (Failed, Refused, *TROUBLE) as error:
            self._after_failure(error, keep)
            raise
        self.journal.write("end", well=True)
        return left

    def _after_failure(self, error: Exception, keep: bool) -> None:
        reason = str(error) if isinstance(error, Failed | Refused) else described(error)
        self.journal.write("failed", why=reason)
        if keep:
            self.journal.write("end", well=False)
        if keep or not self.made:
            return
        self.say(f"failed: {reason}; undoing what this run made")
        for key in reversed(self.made):
            try:
                if key[0] != "ssh_key" and self._find(key) is not None:
                    self._delete(key)
            except (Failed, Refused, *TROUBLE) as trouble:
                self.say(f"left: {key[0]} {key[1]}, for {trouble}")
                return
        self.journal.write("end", well=False)

    def _create(self, key: Key) -> None:
        kind, want = self.kinds[key[0]], self.wants[key]
        self.say(f"make {key[0]} {key[1]}")
        self.journal.write("create", kind=key[0], name=key[1])
        if key not in self.made:
            self.made.append(key)

        tries = count()

        def attempt() -> bool:
            # an answer that got lost may have left the object behind
            if next(tries) == 0 or self._find(key) is None:
                self.project.held[key] = kind.create(self.project, want)
            return True

        persistently(attempt, self.pause)
        self.journal.write("created", kind=key[0], name=key[1], id=getattr(self.project.held[key], "id", None))

    def _settle(self, key: Key, looked: bool) -> None:
        """Mend all that may be mended, looking anew after each try, until nothing is left."""
        tries = count(0 if looked else 1)

        def attempt() -> bool:
            if next(tries):
                self._look_again(key)
            changes = [change for change in self._changes(key) if self._may(change, key)]
            for change in changes:
                self.say(f"{key[0]} {key[1]}: {change.what}")
                self.journal.write("change", kind=key[0], name=key[1], what=change.what)
                finished(change.do())
            return not changes

        persistently(attempt, self.pause)

    def _look_again(self, key: Key) -> None:
        bound = self.kinds[key[0]].again(self.project, self.project.held[key])
        if bound is None:
            raise Failed(f"{key[0]} {key[1]} is gone: somebody else deletes objects of this tenant")
        self.project.held[key] = bound

    def _replace(self, key: Key) -> None:
        self._delete(key)
        self._create(key)

    def _delete(self, key: Key) -> None:
        kind = self.kinds[key[0]]
        self.say(f"delete {key[0]} {key[1]}")
        self.journal.write("delete", kind=key[0], name=key[1])

        def attempt() -> bool:
            bound = kind.again(self.project, self.project.held[key])
            if bound is None:
                return True
            if (getattr(bound, "protection", None) or {}).get("delete"):
                finished(kind.protect(bound, False))
            kind.before_deletion(self.project, bound)
            finished(kind.delete(self.project, bound))
            return kind.again(self.project, bound) is None

        persistently(attempt, self.pause)
        del self.project.held[key]
        self.journal.write("deleted", kind=key[0], name=key[1])

    def destroy(self) -> list[Key]:
        """Delete all of the tenant's objects in reverse order; what is kept: data and what is protected, unless allowed by name."""
        self.journal.write("destroy", tenant=self.desired["tenant"])
        self.look()
        order = list(self.kinds)
        doomed = [key for key in self.project.held if key[0] != "ssh_key"]
        kept = [key for key in doomed if not self._may_delete(key)]
        for key in sorted(doomed, key=lambda key: (-order.index(key[0]), key[1])):
            if key not in kept:
                self._delete(key)
        self.journal.write("end", well=True)
        return kept
