"""What all kinds of objects have in common: found, seen in the form of the desired state, made, changed, deleted."""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from hcloud import APIException, Client

from plumbline.provisioning.calls import Failed
from plumbline.provisioning.codes import GONE
from plumbline.provisioning.guard import NOTHING, Effect, Effects
from plumbline.provisioning.labels import (
    LEAVING,
    OBJECT,
    identity,
    identity_labels,
    labels_of,
    name_aside,
    plain_labels,
)

Want = dict[str, Any]
"""An object of the desired state."""
Key = tuple[str, str]
"""Kind and desired name."""


@dataclass(frozen=True)
class UnplannedObject:
    """An object that is the tenant's and is not desired: an extra, or one whose place another takes."""

    kind: str
    bound: Any
    word: str
    """The name that --allow takes for it: its own, or that of its successor."""
    successor: bool = False


class CloudProject:
    """What is known of the provider's project, as far as it is the tenant's."""

    def __init__(self, api: Client, pause: Callable[[float], None] = time.sleep):
        self.api, self.pause = api, pause
        self.held: dict[Key, Any] = {}
        """The tenant's desired objects that are there."""
        self.others: list[UnplannedObject] = []
        self.rivals: list[UnplannedObject] = []
        """Objects of the tenant of which several claim to be the same desired one."""
        self.renewed: set[Key] = set()
        """Desired objects that are to be made anew."""
        self.waiting: set[Key] = set()
        """Desired objects that would have to be made anew, and are not."""
        self.stopped: set[int] = set()
        """Ids of servers that this run shut down."""
        self.gone: dict[tuple[str, int | None], str] = {}
        """The words of those that this run deleted, by kind and id."""
        self.allowed: frozenset[str] = frozenset()
        """Names that the operator gave with --allow."""

    def lookup(self, kind: str, name: str) -> Any:
        """A desired object that is there. Raises Failed where there is none."""
        if (kind, name) not in self.held:
            raise Failed(f"there is no {kind} {name}")
        return self.held[kind, name]

    def forget(self, kind: str, gone: Any) -> None:
        """Hold an object no more, for it is deleted; lists of others may still name it for a moment."""
        self.gone[kind, gone.id] = self.word_for(kind, gone.id) or ""
        self.held = {key: bound for key, bound in self.held.items() if (key[0], bound.id) != (kind, gone.id)}
        self.others = [other for other in self.others if (other.kind, other.bound.id) != (kind, gone.id)]
        self.rivals = [rival for rival in self.rivals if (rival.kind, rival.bound.id) != (kind, gone.id)]

    def owned(self, kind: str) -> Iterator[tuple[str, Any]]:
        """The tenant's objects of a kind, each with the name that --allow takes for it."""
        yield from ((name, bound) for (each, name), bound in self.held.items() if each == kind)
        yield from ((other.word, other.bound) for other in self.others if other.kind == kind)
        # a word for one of them is not a word for the other
        yield from ((str(rival.bound.name), rival.bound) for rival in self.rivals if rival.kind == kind)

    def word_for(self, kind: str, id: int) -> str | None:
        """The name that --allow takes for an object; None for what is not the tenant's."""
        return next((word for word, bound in self.owned(kind) if bound.id == id), self.gone.get((kind, id)))

    def name_of(self, kind: str, id: int) -> str:
        """The desired name of an object, or its own; `#id` for what is not the tenant's."""
        for (each, name), bound in self.held.items():
            if each == kind and bound.id == id:
                return name
        for rival in self.rivals:
            if (rival.kind, rival.bound.id) == (kind, id):
                return rival.word
        return next(
            (str(other.bound.name) for other in self.others if (other.kind, other.bound.id) == (kind, id)), f"#{id}"
        )


@dataclass(frozen=True)
class ResourceChange:
    """Something that is not as desired, and what fixes it."""

    what: str
    do: Callable[[], Any]
    """Returns an action, a list of them, or None."""
    effects: Effects = NOTHING
    words: tuple[str, ...] = ()
    """Names for --allow, where it is others that lose something; the object's own where none is said."""
    replaces: bool = False
    """Whether another object takes its place."""
    blocked: str = ""
    """Why it cannot be done at all, and what would help."""
    price: float | None = 0.0
    """What it adds a month, net; None where nobody knows."""


