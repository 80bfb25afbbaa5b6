"""`cloud` of a topology: what exists at the cloud provider for each tenant."""

from typing import Annotated, Literal

from pydantic import Field

from schema.forms import form, form_of, free_on_a_node, tenant_subnet, time_zone
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
    Title,
    Value,
    ZoneId,
)

LabelKey = Annotated[str, form(r"^[a-z0-9_]+$", "a label's key: lower-case letters, digits and `_`")]


class FirewallRule(Model):
    """What a cloud firewall lets through on the public interface; all rules allow, order has no meaning."""

    title: Title
    """Why it is open."""
    protocol: Protocol
    """Transport protocol."""
    port: (
        Annotated[
            str,
            form(r"^(any|[0-9]{1,5}(-[0-9]{1,5})?)$", "a port, a range of ports such as 8000-8080, or any, in quotes"),
        ]
        | None
    ) = None
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

    range: Annotated[str, form(r"^10\.\{octet\}\.0\.0/16$", "10.{octet}.0.0/16, with the word in braces")]
    """Address range with `{octet}` for the tenant's octet."""
    subnet: Annotated[
        str,
        form(r"^10\.\{octet\}\.[0-9]{1,3}\.0/[0-9]{1,2}$", "a subnet such as 10.{octet}.1.0/24"),
        form_of(tenant_subnet),
    ]
    """Subnet of the servers, inside the range."""


class CloudVolume(Model):
    """Block storage of a tenant's stores."""

    size_gb: Annotated[Int, Field(ge=10, le=10240)]
    """Size in GB."""
    format: Literal["ext4", "xfs"]
    """File system."""
    mount: Annotated[
        str,
        form(
            r"^(/[A-Za-z0-9_][A-Za-z0-9_.-]*)+$",
            "a path on the server: names of letters, digits and - _ . alone, e.g. /srv/data",
        ),
        form_of(free_on_a_node),
    ]
    """Where it is mounted; units are named after it, so letters, digits and `-_.` only."""
    role: RoleId
    """Role whose node it is attached to."""


CloudName = Annotated[
    str,
    form(
        r"^([A-Za-z0-9._-]|\{(tenant|role|index)\})+$",
        "a name of letters, digits and . _ - with `{tenant}`, `{role}` or `{index}` in it, e.g. docpipe-{tenant}-net",
    ),
]


class Names(Model):
    """Names of cloud objects; `{tenant}`, `{role}` and `{index}` stand for their values."""

    network: CloudName
    """Private network."""
    firewall: CloudName
    """Firewall."""
    volume: CloudName
    """Volume."""
    placement_group: CloudName
    """Placement group."""
    server: CloudName
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
        str,
        form(
            r"^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521)) [A-Za-z0-9+/=]+( \S.*)?$",
            "a public key in one line as OpenSSH writes it, e.g. ssh-ed25519 AAAA… name",
        ),
    ]
    """The key as OpenSSH writes it: type, base64, comment."""


class FirstBoot(Model):
    """What a server makes of itself at its first boot."""

    administrator: Annotated[
        str,
        form(
            r"^[a-z][a-z0-9_-]{0,30}$", "an account's name: up to 31 lower-case letters, digits and - _, a letter first"
        ),
    ] = "ops"
    """The account that people enter with an SSH key; it may do everything by sudo. Root and passwords are shut out."""
    timezone: Annotated[
        str,
        form(
            r"^[A-Z][A-Za-z]*(/[A-Z][A-Za-z_+-]*[0-9]*)*$", "a name of the tz database, e.g. Europe/Berlin or Etc/UTC"
        ),
        form_of(time_zone),
    ] = "Etc/UTC"
    """Time zone of clock, logs and `reboot_at`, as the tz database names it."""
    reboot_at: Annotated[str, form(r"^([01][0-9]|2[0-3]):[0-5][0-9]$", "a time of day HH:MM in quotes, e.g. 03:30")] = (
        "03:30"
    )
    """Time of day from which servers restart when a security update needs it."""
    reboot_window_min: Annotated[Int, Field(ge=60, le=1440)] = 180
    """Minutes over which the restarts are spread: the roles of a tenant evenly, so that no two of them restart together, and each
    tenant some minutes after another."""


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
    """Labels by which a tenant's objects are recognised, with `{tenant}`; an object with the right name but without these labels is foreign."""
    labels: dict[LabelKey, Text]
    """Further labels, with `{tenant}`, `{environment}` and, on servers, `{role}`."""
    protected: tuple[Literal["network", "volume", "server"], ...] = ()
    """Kinds of objects that the provider deletes only once their protection is lifted."""
    environment: Id
    """Value of `{environment}`, e.g. `production`."""
    addresses: dict[Id, Cidr]
    """Named addresses that rules refer to, e.g. the bastion; the shipped ones are documentation addresses."""
