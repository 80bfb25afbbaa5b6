"""Keys, placement groups, networks, firewalls and volumes."""

from collections.abc import Iterator
from functools import partial
from ipaddress import ip_address, ip_network
from typing import Any

from hcloud import APIException
from hcloud.firewalls import FirewallRule
from hcloud.locations import Location
from hcloud.networks import NetworkSubnet

from plumbline.provisioning.calls import Failed, code_of, wait_for
from plumbline.provisioning.codes import IN_USE
from plumbline.provisioning.firewall_rules import opens_wider, peer
from plumbline.provisioning.guard import NOTHING, Effect, Effects
from plumbline.provisioning.kinds import CloudProject, ResourceChange, ResourceKind, Want, common, is_protected
from plumbline.provisioning.labels import identity_labels

IN_USE_POLLS = 5


class SshKeyKind(ResourceKind):
    """Of the whole project: found by its fingerprint, shared by tenants, never deleted here."""

    client_name = "ssh_keys"
    renamed = False

    def list_objects(self, project: CloudProject, selector: str | None, wants: list[Want]) -> list[Any]:
        # some doubles of the API ignore the filter
        return [found for want in wants if (found := self.find_by_name(project, want))]

    def find_by_name(self, project: CloudProject, want: Want) -> Any:
        found = project.api.ssh_keys.get_by_fingerprint(want["fingerprint"])
        return found if found is not None and found.fingerprint == want["fingerprint"] else None

    def describe(self, project: CloudProject, bound: Any) -> Want:
        return {**common("ssh_key", bound), "fingerprint": bound.fingerprint}

    def hindrance(self, project: CloudProject, want: Want) -> str:
        taken = project.api.ssh_keys.get_by_name(want["name"])
        if taken is None or taken.name != want["name"] or taken.fingerprint == want["fingerprint"]:
            return ""  # free, or made for another tenant a moment ago
        return f"another key has this name (#{taken.id}, {taken.fingerprint}): rename it, or the key of the spec"

    def create(self, project: CloudProject, want: Want) -> Any:
        return project.api.ssh_keys.create(name=want["name"], public_key=want["public_key"])

    def changes(self, project: CloudProject, bound: Any, want: Want, seen: Want) -> Iterator[ResourceChange]:
        return iter(())


class PlacementGroupKind(ResourceKind):
    """Keeps servers on different hosts."""

    client_name = "placement_groups"
    replaced = ("type",)

    def describe(self, project: CloudProject, bound: Any) -> Want:
        return {**common("placement_group", bound), "type": bound.type}

    def create(self, project: CloudProject, want: Want) -> Any:
        labels = identity_labels(want["labels"], want["name"])
        made = project.api.placement_groups.create(name=want["name"], type=want["type"], labels=labels)
        wait_for(made.action)
        return made.placement_group

    def in_the_way(self, project: CloudProject, bound: Any) -> list[str]:
        ids = sorted(getattr(each, "id", each) for each in bound.servers or [])
        return [
            f"server #{id}, which is not this tenant's, is in it"
            for id in ids
            if project.word_for("server", id) is None
        ]


