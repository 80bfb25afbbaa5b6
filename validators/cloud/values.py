"""Each kind of object as values by attribute: what is desired, and what was seen. Pure.

A new kind is a function on each side and an entry in `KINDS`. What cannot be told is `Unreadable`, never another value.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from validators.cloud import server_values
from validators.cloud.raw import Raw, at, cidr, entries, flag, number, numbers, text
from validators.cloud.readable import (
    NONE,
    UNREADABLE,
    Observed,
    Surroundings,
    Unreadable,
    Values,
    in_words,
    several,
    yes_or_no,
)
from validators.cloud.rule_values import rules, seen_rules
from validators.cloud.snapshot import CloudObject, Snapshot

State = dict[str, Any]
Want = dict[str, Any]


@dataclass(frozen=True)
class CloudKind:
    """The two sides of a kind."""

    expected: Callable[[Want, CloudObject, Surroundings], Values]
    observed: Callable[[CloudObject, Surroundings], Observed]


def _foreign(seen: CloudObject, look: Surroundings, servers: list[int] | None) -> Observed:
    """Servers of others in what is the tenant's alone."""
    return several(
        "foreign",
        servers,
        lambda id: {} if (name := look.name("server")(id)) in look.servers else {f"foreign.{name}": "in it"},
    )


def _placement_group(want: Want, seen: CloudObject, look: Surroundings) -> Values:
    return {"type": want["type"]}


def _seen_placement_group(seen: CloudObject, look: Surroundings) -> Observed:
    return {"type": in_words(text(seen.raw, "type")), **_foreign(seen, look, numbers(seen.raw, "servers"))}


def _network(want: Want, seen: CloudObject, look: Surroundings) -> Values:
    subnets = {f"subnet.{each['ip_range']}": f"cloud, {each['network_zone']}" for each in want["subnets"]}
    return {"range": want["ip_range"], **subnets, "routes_exposed_to_vswitch": "no"}


def _seen_network(seen: CloudObject, look: Surroundings) -> Observed:
    raw, snapshot = seen.raw, look.snapshot
    return {
        "range": in_words(text(raw, "ip_range"), cidr),
        **several("subnet", entries(raw, "subnets"), _subnet),
        **several("route", entries(raw, "routes"), _route),
        "routes_exposed_to_vswitch": yes_or_no(flag(raw, "expose_routes_to_vswitch")),
        **_foreign(seen, look, numbers(raw, "servers")),
        **_balancers(seen, numbers(raw, "load_balancers"), snapshot),
    }


def _subnet(subnet: Raw) -> Observed:
    kind, zone, vswitch = text(subnet, "type"), text(subnet, "network_zone"), number(subnet, "vswitch_id")
    # `server` is an old word for `cloud`
    kind = "cloud" if kind == "server" else kind
    shown = f"{kind}, {zone}" + (f", vSwitch {vswitch}" if vswitch is not None else "")
    range = cidr(text(subnet, "ip_range") or "?")
    return {
        f"subnet.{range}": shown
        if kind in ("cloud", "vswitch") and zone
        else Unreadable(says=f"is of type {kind}, which this version does not know")
    }


def _route(route: Raw) -> Observed:
    return {f"route.{cidr(text(route, 'destination') or '?')}": text(route, "gateway") or "?"}


def _balancers(seen: CloudObject, ids: list[int] | None, snapshot: Snapshot) -> Observed:
    """Load balancers in the network, whichever of the two sides says so."""
    told = several("load_balancer", ids, lambda id: {f"load_balancer.{snapshot.name_of('load_balancer', id)}": "in it"})
    for balancer in snapshot.of_kind("load_balancer"):
        if any(number(each, "network") == seen.id for each in entries(balancer.raw, "private_net") or []):
            told[f"load_balancer.{balancer.name}"] = "in it"
    return told


def _firewall(want: Want, seen: CloudObject, look: Surroundings) -> Values:
    return {"filters": "servers", **rules(want["rules"])}


