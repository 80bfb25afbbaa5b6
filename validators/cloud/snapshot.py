"""What was read of a project, as plain data."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Seen = dict[str, Any]
"""An object in the form of the desired state, with what else was seen of it; other objects by name, `#id` for what is gone."""


@dataclass(frozen=True)
class Offer:
    """A server type at a location, or an image: until when it can be ordered."""

    until: str | None
    """Day, ISO 8601; None while no end is announced."""


@dataclass(frozen=True)
class Snapshot:
    """A project at one moment. Every kind was listed once."""

    objects: tuple[Seen, ...]
    """Each has `kind`, `name` and `labels`."""
    server_types: Mapping[str, Mapping[str, Offer]]
    """Offers by type and location."""
    images: Mapping[str, Offer]
    """Operating systems by name."""
    zones: frozenset[str]
    """DNS zones of the desired states that the project has."""

    def of_kind(self, kind: str) -> list[Seen]:
        """The objects of a kind."""
        return [seen for seen in self.objects if seen["kind"] == kind]


def owned(seen: Seen, ownership: Mapping[str, str]) -> bool:
    """Whether an object has all labels of an owner."""
    labels: Mapping[str, str] = seen["labels"]
    return ownership.items() <= labels.items()
