"""The dated catalogue of server types, for checks without a network."""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class ServerType:
    """A server type; sizes that the catalogue does not know are None."""

    name: str
    locations: tuple[str, ...]
    vcpus: int | None
    memory_gb: int | None
    disk_gb: int | None


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What could be ordered on a day."""

    date: str
    types: dict[str, ServerType]
    removed: dict[str, str]
    """Types that no longer exist, and what took their place."""
    zones: dict[str, str]
    """Network zone of each location."""


@cache
def catalogue() -> Catalogue:
    """The catalogue that comes with the package."""
    data = json.loads(files("validators.rules").joinpath("server_types.json").read_text("utf-8"))
    types = {
        name: ServerType(
            name,
            tuple(data["lines"][entry["line"]]),
            entry.get("vcpus"),
            entry.get("memory_gb"),
            entry.get("disk_gb"),
        )
        for name, entry in data["types"].items()
    }
    return Catalogue(data["date"], types, data["removed"], data["zones"])
