"""Each kind of object: how it is found, seen in the form of the desired state, made, changed and deleted."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from ipaddress import ip_network
from typing import Any

from hcloud import APIException, Client
from hcloud.firewalls import FirewallRule
from hcloud.locations import Location
from hcloud.networks import NetworkSubnet
from hcloud.zones import ZoneRecord

from plumbline.provisioning.calls import GONE, Failed, finished

Want = dict[str, Any]
"""An object of the desired state."""


class Project:
    """What is known of the provider's project, as far as it is the tenant's."""

    def __init__(self, api: Client, pause: Callable[[float], None] = time.sleep):
        self.api = api
        self.pause = pause
        self.held: dict[tuple[str, str], Any] = {}
        """The tenant's objects by kind and name."""

    def lookup(self, kind: str, name: str) -> Any:
        """An object of the tenant. Raises Failed where there is none."""
        if (kind, name) not in self.held:
            raise Failed(f"there is no {kind} {name}")
        return self.held[kind, name]

    def name_of(self, kind: str, id: int) -> str:
        """The name of an object; `#id` for what is not the tenant's."""
        return next((name for (each, name), bound in self.held.items() if each == kind and bound.id == id), f"#{id}")


@dataclass(frozen=True)
class Change:
    """Something that is not as desired, and what mends it."""

    what: str
    do: Callable[[], Any]
    """Returns an action, a list of them, or None."""
    leave: bool = False
    """Whether the operator has to allow it by the object's name: it loses something, or stops a server."""
    replaces: bool = False
    """Whether the object is deleted and made anew."""


class Kind:
    """What all kinds have in common: labels, protection, and listing by the owner's labels."""

    client_name: str
    """Name of the SDK's client for the kind."""
    replaced: tuple[str, ...] = ()
    """Fields that cannot be changed: the object has to be made anew."""

    def client(self, project: Project) -> Any:
        return getattr(project.api, self.client_name)

    def listed(self, project: Project, selector: str | None, wants: list[Want]) -> list[Any]:
        """All objects with the labels, or all that there are, in a call per 50."""
        return list(self.client(project).get_all(label_selector=selector))

    def named(self, project: Project, want: Want) -> Any:
        """The object that has the name, whoever owns it; None where the name is free."""
        return self.client(project).get_by_name(want["name"])

    def again(self, project: Project, bound: Any) -> Any:
        """The object as it is now; None when it is gone."""
        try:
            return self.client(project).get_by_id(bound.id)
        except APIException as error:
            if error.code == GONE:
                return None
            raise

    def seen(self, project: Project, bound: Any) -> Want:
        """The object in the form of the desired state."""
        raise NotImplementedError

    def create(self, project: Project, want: Want) -> Any:
        """Make it and wait for it; the object."""
        raise NotImplementedError

    def must_be_replaced(self, project: Project, want: Want, seen: Want) -> list[str]:
        """What differs and cannot be changed, in words."""
        return [f"{field} {seen[field]} → {want[field]}" for field in self.replaced if seen[field] != want[field]]

    def price_of_another(self, project: Project, want: Want, seen: Want) -> str:
        """What making it anew costs, in words; empty where the price stays."""
        return ""

    def changes(self, project: Project, bound: Any, want: Want, seen: Want) -> Iterator[Change]:
        """What is not as desired, in the order in which it is mended."""
        labels = want["labels"]
        if seen["labels"] != labels:
            yield Change(f"labels {shown_labels(seen['labels'], labels)}", lambda: bound.update(labels=labels))
        if "protected" in want and seen["protected"] != want["protected"]:
            word = "protect from deletion" if want["protected"] else "lift the protection from deletion"
            yield Change(word, lambda: self.protect(bound, want["protected"]), leave=not want["protected"])

    def protect(self, bound: Any, on: bool) -> Any:
        """Switch the protection from deletion; an action."""
        return bound.change_protection(delete=on)

    def before_deletion(self, project: Project, bound: Any) -> None:
        """Free it from what keeps the API from deleting it."""

    def delete(self, project: Project, bound: Any) -> Any:
        """An action, or None."""
        return bound.delete()


class SshKey(Kind):
    """Of the whole project: found by its fingerprint, shared by tenants, never deleted here."""

    client_name = "ssh_keys"

    def listed(self, project: Project, selector: str | None, wants: list[Want]) -> list[Any]:
        return [found for want in wants if (found := self.named(project, want))]

    def named(self, project: Project, want: Want) -> Any:
        return project.api.ssh_keys.get_by_fingerprint(want["fingerprint"])

    def seen(self, project: Project, bound: Any) -> Want:
        return {"kind": "ssh_key", "name": bound.name, "fingerprint": bound.fingerprint, "labels": bound.labels}

    def create(self, project: Project, want: Want) -> Any:
        return project.api.ssh_keys.create(name=want["name"], public_key=want["public_key"])

    def changes(self, project: Project, bound: Any, want: Want, seen: Want) -> Iterator[Change]:
        return iter(())


