"""`catalogue.yaml`: what the cloud provider offered, and for how much, on one day."""

from typing import Annotated, Literal

from pydantic import Field

from schema.forms import form
from schema.platform import Version
from schema.types import Date, Id, Int, LineId, LocationId, Model, Number, Text, Title

Architecture = Literal["x86", "arm"]
Price = Annotated[Number, Field(ge=0)]
CloudName = Annotated[
    str,
    form(r"^[a-z0-9]+([.-][a-z0-9]+)*$", "the provider's name in lower case, e.g. cx22 or debian-12", max_length=63),
]
"""Name of a server type or an image at the provider."""


class CloudLocation(Model):
    """A location of the provider."""

    title: Title
    """City and country."""
    zone: Id
    """Network zone; a private network joins servers of one zone."""


class Line(Model):
    """A line of server types, sold in the same locations."""

    title: Title
    """What it is."""
    architecture: Architecture
    """Instruction set of its processors."""
    locations: Annotated[tuple[LocationId, ...], Field(min_length=1)]
    """Where it is sold; a type that is sold may be sold out."""


class ServerType(Model):
    """A server type; a size that no source gives is absent."""

    line: LineId
    """Its line."""
    vcpus: Int | None = None
    """Virtual processor cores."""
    memory_gb: Int | None = None
    """Memory in GB of 1024 MiB."""
    disk_gb: Int | None = None
    """Local disk in GB."""
    price: Price | None = None
    """Net price a month of a new order, without IPv4 address; absent where no source gives it."""
    note: Text | None = None
    """What else is known, e.g. why there is no price."""


class DistributionEngine(Model):
    """Docker from the distribution's own packages."""

    engine: Version
    """Version of Docker Engine."""
    compose: Version | None = None
    """Version of Docker Compose; absent where there is no package of it."""
    packages: tuple[
        Annotated[str, form(r"^[a-z0-9][a-z0-9+.-]+$", "the name of a Debian package, e.g. docker.io")], ...
    ] = ()
    """Packages that bring them."""


class OsImage(Model):
    """An operating system that a server can be made with."""

    title: Title
    """Name for readers."""
    unavailable_after: Date | None = None
    """Last day on which a server can be made with it; absent while no end is announced."""
    docker: DistributionEngine | None = None
    """Docker that it can install without a further source; absent where nobody has looked."""


class Extras(Model):
    """Net prices a month of what is not a server; absent where no source gives one."""

    volume_gb: Price | None = None
    """A GB of volume."""
    ipv4: Price | None = None
    """A public IPv4 address."""


class ProjectLimits(Model):
    """Objects that one project may hold, where the provider says so; an account may have others."""

    placement_groups: Annotated[Int, Field(ge=1)] | None = None
    """Placement groups."""
    firewalls: Annotated[Int, Field(ge=1)] | None = None
    """Firewalls."""


class Catalogue(Model):
    """`catalogue.yaml`."""

    date: Date
    """The day on which this was so."""
    max_age_days: Annotated[Int, Field(ge=1)] = 90
    """Days after which the prices have to be looked up again."""
    source: Text
    """Where it is from."""
    currency: Annotated[str, form(r"^[A-Z]{3}$", "a currency's code of three capital letters, e.g. EUR")]
    """Currency of the prices."""
    priced_in: tuple[LocationId, ...] = ()
    """Locations to which the prices of server types apply; elsewhere they are unknown."""
    locations: dict[Id, CloudLocation] = {}
    """Locations by name."""
    lines: dict[Id, Line] = {}
    """Lines of server types."""
    server_types: dict[CloudName, ServerType] = {}
    """Server types by name."""
    images: dict[CloudName, OsImage] = {}
    """Operating systems by name."""
    removed: dict[CloudName, CloudName] = {}
    """Server types and images that are gone, and what took their place."""
    extras: Extras = Extras()
    """Prices of volumes and addresses."""
    limits: ProjectLimits = ProjectLimits()
    """What one project may hold."""
