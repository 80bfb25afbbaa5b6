"""The desired state of a tenant in a Hetzner Cloud project, as plain data. Pure.

`objects` stand in the order in which they are made; names refer to objects before them. Firewalls filter public
interfaces alone: tenants are isolated by networks of their own.
"""

from base64 import b64decode
from collections.abc import Iterator
from hashlib import md5
from ipaddress import ip_network
from typing import Any

from generators.cloud.first_boot import user_data
from plumbline.effective.deployment import private_address_of
from plumbline.effective.expression_names import tenant_names
from plumbline.effective.tenant_topology import standing_in, topology_of
from plumbline.expressions.rendering import value_text
from plumbline.provisioning.data import FORMAT
from plumbline.spec.paths import PathText, inner_path, path_of
from plumbline.spec.spec import Spec
from schema.cloud import Cloud, FirewallRule
from schema.topology import Role, Topology

Object = dict[str, Any]
ARCHITECTURE = "x86"
"""Of all servers and of the image that they are made with."""


def desired_state(spec: Spec, mode: str, tenant: str) -> dict[str, Any]:
    """All that must exist for a tenant of a mode with a cloud; sizes in GB, times in seconds."""
    cloud = _cloud(spec, mode)
    return {
        "format": FORMAT,
        "platform": spec.platform.name,
        "mode": mode,
        "tenant": tenant,
        "state": spec.tenants.tenants[tenant].state,
        "location": cloud.location,
        "ownership": _filled(cloud.ownership, cloud, tenant),
        "objects": list(_objects(spec, mode, tenant, cloud)),
    }


def cloud_modes(spec: Spec) -> list[str]:
    """Modes whose tenants have something at a cloud provider, be there tenants yet or not."""
    return [mode for mode in spec.modes if spec.topology[mode].cloud and spec.topology[mode].tenancy == "many"]


def cloud_tenants(spec: Spec) -> Iterator[tuple[str, str]]:
    """Mode and id of every tenant that has something at a cloud provider."""
    for mode in cloud_modes(spec):
        yield from ((mode, tenant) for tenant in spec.tenants.tenants)


def spec_path(mode: str, want: Object) -> PathText:
    """The part of the spec that an object of the desired state comes from."""
    own = {
        "ssh_key": inner_path("cloud", "ssh_keys", want["name"]),
        "placement_group": inner_path("cloud", "spread_servers"),
        "server": inner_path("roles", str(want.get("role"))),
        "record": inner_path("cloud", "dns"),
    }
    return path_of("topology", mode, own.get(want["kind"], inner_path("cloud", want["kind"])))


def fingerprint(public_key: str) -> str:
    """The fingerprint by which the API knows a key: MD5 of its blob, in pairs."""
    digest = md5(b64decode(public_key.split(" ")[1]), usedforsecurity=False).hexdigest()
    return ":".join(digest[place : place + 2] for place in range(0, 32, 2))


def _objects(spec: Spec, mode: str, tenant: str, cloud: Cloud) -> Iterator[Object]:
    names = tenant_names(spec, mode, tenant, spec.tenants.tenants[tenant].octet)
    common = _filled(cloud.ownership, cloud, tenant) | _filled(
        {key: value for key, value in cloud.labels.items() if "{role}" not in value}, cloud, tenant
    )

    def named(kind: str, **fields: Any) -> Object:
        return {"kind": kind, "name": names["cloud_name"](kind), **fields, "labels": common}

    for name, key in cloud.ssh_keys.items():
        yield {
            "kind": "ssh_key",
            "name": name,
            "public_key": key.public_key,
            "fingerprint": fingerprint(key.public_key),
        }
    if cloud.spread_servers:
        yield named("placement_group", type="spread")
    yield named(
        "network",
        ip_range=names["tenant_range"],
        subnets=[{"ip_range": names["tenant_subnet"], "network_zone": cloud.network_zone}],
        protected="network" in cloud.protected,
    )
    yield named(
        "firewall", rules=[*_rules(cloud.firewall.inbound, "in", names), *_rules(cloud.firewall.outbound, "out", names)]
    )
    yield named(
        "volume",
        size_gb=cloud.volume.size_gb,
        format=cloud.volume.format,
        location=cloud.location,
        protected="volume" in cloud.protected,
    )
    yield from _servers(spec, mode, tenant, names, common)
    yield {
        "kind": "record",
        "name": cloud.dns.record.replace("{tenant}", tenant),
        "zone": cloud.dns.zone,
        "type": cloud.dns.type,
        "ttl_s": cloud.dns.ttl_s,
        "values": [str(ip_network(cloud.addresses[cloud.dns.address]).network_address)],
        "labels": common,
    }


def _servers(spec: Spec, mode: str, tenant: str, names: dict[str, Any], common: dict[str, str]) -> Iterator[Object]:
    topology, cloud = topology_of(spec, mode, tenant), _cloud(spec, mode)
    for role, index in servers_of(topology):
        layout = topology.roles[role]
        yield {
            "kind": "server",
            "name": names["server_name"](role, index),
            "role": role,
            "types": server_types(layout),
            "image": cloud.image,
            "architecture": ARCHITECTURE,
            "location": cloud.location,
            "network": names["cloud_name"]("network"),
            "address": private_address_of(spec, mode, tenant, role, index),
            "firewalls": [names["cloud_name"]("firewall")],
            "placement_group": names["cloud_name"]("placement_group") if cloud.spread_servers else None,
            "ssh_keys": list(cloud.ssh_keys),
            "volume": names["cloud_name"]("volume") if carries_volume(topology, role, index) else None,
            "protected": "server" in cloud.protected,
            "labels": common | _filled(cloud.labels, cloud, tenant, role),
            "user_data": user_data(spec, mode, tenant, role),
        }


def servers_of(topology: Topology) -> Iterator[tuple[str, int]]:
    """Role and index, from 1, of each server of a tenant."""
    for name, role in topology.roles.items():
        if role.scope == "tenant":
            yield from ((name, index) for index in range(1, role.count + 1))


def server_types(role: Role) -> list[str]:
    """Server types that a role's node may have, the first that can be had."""
    return [name for name in (role.server_type, *role.fallbacks) if name]


def carries_volume(topology: Topology, role: str, index: int) -> bool:
    """Whether the volume is attached to this server: the first of its role, or of the variant that took the role's place."""
    if topology.cloud is None or index != 1:
        return False
    return role == standing_in(topology, topology.cloud.volume.role)


def _rules(rules: tuple[FirewallRule, ...], direction: str, names: dict[str, Any]) -> Iterator[Object]:
    for rule in rules:
        yield {
            "direction": direction,
            "protocol": rule.protocol,
            "port": rule.port,
            # as the API shows them: lower case, and the shortest form of an IPv6 address
            "peers": sorted(str(ip_network(value_text(peer, names))) for peer in rule.peers),
            "description": rule.title,
        }


def _filled(labels: dict[str, str], cloud: Cloud, tenant: str, role: str = "") -> dict[str, str]:
    def filled(pattern: str) -> str:
        return pattern.replace("{tenant}", tenant).replace("{environment}", cloud.environment).replace("{role}", role)

    return {key: filled(pattern) for key, pattern in labels.items()}


def _cloud(spec: Spec, mode: str) -> Cloud:
    cloud = spec.topology[mode].cloud
    if cloud is None:
        raise ValueError(f"mode {mode} has no cloud")
    return cloud