class PlacementGroup(Kind):
    """Keeps servers on different hosts."""

    client_name = "placement_groups"
    replaced = ("type",)

    def seen(self, project: Project, bound: Any) -> Want:
        return {"kind": "placement_group", "name": bound.name, "type": bound.type, "labels": bound.labels}

    def create(self, project: Project, want: Want) -> Any:
        made = project.api.placement_groups.create(name=want["name"], type=want["type"], labels=want["labels"])
        finished(made.action)
        return made.placement_group


class Network(Kind):
    """The private network of a tenant, and what isolates it from the others'."""

    client_name = "networks"

    def seen(self, project: Project, bound: Any) -> Want:
        subnets = [{"ip_range": each.ip_range, "network_zone": each.network_zone} for each in bound.subnets]
        return {
            "kind": "network",
            "name": bound.name,
            "ip_range": bound.ip_range,
            "subnets": sorted(subnets, key=lambda each: each["ip_range"]),
            "protected": bound.protection["delete"],
            "labels": bound.labels,
        }

    def create(self, project: Project, want: Want) -> Any:
        return project.api.networks.create(
            name=want["name"],
            ip_range=want["ip_range"],
            subnets=[_subnet(each) for each in want["subnets"]],
            labels=want["labels"],
        )

    def changes(self, project: Project, bound: Any, want: Want, seen: Want) -> Iterator[Change]:
        have, new = ip_network(seen["ip_range"]), ip_network(want["ip_range"])
        if have != new and have.network_address == new.network_address and new.prefixlen < have.prefixlen:
            yield Change(f"grow {have} to {new}", lambda: bound.change_ip_range(ip_range=str(new)))
        for each in seen["subnets"]:
            if each not in want["subnets"]:
                yield Change(
                    f"delete subnet {each['ip_range']}",
                    partial(bound.delete_subnet, _subnet(each)),
                    leave=True,
                )
        for each in want["subnets"]:
            if each not in seen["subnets"]:
                yield Change(f"add subnet {each['ip_range']}", partial(bound.add_subnet, _subnet(each)))
        yield from super().changes(project, bound, want, seen)

    def must_be_replaced(self, project: Project, want: Want, seen: Want) -> list[str]:
        """Ranges only grow, from the same start."""
        have, new = ip_network(seen["ip_range"]), ip_network(want["ip_range"])
        grows = have.network_address == new.network_address and new.prefixlen <= have.prefixlen
        return [] if grows else [f"range {have} → {new}"]


def _subnet(want: Want) -> NetworkSubnet:
    return NetworkSubnet(ip_range=want["ip_range"], network_zone=want["network_zone"], type="cloud")


class Firewall(Kind):
    """Filters public interfaces alone; it is attached to servers directly, never by label as well."""

    client_name = "firewalls"

    def seen(self, project: Project, bound: Any) -> Want:
        rules = [
            {
                "direction": rule.direction,
                "protocol": rule.protocol,
                "port": rule.port,
                "peers": sorted(str(ip_network(each)) for each in (rule.source_ips or rule.destination_ips or [])),
                "description": rule.description,
            }
            for rule in bound.rules
        ]
        return {"kind": "firewall", "name": bound.name, "rules": rules, "labels": bound.labels}

    def create(self, project: Project, want: Want) -> Any:
        made = project.api.firewalls.create(name=want["name"], rules=_rules(want), labels=want["labels"])
        finished(made.actions)
        return made.firewall

    def changes(self, project: Project, bound: Any, want: Want, seen: Want) -> Iterator[Change]:
        have, new = ({str(sorted(rule.items(), key=str)) for rule in each["rules"]} for each in (seen, want))
        if have != new:
            yield Change(
                f"rules: {len(new - have)} added, {len(have - new)} removed", lambda: bound.set_rules(_rules(want))
            )
        yield from super().changes(project, bound, want, seen)


def _rules(want: Want) -> list[FirewallRule]:
    return [
        FirewallRule(
            direction=rule["direction"],
            protocol=rule["protocol"],
            port=rule["port"],
            source_ips=rule["peers"] if rule["direction"] == "in" else [],
            destination_ips=rule["peers"] if rule["direction"] == "out" else [],
            description=rule["description"],
        )
        for rule in want["rules"]
    ]