class NetworkKind(ResourceKind):
    """The private network of a tenant, and what isolates it from the others'."""

    client_name = "networks"

    def describe(self, project: CloudProject, bound: Any) -> Want:
        subnets = [{"ip_range": each.ip_range, "network_zone": each.network_zone} for each in bound.subnets or []]
        return {
            **common("network", bound),
            "ip_range": bound.ip_range,
            "subnets": sorted(subnets, key=lambda each: str(each["ip_range"])),
            "protected": is_protected(bound),
        }

    def create(self, project: CloudProject, want: Want) -> Any:
        return project.api.networks.create(
            name=want["name"],
            ip_range=want["ip_range"],
            subnets=[_subnet(each) for each in want["subnets"]],
            labels=identity_labels(want["labels"], want["name"]),
        )

    def changes(self, project: CloudProject, bound: Any, want: Want, seen: Want) -> Iterator[ResourceChange]:
        yield from self._named_and_labelled(project, bound, want, seen)
        have, new = ip_network(seen["ip_range"], strict=False), ip_network(want["ip_range"])
        if have != new and have.network_address == new.network_address and new.prefixlen < have.prefixlen:
            yield ResourceChange(f"grow {have} to {new}", lambda: bound.change_ip_range(ip_range=str(new)))
        going = [each for each in seen["subnets"] if each not in want["subnets"]]
        for each in going:
            inside = self._inside(project, bound, each)
            yield ResourceChange(
                f"delete subnet {each['ip_range']}",
                partial(bound.delete_subnet, _subnet(each)),
                frozenset((Effect.DETACHES, Effect.SHRINKS)),
                blocked=f"{', '.join(inside)} in it; apply again when they have left" if inside else "",
            )
        for each in want["subnets"]:
            if each not in seen["subnets"]:
                what, over = f"add subnet {each['ip_range']}", [other for other in going if _overlap(each, other)]
                blocked = f"it overlaps {over[0]['ip_range']}, which must be deleted first" if over else ""
                yield ResourceChange(what, partial(bound.add_subnet, _subnet(each)), blocked=blocked)
        yield from self._protected(bound, want, seen)

    def _inside(self, project: CloudProject, bound: Any, subnet: Want) -> list[str]:
        """Servers with an address in a subnet: the API refuses to delete it."""
        range_, ours = ip_network(subnet["ip_range"]), {each.id: each for _, each in project.owned("server")}
        return sorted(
            f"server {project.name_of('server', each.id)}"
            for each in bound.servers or []
            for private in (ours.get(each.id) or each).private_net or []
            if private.network.id == bound.id and ip_address(private.ip) in range_
        )

    def must_be_replaced(self, project: CloudProject, bound: Any, want: Want, seen: Want) -> list[str]:
        """Ranges only grow, from the same start."""
        have, new = ip_network(seen["ip_range"], strict=False), ip_network(want["ip_range"])
        grows = have.network_address == new.network_address and new.prefixlen <= have.prefixlen
        return [] if grows else [f"range {have} → {new}"]

    def effects_of_replacing(self, seen: Want) -> Effects:
        return frozenset((Effect.REPLACES, Effect.DETACHES))

    def users(self, project: CloudProject, bound: Any) -> list[str]:
        """The API takes them out without a word when it is deleted."""
        words = (project.word_for("server", each.id) for each in bound.servers or [])
        return sorted(word for word in words if word is not None)

    def foreign_servers(self, project: CloudProject, bound: Any) -> list[Any]:
        """Servers in it that are not the tenant's; the API takes them out without a word when it is deleted."""
        found = [each for each in bound.servers or [] if project.word_for("server", each.id) is None]
        return sorted(found, key=lambda each: int(each.id))

    def in_the_way(self, project: CloudProject, bound: Any) -> list[str]:
        # the SDK's network does not tell of them
        balancers = [
            each
            for each in project.api.load_balancers.get_all()
            if any(private.network.id == bound.id for private in each.private_net or [])
        ]
        return [
            *(
                f"server {each.name} (#{each.id}), which is not this tenant's, is in it"
                for each in self.foreign_servers(project, bound)
            ),
            *(f"load balancer {each.name} (#{each.id}), which is not this tenant's, is in it" for each in balancers),
        ]


def _overlap(one: Want, other: Want) -> bool:
    return ip_network(one["ip_range"]).overlaps(ip_network(other["ip_range"]))


def _subnet(want: Want) -> NetworkSubnet:
    return NetworkSubnet(ip_range=want["ip_range"], network_zone=want["network_zone"], type="cloud")


