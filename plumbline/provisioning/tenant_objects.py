"""Finds a tenant's objects: by labels and ids, and by name alone only to see whose the name is."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from hcloud import Client

from plumbline.provisioning.calls import Failed, Refused
from plumbline.provisioning.dns_records import RecordKind
from plumbline.provisioning.kinds import CloudProject, Key, UnplannedObject, Want
from plumbline.provisioning.labels import LEAVING, OBJECT, identity, labels_of, owned_by
from plumbline.provisioning.lifecycle import objects_now
from plumbline.provisioning.plan import digest
from plumbline.provisioning.servers import kinds

ODD = (AttributeError, KeyError, TypeError, ValueError)
"""What reading an answer in an unknown form ends in."""


class TenantObjects:
    """A tenant's desired state and what of it is there."""

    def __init__(
        self, api: Client, desired: dict[str, Any], pause: Callable[[float], None], allowed: Iterable[str] = ()
    ):
        self.desired = desired
        self.kinds = kinds()
        self.records = next(kind for kind in self.kinds.values() if isinstance(kind, RecordKind))
        self.project = CloudProject(api, pause)
        self.project.allowed = self.allowed = frozenset(allowed)
        self.wants: dict[Key, Want] = {(want["kind"], want["name"]): want for want in objects_now(desired)}
        self.blocked: dict[Key, str] = {}
        """Why a desired object cannot be taken for what has its name, or its identity."""

    def read(self) -> None:
        """List each kind by the owner's labels, then ask for each missing name."""
        selector = ",".join(f"{key}={value}" for key, value in sorted(self.desired["ownership"].items()))
        self.project.held, self.project.others, self.project.rivals, self.blocked = {}, [], [], {}
        self.project.renewed, self.project.waiting = set(), set()
        for kind_name, kind in self.kinds.items():
            wants = [want for want in self.desired["objects"] if want["kind"] == kind_name]
            try:
                self._sort(kind_name, kind.list_objects(self.project, selector, wants))
            except ODD as error:
                raise Failed(
                    f"the answer to GET /{kind.client_name} is not one of the API ({type(error).__name__}: {error}); nothing was done"
                ) from None
        for key in self.wants:
            if key not in self.project.held and key not in self.blocked:
                self.find(key)
        self._tell_apart()

    def _tell_apart(self) -> None:
        """The word for one object is never that for another of another kind: a volume may be named after its server."""
        bearers: dict[str, set[str]] = {}
        known = [(want["kind"], str(want["name"])) for want in self.desired["objects"]]
        for kind, name in known + [(other.kind, other.word) for other in self.project.others]:
            bearers.setdefault(name, set()).add(kind)
        self.project.others = [
            replace(other, word=f"{other.kind}:{other.word}")
            if len(bearers[other.word]) > 1 and not other.successor
            else other
            for other in self.project.others
        ]

    def _sort(self, kind_name: str, found: list[Any]) -> None:
        """Give each object to the desired one that it is."""
        claims: dict[str, list[Any]] = {}
        # a list that changes between two of its pages may give an object twice
        for bound in sorted({bound.id: bound for bound in found}.values(), key=lambda bound: str(bound.id)):
            if not self.ours(kind_name, bound):
                continue  # something in between dropped the selector: the whole project was the answer
            name = self._desired_name(kind_name, bound)
            if name is not None:
                claims.setdefault(name, []).append(bound)
            elif kind_name != "ssh_key":
                self.project.others.append(UnplannedObject(kind_name, bound, str(bound.name)))
        for name, bounds in claims.items():
            staying = [bound for bound in bounds if LEAVING not in labels_of(bound)] or bounds
            if len(staying) > 1:
                both = " and ".join(f"#{bound.id} ({bound.name})" for bound in staying)
                self.blocked[kind_name, name] = f"{both} both claim to be it: delete one, or its label {OBJECT}"
                self.project.rivals += [UnplannedObject(kind_name, bound, name) for bound in bounds]
                continue
            self.project.held[kind_name, name] = staying[0]
            self.project.others += [
                UnplannedObject(kind_name, bound, name, True) for bound in bounds if bound is not staying[0]
            ]

    def ours(self, kind: str, bound: Any) -> bool:
        """Whether an object carries the tenant's labels; keys are the project's, and carry none."""
        return kind == "ssh_key" or owned_by(bound, self.desired["ownership"])

    def _desired_name(self, kind_name: str, bound: Any) -> str | None:
        """The name that the desired state has for an object; None for one that is not desired."""
        wants = [want for key, want in self.wants.items() if key[0] == kind_name]
        if kind_name == "ssh_key":
            return next((want["name"] for want in wants if want["fingerprint"] == bound.fingerprint), None)
        if kind_name == "record":
            return next(
                (want["name"] for want in wants if (want["name"], want["type"]) == (bound.name, bound.type)), None
            )
        label = labels_of(bound).get(OBJECT)
        if label is not None:
            return next((want["name"] for want in wants if identity(want["name"]) == label), None)
        return next((want["name"] for want in wants if want["name"] == bound.name), None)

    def find(self, key: Key) -> Any:
        """The tenant's object that has a desired name, or None; a foreign one blocks it."""
        kind = self.kinds[key[0]]
        bound = kind.find_by_name(self.project, self.wants[key])
        if bound is None:
            return None
        if not self.ours(key[0], bound):
            labels = ", ".join(f"{name}={value}" for name, value in self.desired["ownership"].items())
            self.blocked[key] = (
                f"exists and is not ours (#{bound.id}): it lacks the labels {labels}. Rename or delete it, or give it the "
                "labels if it is this tenant's"
            )
            return None
        if kind.renamed and labels_of(bound).get(OBJECT, identity(key[1])) != identity(key[1]):
            self.blocked[key] = f"#{bound.id} has this name and is {labels_of(bound)[OBJECT]}: rename it"
            return None
        self.project.held[key] = bound
        return bound

    def require_found(self, key: Key) -> Any:
        """As `find`. Raises Refused where the name is somebody else's."""
        bound = self.find(key)
        if bound is None and key in self.blocked:
            raise Refused(f"{key[0]} {key[1]}: {self.blocked[key]}")
        return bound

    def leftovers(self) -> list[tuple[str, bool]]:
        """What stays in the project when the tenant goes, in words, and whether it is there: SSH keys and zones."""
        wants = self.desired["objects"]
        keys = [want for want in wants if want["kind"] == "ssh_key"]
        found = [
            (f"SSH key {want['name']}", self.kinds["ssh_key"].find_by_name(self.project, want) is not None)
            for want in keys
        ]
        zones = sorted({want["zone"] for want in wants if want["kind"] == "record"})
        return found + [(f"zone {zone}", self.records.has_zone(self.project, zone)) for zone in zones]

    def describe(self, key: Key) -> Want:
        """An object that is there, in the form of the desired state."""
        return self.kinds[key[0]].describe(self.project, self.project.held[key])

    def known_names(self) -> set[str]:
        """Names that --allow may give."""
        held = {str(bound.name) for (kind, _), bound in self.project.held.items() if kind != "ssh_key"}
        desired = {want["name"] for want in self.desired["objects"]}
        return (
            desired
            | held
            | {other.word for other in self.project.others}
            | {str(rival.bound.name) for rival in self.project.rivals}
        )

    def fingerprint(self) -> str:
        """What is there of the tenant, in one hash."""
        held = [
            (*key, getattr(bound, "id", None), self._readable(key[0], bound))
            for key, bound in self.project.held.items()
        ]
        others = [
            (other.kind, other.word, other.bound.id, self._readable(other.kind, other.bound))
            for other in (*self.project.others, *self.project.rivals)
        ]
        return digest(sorted([*held, *others], key=str))

    def _readable(self, kind: str, bound: Any) -> Any:
        try:
            return canonical(self.kinds[kind].describe(self.project, bound))
        except ODD:
            return None


def canonical(value: Any) -> Any:
    """Plain data in which no list has an order, for the API's lists are sets."""
    if isinstance(value, dict):
        return {key: canonical(each) for key, each in value.items()}
    return sorted((canonical(each) for each in value), key=str) if isinstance(value, list) else value
