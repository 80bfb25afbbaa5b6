"""`cloud` of a topology: what exists at the cloud provider for each tenant."""

from typing import Annotated, Literal

from pydantic import Field

from schema.types import (
    Bool,
    Cidr,
    Id,
    Int,
    LocationId,
    Model,
    OsImageId,
    Protocol,
    RoleId,
    Text,
    Value,
    ZoneId,
)

LabelKey = Annotated[str, Field(pattern=r"^[a-z0-9_]+$")]


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
    mount: Annotated[str, Field(pattern=r"^(/[A-Za-z0-9_][A-Za-z0-9_.-]*)+$")]
    """Where it is mounted; units are named after it, so letters, digits and `-_.` only."""
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
    placement_group: Text
    """Placement group."""
    server: Text
    """Server."""


class Dns(Model):
    """The record that leads to the entry point."""

    zone: Text
    """Registrable domain of the zone."""
    record: Text
    """Record name in the zone, with `{tenant}`."""
    type: Literal["A", "AAAA"]
    """Record type."""
    ttl_s: Annotated[Int, Field(ge=60)]
    """Time to live in seconds."""
    target: RoleId
    """Role that it leads to."""
    address: Id
    """Which of `addresses` that role has."""


class SshKey(Model):
    """A public key of people who may enter servers; it belongs to the project, not to a tenant."""

    public_key: Annotated[
        str, Field(pattern=r"^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521)) [A-Za-z0-9+/=]+( \S.*)?$")
    ]
    """The key as OpenSSH writes it: type, base64, comment."""


class FirstBoot(Model):
    """What a server makes of itself at its first boot."""

    administrator: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,30}$")] = "ops"
    """The account that people enter with an SSH key; it may do everything by sudo. Root and passwords are shut out."""
    timezone: Annotated[str, Field(pattern=r"^[A-Z][A-Za-z]*(/[A-Z][A-Za-z_+-]*[0-9]*)*$")] = "Etc/UTC"
    """Time zone of clock, logs and `reboot_at`, as the tz database names it."""
    reboot_at: Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")] = "03:30"
    """Time of day at which a server restarts when a security update needs it."""


class Cloud(Model):
    """What exists at the cloud provider for each tenant."""

    provider: Literal["hetzner"]
    """The cloud."""
    location: LocationId
    """Location of servers and volumes."""
    network_zone: ZoneId
    """Zone of the private network."""
    image: OsImageId
    """Operating system image, e.g. `debian-12`."""
    spread_servers: Bool
    """Whether a tenant's servers are kept on different hosts (placement group)."""
    ssh_keys: Annotated[dict[Id, SshKey], Field(min_length=1)]
    """Keys that servers are made with, by name; the shipped one opens nothing."""
    first_boot: FirstBoot = FirstBoot()
    """Administrator, clock and restarts of the servers."""
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
    ownership: Annotated[dict[LabelKey, Text], Field(min_length=1)]
    """Labels by which a tenant's objects are recognised, with `{tenant}`; an object that has its name and not these is a stranger's."""
    labels: dict[LabelKey, Text]
    """Further labels, with `{tenant}`, `{environment}` and, on servers, `{role}`."""
    protected: tuple[Literal["network", "volume", "server"], ...] = ()
    """Kinds of objects that the provider deletes only once their protection is lifted."""
    environment: Id
    """Value of `{environment}`, e.g. `production`."""
    addresses: dict[Id, Cidr]
    """Named addresses that rules refer to, e.g. the bastion; the shipped ones are documentation addresses."""
