"""Operating system images whose first boot is known, and the engine that each brings."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class System:
    """What the distribution's own packages are, by the names and versions of 2026-11."""

    engine: str
    """Docker Engine."""
    compose: str | None
    """Docker Compose; None where the distribution has no plugin of this kind."""
    packages: tuple[str, ...] = ()
    """Packages that bring them."""


SYSTEMS: Mapping[str, System] = {
    "debian-12": System("20.10", None),
    "debian-13": System("26.1.5", "2.26.1", ("docker.io", "docker-cli", "docker-compose")),
}
"""By the cloud's name of the image; read in the distribution's package index on 2026-11-23."""
