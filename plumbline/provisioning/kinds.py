"""What all kinds of objects have in common: found, seen in the form of the desired state, made, changed, deleted."""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from hcloud import APIException, Client

from plumbline.provisioning.calls import GONE, Failed

Want = dict[str, Any]
"""An object of the desired state."""


class Project:
    """What is known of the provider's project, as far as it is the tenant's."""

    def __init__(self, api: Client, pause: Callable[[float], None] = time.sleep):
        self.api = api
        self.pause = pause
        self.held: dict[tuple[str, str], Any] = {}
        """The tenant's objects by kind and name."""

    def lookup(self, kind: str, name: str) -> Any:
        """An object of the tenant. Raises Failed where there is none."""
        if (kind, name) not in self.held:
            raise Failed(f"there is no {kind} {name}")
        return self.held[kind, name]

    def name_of(self, kind: str, id: int) -> str:
        """The name of an object; `#id` for what is not the tenant's."""
        return next((name for (each, name), bound in self.held.items() if each == kind and bound.id == id), f"#{id}")


@dataclass(frozen=True)
class Change:
    """Something that is not as desired, and what mends it."""

    what: str
    do: Callable[[], Any]
    """Returns an action, a list of them, or None."""
    leave: bool = False
    """Whether the operator has to allow it by the object's name: it loses something, or stops a server."""
    replaces: bool = False
    """Whether the object is deleted and made anew."""


class Kind(ABC):
    """What all kinds have in common: labels, protection, and listing by the owner's labels."""

    client_name: str
    """Name of the SDK's client for the kind."""
    replaced: tuple[str, ...] = ()
    """Fields that cannot be changed: the object has to be made anew."""

    def client(self, project: Project) -> Any:
        return getattr(project.api, self.client_name)

    def listed(self, project: Project, selector: str | None, wants: list[Want]) -> list[Any]:
        """All objects with the labels, or all that there are, in a call per 50."""
        return list(self.client(project).get_all(label_selector=selector))

    def named(self, project: Project, want: Want) -> Any:
        """The object that has the name, whoever owns it; None where the name is free."""
        return self.client(project).get_by_name(want["name"])

    def again(self, project: Project, bound: Any) -> Any:
        """The object as it is now; None when it is gone."""
        try:
            return self.client(project).get_by_id(bound.id)
        except APIException as error:
            if error.code == GONE:
                return None
            raise

    @abstractmethod
    def seen(self, project: Project, bound: Any) -> Want:
        """The object in the form of the desired state."""

    @abstractmethod
    def create(self, project: Project, want: Want) -> Any:
        """Make it and wait for it; the object."""

    def must_be_replaced(self, project: Project, want: Want, seen: Want) -> list[str]:
        """What differs and cannot be changed, in words."""
        return [f"{field} {seen[field]} → {want[field]}" for field in self.replaced if seen[field] != want[field]]

    def price_of_another(self, project: Project, want: Want, seen: Want) -> str:
        """What making it anew costs, in words; empty where the price stays."""
        return ""

    def changes(self, project: Project, bound: Any, want: Want, seen: Want) -> Iterator[Change]:
        """What is not as desired, in the order in which it is mended."""
        labels = want["labels"]
        if seen["labels"] != labels:
            yield Change(f"labels {shown_labels(seen['labels'], labels)}", lambda: bound.update(labels=labels))
        if "protected" in want and seen["protected"] != want["protected"]:
            word = "protect from deletion" if want["protected"] else "lift the protection from deletion"
            yield Change(word, lambda: self.protect(bound, want["protected"]), leave=not want["protected"])

    def protect(self, bound: Any, on: bool) -> Any:
        """Switch the protection from deletion; an action."""
        return bound.change_protection(delete=on)

    def delete(self, project: Project, bound: Any) -> Any:
        """Free it from what keeps the API from deleting it, and delete it; an action, or what the call gives."""
        return bound.delete()


def shown_labels(have: dict[str, str], want: dict[str, str]) -> str:
    """The labels that differ."""
    keys = sorted(key for key in {*have, *want} if have.get(key) != want.get(key))
    return ", ".join(f"{key}: {have.get(key, 'none')} → {want.get(key, 'none')}" for key in keys)
