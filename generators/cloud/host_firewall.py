"""The firewall that each node keeps for its private interface: the cloud's own filters the public one alone. Pure."""

from collections.abc import Iterator
from ipaddress import ip_network

from plumbline.effective.deployment import field_path, services_of
from plumbline.effective.node_links import addresses_of_role, openings
from plumbline.project.artifact import Source
from plumbline.spec.paths import PathText, path_of
from plumbline.spec.spec import Spec

RULESET = """\
# Who may reach this node over the private network of tenant {tenant}: what the spec's needs say, and nothing else.
# It decides before Docker rewrites addresses, in a table of its own: no start of the engine touches it.
table inet private_network
delete table inet private_network
table inet private_network {{
  chain arriving {{
    # after connections are tracked (-200), before addresses are rewritten (-100)
    type filter hook prerouting priority -150; policy accept;
    ct state established,related accept
    iifname "lo" accept
    # from this node's own containers; what they reach is decided where it arrives
    iifname "docker0" accept
    iifname "br-*" accept
    # straight to a container's address: this node is nobody's router
    fib daddr type != {{ local, broadcast, multicast }} counter drop
    ip saddr {range} goto private
    ip daddr {range} goto private
  }}
  chain private {{
{rules}    icmp type echo-request accept
    # the network's own gateway gives this node its address
    ip saddr {gateway} udp sport 67 udp dport 68 accept
    counter drop
  }}
}}
"""


def ruleset(spec: Spec, mode: str, tenant: str, role: str) -> str:
    """Rules for `nft -f` on each node of a role; loading them again replaces them at once."""
    cloud = spec.topology[mode].cloud
    if cloud is None:
        raise ValueError(f"mode {mode} has no private network")
    network = ip_network(cloud.network.range.replace("{octet}", str(spec.tenants.tenants[tenant].octet)))
    rules = "".join(rule for rule, _ in _rules(spec, mode, tenant, role))
    return RULESET.format(tenant=tenant, range=network, gateway=network.network_address + 1, rules=rules)


def ruleset_sources(spec: Spec, mode: str, tenant: str, role: str, first: int) -> Iterator[Source]:
    """What its lines come from, where the first of them is line `first` of a file."""
    cloud = path_of("topology", mode, "cloud", "network")
    octet = path_of("tenants", tenant, "octet")
    rules = list(_rules(spec, mode, tenant, role))
    at = first
    for line in RULESET.split("\n"):
        for paths in [paths for _, paths in rules] if "{rules}" in line else []:
            yield from (Source(at, at, path) for path in paths)
            at += 1
        if "{range}" in line or "{gateway}" in line:
            yield from (Source(at, at, path) for path in (path_of(cloud, "range"), octet))
        at += 1


def _rules(spec: Spec, mode: str, tenant: str, role: str) -> Iterator[tuple[str, tuple[PathText, ...]]]:
    """A line for each role and port, and the spec paths that it comes from."""
    for opening in openings(spec, mode, role):
        for source in opening.roles:
            addresses = _range(*addresses_of_role(spec, mode, tenant, source))
            text = (
                f'    ip saddr {addresses} tcp dport {opening.port} accept comment "{source} needs {opening.service}"\n'
            )
            at = path_of("topology", mode, "roles", source)
            names = [name for name, number in spec.services[opening.service].ports.items() if number == opening.port]
            ports = [path_of("services", opening.service, "ports", name) for name in names]
            needing = [
                field_path(name, spec.services[name], mode, "needs", opening.service)
                for name, service in services_of(spec, mode).items()
                if service.needs.get(opening.service) in names
            ]
            hosts = [path_of(at, field) for field in ("first_host", "count", "max_count")]
            subnet = path_of("topology", mode, "cloud", "network", "subnet")
            yield text, (*ports, *needing, *hosts, subnet, path_of("tenants", tenant, "octet"))


def _range(first: str, last: str) -> str:
    return first if first == last else f"{first}-{last}"