class ResourceKind(ABC):
    """What all kinds have in common: labels, protection, and listing by the owner's labels."""

    client_name: str
    """Name of the SDK's client for the kind."""
    replaced: tuple[str, ...] = ()
    """Fields that cannot be changed: the object has to be made anew."""
    renamed = True
    """Whether its objects can be renamed, and so carry their identity as a label."""

    def client(self, project: CloudProject) -> Any:
        return getattr(project.api, self.client_name)

    def list_objects(self, project: CloudProject, selector: str | None, wants: list[Want]) -> list[Any]:
        """All objects with the labels, or all that there are, in a call per 50."""
        return list(self.client(project).get_all(label_selector=selector))

    def find_by_name(self, project: CloudProject, want: Want) -> Any:
        """The object that has the name, whoever owns it; None where the name is free."""
        return self.client(project).get_by_name(want["name"])

    def again(self, project: CloudProject, bound: Any) -> Any:
        """The object as it is now, by its id; None when it is gone."""
        try:
            return self.client(project).get_by_id(bound.id)
        except APIException as error:
            if error.code == GONE:
                return None
            raise

    @abstractmethod
    def describe(self, project: CloudProject, bound: Any) -> Want:
        """The object in the form of the desired state. What the API does not say is None: unreadable, not different."""

    def half_made(self, project: CloudProject, bound: Any) -> str:
        """Why the object is no whole one, though it is there; empty where it is."""
        return ""

    def passing(self, seen: Want) -> bool:
        """Whether the object is on its way to a state, so that it has to be looked at again."""
        return False

    def in_flux(self, seen: Want) -> str:
        """Why nobody knows whether the object works, as somebody's work on it or an unknown state; empty where it is known."""
        return ""

    def unreadable(self, want: Want, seen: Want) -> list[str]:
        """What the API does not say of it, or says in words that are not known here."""
        return []

    def brought_by_others(self, want: Want, seen: Want) -> str:
        """What differs and something else than an apply brings, in words; empty where nothing does."""
        return ""

    @abstractmethod
    def create(self, project: CloudProject, want: Want) -> Any:
        """Make it and wait for it; the object."""

    def hindrance(self, project: CloudProject, want: Want) -> str:
        """Why it cannot be made now, and what would help; empty where it can."""
        return ""

    def must_be_replaced(self, project: CloudProject, bound: Any, want: Want, seen: Want) -> list[str]:
        """What differs and cannot be changed, in words."""
        return [
            f"{field} {seen[field]} → {want[field]}"
            for field in self.replaced
            if seen[field] is not None and seen[field] != want[field]
        ]

    def effects_of_replacing(self, seen: Want) -> Effects:
        """What is lost when another takes its place."""
        return frozenset((Effect.REPLACES,))

    def price_of_another(self, project: CloudProject, want: Want, seen: Want) -> str:
        """What making it anew costs, in words; empty where the price stays."""
        return ""

    def changes(self, project: CloudProject, bound: Any, want: Want, seen: Want) -> Iterator[ResourceChange]:
        """What is not as desired, in the order in which it is fixed."""
        yield from self._named_and_labelled(project, bound, want, seen)
        yield from self._protected(bound, want, seen)

    def _named_and_labelled(
        self, project: CloudProject, bound: Any, want: Want, seen: Want
    ) -> Iterator[ResourceChange]:
        if bound.name != want["name"]:
            what, holder = f"rename {bound.name} (#{bound.id}) to {want['name']}", self.find_by_name(project, want)
            if holder is not None and project.word_for(want["kind"], holder.id) is None:
                way = f"#{holder.id}, which is not this tenant's, has that name: rename one of them in the console"
                yield ResourceChange(what, lambda: None, blocked=way)
            else:
                yield ResourceChange(what, lambda: _renamed(bound, want, holder))
        words = [f"labels {shown_labels(seen['labels'], want['labels'])}"] if seen["labels"] != want["labels"] else []
        held = labels_of(bound)
        if held.get(OBJECT) != identity(want["name"]) or LEAVING in held:
            words.append(f"mark as {want['name']}")
        if words:
            labels = identity_labels(want["labels"], want["name"], bound)
            yield ResourceChange("; ".join(words), lambda: bound.update(labels=labels))

    def _protected(self, bound: Any, want: Want, seen: Want) -> Iterator[ResourceChange]:
        if "protected" in want and seen["protected"] is not None and seen["protected"] != want["protected"]:
            word = "protect from deletion" if want["protected"] else "remove the deletion protection"
            effects = NOTHING if want["protected"] else frozenset((Effect.UNPROTECTS,))
            yield ResourceChange(word, lambda: self.protect(bound, want["protected"]), effects)

    def protect(self, bound: Any, on: bool) -> Any:
        """Switch the protection from deletion; an action."""
        return bound.change_protection(delete=on)

    def not_carried_over(self, project: CloudProject, bound: Any) -> list[str]:
        """What others put on an object that one in its place would not have, in words; a replacement waits for them."""
        return []

    def in_the_way(self, project: CloudProject, bound: Any) -> list[str]:
        """What is not the tenant's and would be harmed, or keeps it from being deleted."""
        return []

    def users(self, project: CloudProject, bound: Any) -> list[str]:
        """Servers of the tenant that would lose it while they run, by the names that --allow takes for them."""
        return []

    def delete(self, project: CloudProject, bound: Any) -> Any:
        """Free it from what keeps the API from deleting it, and delete it; an action, or what the call gives."""
        return bound.delete()


def _renamed(bound: Any, want: Want, holder: Any) -> None:
    """PUT gives the object, not an action. Two may have swapped their names: the other one gets its own in its turn."""
    if holder is not None and holder.id != bound.id:
        holder.update(name=name_aside(want["name"], holder.id))
    bound.update(name=want["name"])


def is_protected(bound: Any) -> bool | None:
    """Whether an object is protected from deletion; None where the API does not say."""
    found = getattr(bound, "protection", None)
    return None if found is None else bool(found.get("delete", False))


def shown_labels(have: dict[str, str], want: dict[str, str]) -> str:
    """The labels that differ."""
    keys = sorted(key for key in {*have, *want} if have.get(key) != want.get(key))
    return ", ".join(f"{key}: {have.get(key, 'none')} → {want.get(key, 'none')}" for key in keys)


def common(kind: str, bound: Any) -> Want:
    """What is seen of every kind."""
    return {"kind": kind, "name": bound.name, "labels": plain_labels(bound), "object": labels_of(bound).get(OBJECT)}
