"""`topology/<mode>.yaml`: a mode, its nodes, and which service runs where."""

from typing import Annotated, Literal

from pydantic import Field

from schema.cloud import Cloud
from schema.forms import form
from schema.types import (
    Bool,
    ContainerPath,
    Id,
    Int,
    Model,
    Number,
    RoleId,
    ServerTypeId,
    ServiceId,
    Text,
    Title,
    UrlPath,
    documentation,
)


class NodeSize(Model):
    """What one node of the role has."""

    vcpus: Annotated[Int, Field(ge=1, le=4096)]
    """Virtual processor cores."""
    overcommit: Annotated[Number, Field(ge=1, le=100)] = 1
    """How many times its cores the services' CPU limits may add up to: a limit is a ceiling, and not all need theirs at once."""
    memory_mib: Annotated[Int, Field(ge=256, le=16_777_216)]
    """Memory in MiB."""
    disk_gb: Annotated[Int, Field(ge=1)]
    """Local disk in GB."""
    reserve_mib: Annotated[Int, Field(ge=0)]
    """Memory in MiB kept for the operating system and the engine."""


class Role(Model):
    """Nodes that do the same job; one compose project."""

    title: Title
    """What the role does."""
    scope: Literal["shared", "tenant"] = "tenant"
    """`shared`: one set for all tenants; `tenant`: a set of its own for each."""
    count: Annotated[Int, Field(ge=0, le=250)] = 1
    """Nodes at the start."""
    max_count: Annotated[Int, Field(ge=1, le=250)] = 1
    """Nodes at most (horizontal scaling)."""
    size: NodeSize
    """What one node has."""
    server_type: ServerTypeId | None = None
    """Server type of the cloud (catalogue.yaml)."""
    fallbacks: tuple[ServerTypeId, ...] = ()
    """Server types to take instead, in order, when the first is sold out."""
    variant_of: RoleId | None = None
    """The role that this one can take the place of (vertical scaling); it then has no services of its own."""
    first_host: Annotated[Int, Field(ge=2, le=250)] | None = None
    """Host number of its first node in the tenant's subnet; further nodes follow."""
    services: tuple[ServiceId, ...] = ()
    """Services that run on each node of the role."""


class Issuer(Model):
    """A certificate authority that speaks ACME (RFC 8555)."""

    directory: Annotated[
        str,
        form(
            r"^https://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[A-Za-z0-9._~%/-]*)?$",
            "an https URL, e.g. https://acme-v02.api.letsencrypt.org/directory",
        ),
    ]
    """URL of its directory."""
    email: Annotated[
        str, form(r"^[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*$", "an address of e-mail, e.g. ops@example.com")
    ]
    """Address that it writes to, e.g. before a certificate ends."""
    challenge: Literal["http-01", "tls-alpn-01"]
    """How it sees that a host name leads here: a request on port 80, or a TLS handshake on port 443."""


class EntryTls(Model):
    """How the entry proves to clients that it is the tenant's host."""

    issuer: Issuer | None = None
    """Who issues certificates for tenants whose `certificate` is `issued`."""
    own_certificates: ContainerPath | None = None
    """Folder in the entry's container with `<tenant>.crt` and `<tenant>.key` of each tenant whose `certificate` is `own`."""


class Entry(Model):
    """What is in front of the platform in this mode."""

    service: ServiceId
    """Service that outside requests reach first."""
    requests_per_minute: Annotated[Int, Field(ge=1)] | None = None
    """Rate limit per tenant."""
    backend: ServiceId | None = None
    """Service that it passes requests to, when it is a proxy."""
    backend_port: Annotated[Int, Field(ge=1, le=65535)] | None = None
    """Port on the backend's node."""
    health_path: UrlPath | None = None
    """Path that it asks to learn whether a backend is alive."""
    health_interval_s: Annotated[Int, Field(ge=1)] | None = None
    """Seconds between those questions."""
    tls: EntryTls | None = None
    """Where its certificates come from; absent where it speaks plain HTTP."""


class Scaling(Model):
    """How a role grows."""

    role: RoleId
    """Role that grows."""
    direction: Literal["horizontal", "vertical"]
    """More nodes, or a larger one."""
    trigger: Text
    """When."""
    how: Text
    """By what."""


class Availability(Model):
    """What happens when a part fails."""

    failure: Text = documentation("What fails.")
    effect: Text = documentation("What users see.")
    recovery: Text = documentation("What brings it back.")


class Topology(Model):
    """A mode of the platform: its nodes and what surrounds them."""

    title: Title
    """Name for readers."""
    summary: Text
    """What the mode is."""
    tenancy: Literal["many", "one"]
    """Whether it serves many tenants or exactly one."""
    egress: Bool
    """Whether containers may open connections to the outside."""
    entry: Entry
    """What outside requests reach first."""
    roles: Annotated[dict[Id, Role], Field(min_length=1)]
    """Roles by id."""
    cloud: Cloud | None = None
    """Cloud objects; absent where the nodes are the customer's."""
    scaling: tuple[Scaling, ...] = ()
    """How it grows."""
    availability: tuple[Availability, ...] = documentation("What happens when a part fails.", default=())