def _seen_firewall(seen: CloudObject, look: Surroundings) -> Observed:
    applied = entries(seen.raw, "applied_to")
    if applied is None:
        return {
            "filters": UNREADABLE,
            "selector": UNREADABLE,
            "foreign": UNREADABLE,
            **seen_rules(entries(seen.raw, "rules")),
        }
    servers = [
        id for each in applied if text(each, "type") == "server" and (id := number(each, "server.id")) is not None
    ]
    selectors = [each for each in applied if text(each, "type") == "label_selector"]
    others = sorted({str(at(each, "type")) for each in applied} - {"server", "label_selector"})
    selected = [
        id
        for each in selectors
        for one in entries(each, "applied_to_resources") or []
        if (id := number(one, "server.id")) is not None
    ]
    return {
        "filters": "servers" if servers else Unreadable("") if others else "nothing",
        **seen_rules(entries(seen.raw, "rules")),
        **{f"selector.{text(each, 'label_selector.selector') or '?'}": "applied" for each in selectors},
        **{
            f"applied_to.{each}": Unreadable(says="is a kind of resource that this version does not know")
            for each in others
        },
        **_foreign(seen, look, [*servers, *selected]),
    }


def device_of(volume: int | None) -> str:
    """Where a server finds a volume; its first boot waits for it there."""
    return f"/dev/disk/by-id/scsi-0HC_Volume_{volume}"


def _volume(want: Want, seen: CloudObject, look: Surroundings) -> Values:
    return {
        "size": f"{want['size_gb']} GB",
        "format": want["format"] or NONE,
        "location": want["location"],
        "device": device_of(seen.id),
        "state": "available",
        "carried_by": look.carriers.get(want["name"], "no server"),
    }


def _seen_volume(seen: CloudObject, look: Surroundings) -> Observed:
    raw, server = seen.raw, at(seen.raw, "server")
    return {
        "size": in_words(number(raw, "size"), lambda size: f"{size} GB"),
        "format": NONE if at(raw, "format") is None else in_words(text(raw, "format")),
        "location": in_words(text(raw, "location.name")),
        "device": in_words(text(raw, "linux_device")),
        "state": _disk_state(text(raw, "status")),
        "carried_by": "no server" if server is None else in_words(number(raw, "server"), look.name("server")),
    }


def _disk_state(status: str | None) -> str | Unreadable:
    if status == "creating":
        return Unreadable("PLB986", "is being created: wait, and run the command again")
    return status if status == "available" else Unreadable(says=f"is {status}, which this version does not know")


def _record(want: Want, seen: CloudObject, look: Surroundings) -> Values:
    return {
        "values": ", ".join(sorted(want["values"])),
        "ttl": f"{want['ttl_s']} s" if want["ttl_s"] else "the zone's",
        "protected_from_change": "no",
    }


def _seen_record(seen: CloudObject, look: Surroundings) -> Observed:
    raw, records = seen.raw, entries(seen.raw, "records")
    values = None if records is None else [text(each, "value") or "?" for each in records]
    return {
        "values": in_words(values, lambda values: ", ".join(sorted(values))),
        "ttl": "the zone's" if at(raw, "ttl") is None else in_words(number(raw, "ttl"), lambda ttl: f"{ttl} s"),
        "protected_from_change": yes_or_no(flag(raw, "protection.change")),
    }


KINDS = {
    "placement_group": CloudKind(_placement_group, _seen_placement_group),
    "network": CloudKind(_network, _seen_network),
    "firewall": CloudKind(_firewall, _seen_firewall),
    "volume": CloudKind(_volume, _seen_volume),
    "server": CloudKind(server_values.expected, server_values.observed),
    "record": CloudKind(_record, _seen_record),
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
NEEDS = {
    "network": "network",
    "firewall": "firewall",
    "volume": "volume",
    "placement_group": "placement_group",
    "load_balancer": "load_balancer",
    "floating_ip": "floating_ip",
    "primary_ip": "primary_ip",
    "carried_by": "server",
    "foreign": "server",
}
"""The list that the first word of an attribute takes names from: without it, it cannot be told."""
