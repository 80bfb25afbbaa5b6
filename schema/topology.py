"""`topology/<mode>.yaml`: a mode, its nodes, and which service runs where."""

from typing import Annotated, Literal

from pydantic import Field

from schema.types import (
    AbsolutePath,
    Bool,
    Cidr,
    Id,
    Int,
    Model,
    Protocol,
    RoleId,
    ServiceId,
    Text,
    Value,
    documentation,
)


class NodeSize(Model):
    """What one node of the role has."""

    vcpus: Annotated[Int, Field(ge=1)]
    """Virtual processor cores."""
    memory_mib: Annotated[Int, Field(ge=256)]
    """Memory in MiB."""
    disk_gb: Annotated[Int, Field(ge=1)]
    """Local disk in GB."""
    reserve_mib: Annotated[Int, Field(ge=0)]
    """Memory in MiB kept for the operating system and the engine."""


class Role(Model):
    """Nodes that do the same job; one compose project."""

    title: Text
    """What the role does."""
    scope: Literal["shared", "tenant"] = "tenant"
    """`shared`: one set for all tenants; `tenant`: a set of its own for each."""
    count: Annotated[Int, Field(ge=0)] = 1
    """Nodes at the start."""
    max_count: Annotated[Int, Field(ge=1)] = 1
    """Nodes at most (horizontal scaling)."""
    size: NodeSize
    """What one node has."""
    server_type: Id | None = None
    """Server type of the cloud, as orderable on the catalogue's date."""
    fallbacks: tuple[Id, ...] = ()
    """Server types to take instead, in order, when the first is sold out."""
    variant_of: RoleId | None = None
    """The role that this one can take the place of (vertical scaling); it then has no services of its own."""
    first_host: Annotated[Int, Field(ge=2, le=250)] | None = None
    """Host number of its first node in the tenant's subnet; further nodes follow."""
    services: tuple[ServiceId, ...] = ()
    """Services that run on each node of the role."""


class FirewallRule(Model):
    """What a cloud firewall lets through on the public interface; all rules allow, order has no meaning."""

    title: Text
    """Why it is open."""
    protocol: Protocol
    """Transport protocol."""
    port: Annotated[str, Field(pattern=r"^(any|[0-9]{1,5}(-[0-9]{1,5})?)$")] | None = None
    """Port, range `a-b` or `any`; none for icmp."""
    peers: Annotated[tuple[Value, ...], Field(min_length=1)]
    """Sources of an inbound rule, destinations of an outbound one: CIDRs, or templates that yield one."""


class Firewall(Model):
    """Rules of the public interface. It never filters a private network; separate networks isolate tenants."""

    inbound: tuple[FirewallRule, ...]
    """What may come in; anything else is dropped."""
    outbound: tuple[FirewallRule, ...]
    """What may go out; one rule turns the default from accept into deny."""


class CloudNetwork(Model):
    """The private network of one tenant."""

    range: Annotated[str, Field(pattern=r"^10\.\{octet\}\.0\.0/16$")]
    """Address range with `{octet}` for the tenant's octet."""
    subnet: Annotated[str, Field(pattern=r"^10\.\{octet\}\.[0-9]{1,3}\.0/[0-9]{1,2}$")]
    """Subnet of the servers, inside the range."""


class CloudVolume(Model):
    """Block storage of a tenant's stores."""

    size_gb: Annotated[Int, Field(ge=10, le=10240)]
    """Size in GB."""
    format: Literal["ext4", "xfs"]
    """File system."""
    mount: AbsolutePath
    """Where it is mounted."""
    role: RoleId
    """Role whose node it is attached to."""


class Names(Model):
    """Names of cloud objects; `{tenant}`, `{role}` and `{index}` stand for their values."""

    network: Text
    """Private network."""
    firewall: Text
    """Firewall."""
    volume: Text
    """Volume."""
    server: Text
    """Server."""


class Dns(Model):
    """The record that leads to the entry point."""

    zone: Text
    """Registrable domain of the zone."""
    record: Text
    """Record name in the zone, with `{tenant}`."""
    type: Literal["A", "AAAA", "CNAME"]
    """Record type."""
    ttl_s: Annotated[Int, Field(ge=60)]
    """Time to live in seconds."""
    target: RoleId
    """Role whose address it points to."""


class Issuer(Model):
    """A certificate authority that speaks ACME (RFC 8555)."""

    directory: Annotated[str, Field(pattern=r"^https://\S+$")]
    """URL of its directory."""
    email: Annotated[str, Field(pattern=r"^\S+@\S+$")]
    """Address that it writes to, e.g. before a certificate ends."""
    challenge: Literal["http-01", "tls-alpn-01"]
    """How it sees that a host name leads here: a request on port 80, or a TLS handshake on port 443."""


class EntryTls(Model):
    """How the entry proves to clients that it is the tenant's host."""

    issuer: Issuer | None = None
    """Who issues certificates for tenants whose `certificate` is `issued`."""
    own_certificates: AbsolutePath | None = None
    """Folder in the entry's container with `<tenant>.crt` and `<tenant>.key` of each tenant whose `certificate` is `own`."""


class Entry(Model):
    """What stands before the platform in this mode."""

    service: ServiceId
    """Service that outside requests reach first."""
    requests_per_minute: Annotated[Int, Field(ge=1)] | None = None
    """Rate limit per tenant."""
    backend: ServiceId | None = None
    """Service that it passes requests to, when it is a proxy."""
    backend_port: Annotated[Int, Field(ge=1, le=65535)] | None = None
    """Port on the backend's node."""
    health_path: AbsolutePath | None = None
    """Path that it asks to learn whether a backend is alive."""
    health_interval_s: Annotated[Int, Field(ge=1)] | None = None
    """Seconds between those questions."""
    tls: EntryTls | None = None
    """Where its certificates come from; absent where it speaks plain HTTP."""


class Cloud(Model):
    """What exists at the cloud provider for each tenant."""

    provider: Literal["hetzner"]
    """The cloud."""
    location: Id
    """Location of servers and volumes."""
    network_zone: Id
    """Zone of the private network."""
    image: Id
    """Operating system image."""
    spread_servers: Bool
    """Whether servers of a role are kept on different hosts (placement group)."""
    network: CloudNetwork
    """Private network."""
    firewall: Firewall
    """Firewall of the public interfaces."""
    volume: CloudVolume
    """Volume of the stores."""
    dns: Dns
    """DNS record."""
    names: Names
    """Names of the objects."""
    labels: dict[Annotated[str, Field(pattern=r"^[a-z0-9_]+$")], Text]
    """Labels of every object, with `{tenant}`, `{environment}` and `{role}`."""
    environment: Id
    """Value of `{environment}`, e.g. `production`."""
    addresses: dict[Id, Cidr]
    """Named addresses that rules refer to, e.g. the bastion; the shipped ones are documentation addresses."""


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
    """A mode of the platform: its nodes and what stands around them."""

    title: Text
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
