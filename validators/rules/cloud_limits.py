"""What the Hetzner Cloud API accepts as names, labels and amounts (as known in 2026-11)."""

import re
from collections.abc import Iterator

from plumbline.provisioning.labels import BOOKKEEPING
from plumbline.spec.paths import PartsText, inner_path
from schema.cloud import Cloud
from schema.topology import Topology

HOSTNAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", re.I)
VOLUME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,62}[A-Za-z0-9])?")
LABEL = re.compile(r"([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?")
NAME_LENGTH = 128
RULES_PER_FIREWALL = 50
PEERS_PER_RULE = 100
TITLE_LENGTH = 255
LAST_PORT = 65535
TAKEN_LABELS = BOOKKEEPING
"""Provisioning keeps them: what an object is, and what a server was told and delivered."""
SERVERS_PER_PLACEMENT_GROUP = 10

NEEDED = {
    "network": ("{tenant}",),
    "firewall": ("{tenant}",),
    "volume": ("{tenant}",),
    "placement_group": ("{tenant}",),
    "server": ("{tenant}", "{role}", "{index}"),
}
"""What each name must hold so that no two objects share one."""


def problems(cloud: Cloud, topology: Topology, tenants: tuple[str, ...]) -> Iterator[tuple[PartsText, str]]:
    """Field of the cloud, and what is wrong with it."""
    yield from _names(cloud, topology, tenants or ("example",))
    yield from _labels(cloud, topology, tenants or ("example",))
    yield from _firewall(cloud)
    if cloud.spread_servers:
        own = [role for role in topology.roles.values() if role.scope == "tenant" and role.variant_of is None]
        servers = sum(max(role.count, role.max_count) for role in own)
        if servers > SERVERS_PER_PLACEMENT_GROUP:
            yield (
                inner_path("spread_servers"),
                (
                    f"a tenant may grow to {servers} servers, but a placement group holds at most {SERVERS_PER_PLACEMENT_GROUP}"
                ),
            )


def _names(cloud: Cloud, topology: Topology, tenants: tuple[str, ...]) -> Iterator[tuple[PartsText, str]]:
    for kind, needed in NEEDED.items():
        pattern: str = getattr(cloud.names, kind)
        missing = [part for part in needed if part not in pattern]
        if missing:
            yield (
                inner_path("names", kind),
                f"the {kind} name lacks {', '.join(missing)}, so two objects would share it",
            )
            continue
        wrong = next((name for name in _filled(pattern, topology, tenants) if not _is_name(kind, name)), None)
        if wrong:
            yield inner_path("names", kind), f"the API does not accept `{wrong}` as a {kind} name"


def _is_name(kind: str, name: str) -> bool:
    if kind == "server":
        return HOSTNAME.fullmatch(name) is not None
    if kind == "volume":
        return VOLUME.fullmatch(name) is not None
    return len(name) <= NAME_LENGTH


def _filled(pattern: str, topology: Topology, tenants: tuple[str, ...]) -> Iterator[str]:
    """The name for each tenant and role, with the largest index."""
    for tenant in tenants:
        for role_name, role in topology.roles.items():
            name = pattern.replace("{tenant}", tenant).replace("{role}", role_name)
            yield name.replace("{index}", str(max(role.count, role.max_count)))


def _labels(cloud: Cloud, topology: Topology, tenants: tuple[str, ...]) -> Iterator[tuple[PartsText, str]]:
    if not any("{tenant}" in pattern for pattern in cloud.ownership.values()):
        yield inner_path("ownership"), "no label contains {tenant}, so tenants would share each other's objects"
    both = [("ownership", *item) for item in cloud.ownership.items()]
    both += [("labels", *item) for item in cloud.labels.items()]
    for field, key, pattern in both:
        if key in TAKEN_LABELS:
            yield inner_path(field, key), f"provisioning uses the label `{key}` for itself"
        if not key or not LABEL.fullmatch(key):
            yield inner_path(field, key), f"the API does not accept `{key}` as a label key"
        values = _filled(pattern.replace("{environment}", cloud.environment), topology, tenants)
        wrong = next((value for value in values if not LABEL.fullmatch(value)), None)
        if wrong:
            yield inner_path(field, key), f"the API does not accept `{wrong}` as a label value"


def _firewall(cloud: Cloud) -> Iterator[tuple[PartsText, str]]:
    rules = [("inbound", index, rule) for index, rule in enumerate(cloud.firewall.inbound)]
    rules += [("outbound", index, rule) for index, rule in enumerate(cloud.firewall.outbound)]
    if len(rules) > RULES_PER_FIREWALL:
        yield inner_path("firewall"), f"{len(rules)} rules, but a firewall takes at most {RULES_PER_FIREWALL}"
    for side, index, rule in rules:
        path = inner_path("firewall", side, index)
        if len(rule.peers) > PEERS_PER_RULE:
            yield inner_path(path, "peers"), f"{len(rule.peers)} peers, but a rule takes at most {PEERS_PER_RULE}"
        if (rule.port is None) != (rule.protocol == "icmp"):
            yield path, "tcp and udp need a port, and icmp has none"
        if len(rule.title) > TITLE_LENGTH:
            yield (
                inner_path(path, "title"),
                f"has {len(rule.title)} characters, but the API takes at most {TITLE_LENGTH}",
            )
        first, _, last = (rule.port or "any").partition("-")
        if first != "any" and not 1 <= int(first) <= int(last or first) <= LAST_PORT:
            yield (
                inner_path(path, "port"),
                f"{rule.port} is neither a port nor a range from a lower to a higher port",
            )
