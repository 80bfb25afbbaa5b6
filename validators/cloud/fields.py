"""Every field that the API shows of a kind, and what becomes of it: compared, or left out for a reason. Data, no code that decides.

The source is the provider's OpenAPI description; a test holds that each of its fields stands here, and that a field that is
said to be compared is. A field that an answer has and that stands nowhere here is named in the report.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

_CREATED = "when it was made says nothing about what it is"
_ID = "identity: objects refer to each other by it"
_PLACE = "follows from the location's name"
_TYPE = "follows from the type's name; what it costs is for --live-prices"
_METER = "a meter of traffic"
_DATACENTER = "removed from the API on 2026-10-01; the location is compared"
_FOREIGN = "of an object that is not the tenant's: what it reaches is compared, not how it is made"
_LOCATION = {
    f"location.{each}": _PLACE for each in ("id", "description", "country", "city", "latitude", "longitude")
} | {"location.network_zone": _PLACE}
_COMMON = {"id": _ID, "created": _CREATED}
_IMAGE = "an image is known by its name; another number under the name is the provider's renewal"

COMPARED: Mapping[str, tuple[str, ...]] = {
    "server": (
        "name",
        "status",
        "public_net.ipv4.blocked",
        "public_net.ipv6.blocked",
        "public_net.ipv4.dns_ptr",
        "public_net.ipv6.dns_ptr",
        "public_net.ipv4.id",
        "public_net.ipv6.id",
        "public_net.floating_ips",
        "public_net.firewalls",
        "private_net[].network",
        "private_net[].ip",
        "private_net[].alias_ips",
        "server_type.name",
        "server_type.disk",
        "server_type.architecture",
        "location.name",
        "image.name",
        "image.type",
        "iso.name",
        "rescue_enabled",
        "locked",
        "backup_window",
        "protection",
        "labels",
        "volumes",
        "load_balancers",
        "primary_disk_size",
        "placement_group.id",
    ),
    "network": (
        "name",
        "ip_range",
        "subnets[].type",
        "subnets[].ip_range",
        "subnets[].network_zone",
        "subnets[].vswitch_id",
        "routes",
        "servers",
        "load_balancers",
        "protection",
        "labels",
        "expose_routes_to_vswitch",
    ),
    "firewall": ("name", "labels", "rules", "applied_to"),
    "volume": (
        "name",
        "server",
        "location.name",
        "size",
        "linux_device",
        "protection",
        "labels",
        "status",
        "format",
    ),
    "placement_group": ("name", "labels", "type", "servers"),
    "record": ("name", "type", "ttl", "labels", "protection", "records[].value"),
    "zone": (
        "name",
        "mode",
        "status",
        "protection",
        "authoritative_nameservers.assigned",
        "authoritative_nameservers.delegation_status",
    ),
    "ssh_key": ("fingerprint", "public_key"),
    "primary_ip": ("name", "labels", "protection", "auto_delete", "assignee_id"),
    "floating_ip": ("name", "labels", "server"),
    "load_balancer": (
        "name",
        "labels",
        "private_net[].network",
        "targets[].type",
        "targets[].server",
        "targets[].label_selector",
        "targets[].targets",
        "targets[].ip",
    ),
    "certificate": (
        "name",
        "labels",
        "domain_names",
        "not_valid_after",
        "status.issuance",
        "status.renewal",
    ),
    "image": ("name", "description", "type", "labels", "created_from", "bound_to"),
}
"""What is compared, by kind."""

LEFT_OUT: Mapping[str, Mapping[str, str]] = {
    "server": _COMMON
    | _LOCATION
    | {
        "public_net.ipv4.ip": "the provider gives it; a server is known by its private address",
        "public_net.ipv6.ip": "the provider gives it",
        "private_net[].mac_address": "the provider gives it",
        "server_type": _TYPE,
        "datacenter": _DATACENTER,
        "image": _IMAGE,
        "iso": "an ISO is known by its name",
        "outgoing_traffic": _METER,
        "ingoing_traffic": _METER,
        "included_traffic": _METER,
        "placement_group": "a group is compared as an object of its own",
    },
    "network": _COMMON | {"subnets[].gateway": "the first address of the range, always"},
    "firewall": _COMMON,
    "volume": _COMMON | _LOCATION,
    "placement_group": _COMMON,
    "record": {
        "id": "its name and type",
        "zone": _ID,
        "records[].comment": "no resolver sees it",
    },
    "zone": _COMMON
    | {
        "labels": "a zone is the project's; a label on it says nothing",
        "ttl": "of records that have none of their own; the tenants' have one",
        "primary_nameservers": "of a secondary zone, and such a zone is a finding",
        "record_count": "records are compared one by one",
        "authoritative_nameservers.delegated": "the status of the delegation says whether they are right",
        "authoritative_nameservers.delegation_last_check": "when it was asked",
        "registrar": "who registers a domain does not change what is answered",
    },
    "ssh_key": _COMMON
    | {"name": "a key is known by its fingerprint; that a name of the spec is another key's is a finding there"}
    | {"labels": "a key is the project's; a label on it says nothing"},
    "primary_ip": _COMMON
    | _LOCATION
    | {
        "location.name": "that of the server that has it",
        "blocked": "compared where a server has it",
        "datacenter": _DATACENTER,
        "ip": "the provider gives it",
        "dns_ptr": "compared where a server has it",
        "type": "compared as the server's public_ipv4 and public_ipv6",
        "assignee_type": "there is one kind: server",
    },
    "floating_ip": _COMMON
    | dict.fromkeys(("description", "ip", "type", "dns_ptr", "home_location", "blocked", "protection"), _FOREIGN),
    "load_balancer": _COMMON
    | dict.fromkeys(
        (
            "public_net",
            "private_net[].ip",
            "location",
            "load_balancer_type",
            "protection",
            "services",
            "targets[].health_status",
            "targets[].use_private_ip",
            "algorithm",
            "outgoing_traffic",
            "ingoing_traffic",
            "included_traffic",
        ),
        _FOREIGN,
    ),
    "certificate": _COMMON
    | {
        "type": "both kinds end on a day",
        "certificate": "its names and its end are compared",
        "not_valid_before": "a certificate that is not valid yet is in the way of nobody",
        "fingerprint": "a renewal changes it",
        "status.error": "in words what the status says",
        "used_by": "the platform's entry uses none of the provider's certificates",
    },
    "image": _COMMON
    | dict.fromkeys(
        ("status", "image_size", "disk_size", "os_flavor", "os_version", "rapid_deploy", "protection"),
        "of a copy that the spec does not know; that it exists is the finding",
    )
    | {
        "architecture": "the spec's image is looked for in the architecture of its servers",
        "deprecated": "replaced by `deprecation`",
        "deprecation": "read as the offer: until when it can be ordered",
        "deleted": "a list does not show what is deleted",
    },
}
"""What is not compared, and why, by kind; a field stands for all that is in it."""


def paths(raw: Any, at: str = "") -> Iterator[str]:
    """The fields of an object, those of objects in lists by `[]`: `private_net[].ip`."""
    if isinstance(raw, Mapping) and raw and at.rpartition(".")[2] != "labels":
        for key, value in raw.items():
            yield from paths(value, f"{at}.{key}" if at else str(key))
    elif isinstance(raw, list) and raw:
        for value in raw:
            yield from paths(value, f"{at}[]")
    elif at:
        yield at


def is_known(kind: str, path: str) -> bool:
    """Whether a field stands in one of the tables; null in place of an object stands for what it would hold."""
    known = (*COMPARED.get(kind, ()), *LEFT_OUT.get(kind, {}))
    return any(_within(path, each) or _within(each, path) for each in known)


def unknown_fields(kind: str, objects: Iterable[Any]) -> set[str]:
    """Fields of objects of a kind that stand in no table: `server.gpu`."""
    return {f"{kind}.{path}" for path in {path for raw in objects for path in paths(raw)} if not is_known(kind, path)}


def _within(path: str, whole: str) -> bool:
    return path == whole or path.startswith((f"{whole}.", f"{whole}["))
