"""What was read of a project, as plain data."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from validators.cloud.raw import Raw, labels, number, text


@dataclass(frozen=True)
class CloudObject:
    """An object of the project."""

    kind: str
    """In the singular, as the desired state calls it: `server`, `record`, …"""
    raw: Raw
    """As the API shows it."""
    zone: str = ""
    """Of a record: the name of its zone."""

    @cached_property
    def id(self) -> int | None:
        """Its number; a record has none."""
        return number(self.raw, "id")

    @cached_property
    def name(self) -> str:
        """Its name; `#id` where it has none."""
        return text(self.raw, "name") or (f"#{self.id}" if self.id is not None else "without a name")

    @cached_property
    def type(self) -> str:
        """The type of a record, an image, an address, …"""
        return text(self.raw, "type") or ""

    @cached_property
    def labels(self) -> dict[str, str] | None:
        """None when they cannot be told."""
        return labels(self.raw)

    @property
    def key(self) -> tuple[str, ...]:
        """By what it is known in its project."""
        return (self.kind, self.name, self.zone, self.type if self.kind == "record" else "")

    @property
    def subject(self) -> str:
        """How it is called in reports."""
        said = text(self.raw, "description") if self.kind == "image" and not text(self.raw, "name") else None
        return subject_of(self.kind, f"{self.name} {said}" if said else self.name, self.zone, self.type)


def subject_of(kind: str, name: str, zone: str = "", type: str = "") -> str:
    """How an object is called in reports."""
    return f"record {name}.{zone} {type}" if kind == "record" else f"{kind} {name}"


@dataclass(frozen=True)
class OfferEnd:
    """A server type at a location, or an image: until when it can be ordered."""

    until: str | None
    """Day, ISO 8601; None while no end is announced."""


@dataclass(frozen=True)
class Snapshot:
    """A project at one moment. Every kind was listed once."""

    objects: tuple[CloudObject, ...] = ()
    server_types: Mapping[str, Mapping[str, OfferEnd]] = field(default_factory=dict)
    """Offers by type and location."""
    disks: frozenset[int] = frozenset()
    """Sizes of disk in GB that some server type has."""
    images: Mapping[str, OfferEnd] = field(default_factory=dict)
    """Operating systems by name."""
    unread: Mapping[str, str] = field(default_factory=dict)
    """Lists that could not be read, and why: by kind, records by `record ZONE`. What they hold, nobody can tell."""
    unknown: frozenset[str] = frozenset()
    """Fields of objects that this version does not know, e.g. `server.gpu`."""

    def of_kind(self, kind: str) -> list[CloudObject]:
        """The objects of a kind, by name."""
        return self._kinds.get(kind, [])

    def find(self, kind: str, id: Any) -> CloudObject | None:
        """An object by its id."""
        return self._ids.get((kind, id)) if isinstance(id, int) else None

    def name_of(self, kind: str, id: Any) -> str:
        """The name of an object; `#id` for what is gone."""
        found = self.find(kind, id)
        return found.name if found else f"#{id}"

    def names_of(self, kind: str, ids: Iterable[Any]) -> list[str]:
        """Names of objects, sorted."""
        return sorted(self.name_of(kind, each) for each in ids)

    @cached_property
    def _kinds(self) -> dict[str, list[CloudObject]]:
        kinds: dict[str, list[CloudObject]] = {}
        for seen in sorted(self.objects, key=lambda each: (*each.key, each.id or 0)):
            kinds.setdefault(seen.kind, []).append(seen)
        return kinds

    @cached_property
    def _ids(self) -> dict[tuple[str, int], CloudObject]:
        return {(seen.kind, seen.id): seen for seen in self.objects if seen.id is not None}


def is_owned(seen: CloudObject, ownership: Mapping[str, str]) -> bool:
    """Whether an object has all labels of an owner."""
    return seen.labels is not None and ownership.items() <= seen.labels.items()