class FirewallKind(ResourceKind):
    """Filters public interfaces alone; it is attached to servers directly, never by label as well."""

    client_name = "firewalls"

    def describe(self, project: CloudProject, bound: Any) -> Want:
        rules = [
            {
                "direction": rule.direction,
                "protocol": rule.protocol,
                "port": rule.port,
                "peers": sorted(peer(each) for each in (rule.source_ips or rule.destination_ips or [])),
                "description": rule.description,
            }
            for rule in bound.rules or []
        ]
        return {**common("firewall", bound), "rules": rules}

    def create(self, project: CloudProject, want: Want) -> Any:
        # the SDK says that labels are a string here
        labels: Any = identity_labels(want["labels"], want["name"])
        made = project.api.firewalls.create(name=want["name"], rules=_rules(want), labels=labels)
        wait_for(made.actions)
        return made.firewall

    def changes(self, project: CloudProject, bound: Any, want: Want, seen: Want) -> Iterator[ResourceChange]:
        have, new = ({str(sorted(rule.items(), key=str)) for rule in each["rules"]} for each in (seen, want))
        if have != new or len(seen["rules"]) != len(want["rules"]):
            wider = opens_wider(seen["rules"], want["rules"])
            what = f"rules: {len(new - have)} added, {len(have - new)} removed"
            yield ResourceChange(
                what + (f"; opens {', '.join(wider)}" if wider else ""),
                lambda: bound.set_rules(_rules(want)),
                frozenset((Effect.EXPOSES,)) if wider else NOTHING,
            )
        yield from super().changes(project, bound, want, seen)

    def users(self, project: CloudProject, bound: Any) -> list[str]:
        words = (project.word_for("server", each.server.id) for each in bound.applied_to or [] if each.server)
        return sorted(word for word in words if word is not None)

    def in_the_way(self, project: CloudProject, bound: Any) -> list[str]:
        ids = sorted(each.server.id for each in bound.applied_to or [] if each.server)
        return [
            f"server #{id}, which is not this tenant's, is behind it"
            for id in ids
            if project.word_for("server", id) is None
        ]

    def delete(self, project: CloudProject, bound: Any) -> Any:
        """A server that has just gone counts for a moment."""
        for polls in range(IN_USE_POLLS):
            try:
                return bound.delete()
            except APIException as error:
                if code_of(error) != IN_USE:
                    raise
                there = [each.server.id for each in bound.applied_to or [] if each.server]
                if there and any(_server_is_there(project, each) for each in there):
                    raise Failed(f"server {', '.join(f'#{each}' for each in there)} is still behind it") from None
                if polls == IN_USE_POLLS - 1:
                    raise
                project.pause(2)
                bound.reload()
        return None


def _server_is_there(project: CloudProject, id: int) -> bool:
    try:
        return project.api.servers.get_by_id(id) is not None
    except APIException as error:
        if str(error.code) == "not_found":
            return False
        raise


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


class VolumeKind(ResourceKind):
    """A tenant's data. It only grows; anything else would mean another, empty one."""

    client_name = "volumes"
    replaced = ("format", "location")

    def describe(self, project: CloudProject, bound: Any) -> Want:
        return {
            **common("volume", bound),
            "size_gb": bound.size,
            "format": bound.format,
            "location": bound.location.name if bound.location else None,
            "protected": is_protected(bound),
            "status": bound.status,
        }

    def passing(self, seen: Want) -> bool:
        return bool(seen["status"] == "creating")

    def create(self, project: CloudProject, want: Want) -> Any:
        labels: Any = identity_labels(want["labels"], want["name"])
        made = project.api.volumes.create(
            name=want["name"],
            size=want["size_gb"],
            format=want["format"],
            location=Location(name=want["location"]),
            labels=labels,
        )
        wait_for(made.action, made.next_actions)
        return made.volume

    def changes(self, project: CloudProject, bound: Any, want: Want, seen: Want) -> Iterator[ResourceChange]:
        if seen["size_gb"] is not None and want["size_gb"] > seen["size_gb"]:
            yield ResourceChange(
                f"grow from {seen['size_gb']} to {want['size_gb']} GB; then grow the file system on the server: resize2fs",
                lambda: bound.resize(want["size_gb"]),
                frozenset((Effect.COSTS_MORE,)),
            )
        yield from super().changes(project, bound, want, seen)

    def must_be_replaced(self, project: CloudProject, bound: Any, want: Want, seen: Want) -> list[str]:
        """It cannot shrink."""
        shrinks = seen["size_gb"] is not None and want["size_gb"] < seen["size_gb"]
        size = [f"size {seen['size_gb']} → {want['size_gb']} GB"] if shrinks else []
        return [*super().must_be_replaced(project, bound, want, seen), *size]

    def effects_of_replacing(self, seen: Want) -> Effects:
        return frozenset((Effect.REPLACES, Effect.LOSES_DATA))

    def users(self, project: CloudProject, bound: Any) -> list[str]:
        word = project.word_for("server", bound.server.id) if bound.server is not None else None
        return [] if word is None else [word]

    def in_the_way(self, project: CloudProject, bound: Any) -> list[str]:
        if bound.server is None or project.word_for("server", bound.server.id) is not None:
            return []
        return [f"server #{bound.server.id}, which is not this tenant's, has it: detach it there first"]

    def delete(self, project: CloudProject, bound: Any) -> Any:
        if bound.server is not None:
            wait_for(bound.detach())
        return bound.delete()
