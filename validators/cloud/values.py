"""Each kind of object as values by attribute: what is desired, and what was seen. Pure.

A new kind is a function on each side and an entry in `KINDS`.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any

from validators.cloud.snapshot import Seen

Values = dict[str, str]
NONE = "none"


@dataclass(frozen=True)
class Tenant:
    """What the values of one object need to know of the others."""

    servers: frozenset[str]
    """Names of the tenant's servers."""
    carriers: dict[str, str]
    """The server that should carry a volume."""


@dataclass(frozen=True)
class Kind:
    """The two sides of a kind."""

    expected: Callable[[Seen, Tenant], Values]
    observed: Callable[[Seen, Tenant], Values]


def _strangers(seen: Seen, tenant: Tenant) -> Values:
    """Servers of others in what is the tenant's alone."""
    return {f"stranger.{name}": "in it" for name in seen["members"] if name not in tenant.servers}


def _placement_group(want: Seen, tenant: Tenant) -> Values:
    return {"type": want["type"]}


def _seen_placement_group(seen: Seen, tenant: Tenant) -> Values:
    return {"type": seen["type"], **_strangers(seen, tenant)}


def _network(want: Seen, tenant: Tenant) -> Values:
    subnets = {f"subnet.{each['ip_range']}": each["network_zone"] for each in want["subnets"]}
    return {"range": want["ip_range"], **subnets}


def _seen_network(seen: Seen, tenant: Tenant) -> Values:
    routes = {f"route.{destination}": gateway for destination, gateway in seen["routes"].items()}
    return {**_network(seen, tenant), **routes, **_strangers(seen, tenant)}


def _firewall(want: Seen, tenant: Tenant) -> Values:
    return {"filters": "servers", **_rules(want["rules"])}


def _seen_firewall(seen: Seen, tenant: Tenant) -> Values:
    return {
        "filters": "servers" if seen["members"] else "nothing",
        **_rules(seen["rules"]),
        **{f"selector.{each}": "applied" for each in seen["selectors"]},
        **_strangers(seen, tenant),
    }


def _rules(rules: Iterable[dict[str, Any]]) -> Values:
    """A rule is what it lets through; the same one twice shows as two descriptions."""
    titles: defaultdict[str, list[str]] = defaultdict(list)
    for rule in rules:
        peers = ", ".join(sorted(str(ip_network(peer)) for peer in rule["peers"]))
        port = f" {rule['port']}" if rule["port"] else ""
        titles[f"rule.{rule['direction']} {rule['protocol']}{port} {peers}"].append(rule["description"] or "")
    return {rule: " + ".join(sorted(texts)) for rule, texts in titles.items()}


def _volume(want: Seen, tenant: Tenant) -> Values:
    return {**_disk(want), "carried_by": tenant.carriers.get(want["name"], "no server")}


def _seen_volume(seen: Seen, tenant: Tenant) -> Values:
    return {**_disk(seen), "carried_by": seen["server"] or "no server"}


def _disk(seen: Seen) -> Values:
    return {"size": f"{seen['size_gb']} GB", "format": seen["format"] or NONE, "location": seen["location"]}


def _server(want: Seen, tenant: Tenant) -> Values:
    return {
        "state": "running",
        "image": want["image"],
        "location": want["location"],
        f"network.{want['network']}": want["address"],
        "placement_group": want["placement_group"] or NONE,
        **{f"firewall.{name}": "in place" for name in want["firewalls"]},
        **({f"volume.{want['volume']}": "attached"} if want["volume"] else {}),
        "public_ipv4": "yes",
        "backups": NONE,
        "iso": NONE,
        "rescue": "off",
    }


def _seen_server(seen: Seen, tenant: Tenant) -> Values:
    return {
        "state": seen["status"],
        "image": seen["image"] or NONE,
        "location": seen["location"],
        **{f"network.{name}": addresses for name, addresses in seen["networks"].items()},
        "placement_group": seen["placement_group"] or NONE,
        **{f"firewall.{name}": "in place" for name in seen["firewalls"]},
        **{f"volume.{name}": "attached" for name in seen["volumes"]},
        "public_ipv4": seen["ipv4"],
        "backups": seen["backups"] or NONE,
        "iso": seen["iso"] or NONE,
        "rescue": "on" if seen["rescue"] else "off",
    }


def _record(want: Seen, tenant: Tenant) -> Values:
    return {"values": ", ".join(sorted(want["values"])), "ttl": f"{want['ttl_s']} s" if want["ttl_s"] else "the zone's"}


KINDS = {
    "placement_group": Kind(_placement_group, _seen_placement_group),
    "network": Kind(_network, _seen_network),
    "firewall": Kind(_firewall, _seen_firewall),
    "volume": Kind(_volume, _seen_volume),
    "server": Kind(_server, _seen_server),
    "record": Kind(_record, _record),
}
FIELDS = {
    "state": "",
    "range": "ip_range",
    "subnet": "subnets",
    "size": "size_gb",
    "network": "address",
    "firewall": "firewalls",
    "type": "types",
    "label": "labels",
    "ttl": "ttl_s",
}
"""Fields of the desired state by the first word of an attribute, where they are called otherwise."""