class Volume(Kind):
    """A tenant's data. It only grows; anything else would mean another, empty one."""

    client_name = "volumes"
    replaced = ("format", "location")

    def seen(self, project: Project, bound: Any) -> Want:
        return {
            "kind": "volume",
            "name": bound.name,
            "size_gb": bound.size,
            "format": bound.format,
            "location": bound.location.name,
            "protected": bound.protection["delete"],
            "labels": bound.labels,
        }

    def create(self, project: Project, want: Want) -> Any:
        made = project.api.volumes.create(
            name=want["name"],
            size=want["size_gb"],
            format=want["format"],
            location=Location(name=want["location"]),
            labels=want["labels"],
        )
        finished(made.action, made.next_actions)
        return made.volume

    def changes(self, project: Project, bound: Any, want: Want, seen: Want) -> Iterator[Change]:
        if want["size_gb"] > seen["size_gb"]:
            yield Change(
                f"grow from {seen['size_gb']} to {want['size_gb']} GB; then grow the file system on the server: resize2fs",
                lambda: bound.resize(want["size_gb"]),
            )
        yield from super().changes(project, bound, want, seen)

    def must_be_replaced(self, project: Project, want: Want, seen: Want) -> list[str]:
        """It cannot shrink."""
        shrinks = want["size_gb"] < seen["size_gb"]
        size = [f"size {seen['size_gb']} → {want['size_gb']} GB"] if shrinks else []
        return [*super().must_be_replaced(project, want, seen), *size]

    def before_deletion(self, project: Project, bound: Any) -> None:
        if bound.server is not None:
            finished(bound.detach())


class Record(Kind):
    """A set of DNS records in a zone of the project."""

    client_name = "zones"

    def __init__(self) -> None:
        self._zones: dict[str, Any] = {}

    def listed(self, project: Project, selector: str | None, wants: list[Want]) -> list[Any]:
        return [
            found
            for zone in sorted({want["zone"] for want in wants})
            for found in self._zone(project, zone).get_rrset_all(label_selector=selector)
        ]

    def named(self, project: Project, want: Want) -> Any:
        return self._found(project, want["zone"], want["name"], want["type"])

    def again(self, project: Project, bound: Any) -> Any:
        return self._found(project, self._zone_name(bound), bound.name, bound.type)

    def seen(self, project: Project, bound: Any) -> Want:
        return {
            "kind": "record",
            "name": bound.name,
            "zone": self._zone_name(bound),
            "type": bound.type,
            "ttl_s": bound.ttl,
            "values": sorted(record.value for record in bound.records),
            "labels": bound.labels,
        }

    def create(self, project: Project, want: Want) -> Any:
        made = self._zone(project, want["zone"]).create_rrset(
            name=want["name"],
            type=want["type"],
            ttl=want["ttl_s"],
            labels=want["labels"],
            records=_records(want),
        )
        finished(made.action)
        return made.rrset

    def changes(self, project: Project, bound: Any, want: Want, seen: Want) -> Iterator[Change]:
        if seen["values"] != sorted(want["values"]):
            what = f"{', '.join(seen['values'])} → {', '.join(want['values'])}"
            yield Change(what, lambda: bound.set_rrset_records(_records(want)))
        if seen["ttl_s"] != want["ttl_s"]:
            yield Change(f"TTL {seen['ttl_s']} → {want['ttl_s']} s", lambda: bound.change_rrset_ttl(want["ttl_s"]))
        if seen["labels"] != want["labels"]:
            what = f"labels {shown_labels(seen['labels'], want['labels'])}"
            yield Change(what, lambda: bound.update_rrset(labels=want["labels"]))

    def delete(self, project: Project, bound: Any) -> Any:
        return bound.delete_rrset().action

    def _found(self, project: Project, zone: str, name: str, type: str) -> Any:
        try:
            return self._zone(project, zone).get_rrset(name, type)
        except APIException as error:
            if error.code == GONE:
                return None
            raise

    def _zone(self, project: Project, name: str) -> Any:
        if name not in self._zones:
            try:
                self._zones[name] = project.api.zones.get(name)
            except APIException as error:
                if error.code != GONE:
                    raise
                raise Failed(f"the project has no DNS zone {name}; make it: hcloud zone create --name {name}") from None
        return self._zones[name]

    def _zone_name(self, bound: Any) -> str:
        return next(name for name, zone in self._zones.items() if zone.id == bound.zone.id)


def _records(want: Want) -> list[ZoneRecord]:
    return [ZoneRecord(value=value) for value in want["values"]]


def shown_labels(have: dict[str, str], want: dict[str, str]) -> str:
    """The labels that differ."""
    keys = sorted(key for key in {*have, *want} if have.get(key) != want.get(key))
    return ", ".join(f"{key}: {have.get(key, 'none')} → {want.get(key, 'none')}" for key in keys)
