"""The firewall that each node keeps for its private interface: the cloud's own filters the public one alone. Pure."""

from ipaddress import ip_network

from plumbline.node_links import addresses_of_role, openings
from plumbline.spec import Spec

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
    rules = "".join(
        f"    ip saddr {_range(*addresses_of_role(spec, mode, tenant, source))} tcp dport {opening.port} accept"
        f' comment "{source} needs {opening.service}"\n'
        for opening in openings(spec, mode, role)
        for source in opening.roles
    )
    return RULESET.format(tenant=tenant, range=network, gateway=network.network_address + 1, rules=rules)


def _range(first: str, last: str) -> str:
    return first if first == last else f"{first}-{last}"
