"""PLB2xx: addresses, segments and who is let through."""

from collections.abc import Iterator
from ipaddress import IPv4Network, IPv6Network, ip_network
from itertools import combinations

from plumbline.effective.deployment import services_of
from plumbline.effective.expression_names import tenant_names
from plumbline.expressions.rendering import ExpressionError, value_text
from plumbline.spec.paths import path_of
from plumbline.spec.spec import Spec
from validators.rules.causes import missing_ids
from validators.rules.cloud_lookup import clouds, lets_out
from validators.rules.effective_services import placed_services
from validators.rules.registry import Violation, rule

Range = IPv4Network | IPv6Network
_DNS_PORT = 53


def _network(text: str) -> Range | None:
    """The network, None where the text is none or has host bits."""
    try:
        return ip_network(text)
    except ValueError:
        return None


@rule(
    "PLB201",
    title="Invalid address range (not a CIDR, or host bits set)",
    why="Docker and the cloud refuse it, or use another range than intended.",
    fix="Write the first address of the range, for example 172.29.0.0/24.",
    failing="networks.yaml: {networks: {back: {modes: {single: {subnet: 172.29.1.5/24, internal: true}}}}}",
    passing="networks.yaml: {networks: {back: {modes: {single: {subnet: 172.29.1.0/24, internal: true}}}}}",
)
def unnormalised(spec: Spec) -> Iterator[Violation]:
    """Ranges that do not parse strictly."""
    for name, network in spec.networks.networks.items():
        for mode, each in network.modes.items():
            if _network(each.subnet) is None:
                yield Violation(
                    path_of("networks", name, "modes", mode, "subnet"),
                    f"{each.subnet} is not a range with zero host bits",
                )


@rule(
    "PLB202",
    title="Overlapping ranges in one mode",
    why="One address would belong to two networks, and Docker refuses the second network.",
    fix="Give each segment a range of its own.",
    failing="networks.yaml: {networks: {back: {modes: {single: {subnet: 172.29.0.128/25, internal: true}}}}}",
    passing="networks.yaml: {networks: {back: {modes: {single: {subnet: 172.29.1.0/24, internal: true}}}}}",
)
def overlapping(spec: Spec) -> Iterator[Violation]:
    """Segments that overlap each other, or a tenant's private network."""
    for mode in spec.topology:
        ranges = {
            name: found
            for name, network in spec.networks.networks.items()
            if mode in network.modes and (found := _network(network.modes[mode].subnet))
        }
        for first, second in combinations(ranges, 2):
            if ranges[first].overlaps(ranges[second]):
                yield Violation(
                    path_of("networks", second, "modes", mode, "subnet"),
                    f"overlaps segment `{first}` ({ranges[first]})",
                    also=((path_of("networks", first, "modes", mode, "subnet"), f"range of `{first}`"),),
                )
        if spec.topology[mode].cloud:
            for name, found in ranges.items():
                if found.overlaps(ip_network("10.0.0.0/8")):
                    yield Violation(
                        path_of("networks", name, "modes", mode, "subnet"),
                        "overlaps the tenants' private networks in 10.0.0.0/8",
                    )


@rule(
    "PLB203",
    title="Tenants with the same octet",
    why="Their private networks would have the same range.",
    fix="Give each tenant an octet of its own, from 1 to 254.",
    failing="tenants.yaml: {tenants: {a: {title: A, octet: 1, state: ACTIVE}, b: {title: B, octet: 1, state: ACTIVE}}}",
    passing="tenants.yaml: {tenants: {a: {title: A, octet: 1, state: ACTIVE}, b: {title: B, octet: 2, state: ACTIVE}}}",
)
def same_octet(spec: Spec) -> Iterator[Violation]:
    """Octets that are taken twice."""
    taken: dict[int, str] = {}
    for name, tenant in spec.tenants.tenants.items():
        if tenant.octet in taken:
            yield Violation(
                path_of("tenants", name, "octet"),
                f"octet {tenant.octet} already belongs to tenant `{taken[tenant.octet]}`",
                also=((path_of("tenants", taken[tenant.octet], "octet"), "the other tenant"),),
            )
        taken.setdefault(tenant.octet, name)


_CLOUD = """
topology/single.yaml:
  roles: {{host: {{first_host: {first}, count: 1, max_count: {most}}}}}
  cloud:
    provider: hetzner
    location: nbg1
    network_zone: eu-central
    image: debian-12
    spread_servers: true
    environment: test
    network: {{range: "10.{{octet}}.0.0/16", subnet: "{subnet}"}}
    firewall:
      inbound: [{{title: all, protocol: tcp, port: any, peers: ["{peer}"]}}]
      outbound: {outbound}
    volume: {{size_gb: 100, format: ext4, mount: /mnt/data, role: host}}
    ssh_keys: {{admin: {{public_key: "ssh-ed25519 AAAA"}}}}
    dns: {{zone: example.com, record: "{{tenant}}", type: A, ttl_s: 300, target: host, address: entry}}
    names:
      network: "{{tenant}}-net"
      firewall: "{{tenant}}-fw"
      volume: "{{tenant}}-data"
      placement_group: "{{tenant}}-spread"
      server: "{{tenant}}-{{role}}-{{index}}"
    ownership: {{tenant_id: "{{tenant}}"}}
    labels: {{}}
    addresses: {{entry: 192.0.2.10/32}}
"""
_NO_OUTBOUND = "[]"
_DNS_OUT = "[{title: dns, protocol: udp, port: '53', peers: [192.0.2.1/32]}, {title: dns, protocol: tcp, port: '53', peers: [192.0.2.1/32]}]"
_GOOD = {"first": 10, "most": 1, "subnet": "10.{octet}.1.0/24", "peer": "192.0.2.0/24", "outbound": _NO_OUTBOUND}


def _cloud(**changes: object) -> str:
    return _CLOUD.format(**{**_GOOD, **changes})


@rule(
    "PLB204",
    title="Subnet outside the range, or node outside the subnet",
    why="The cloud refuses the subnet or the node's address.",
    fix="Keep the subnet inside the range, and `first_host` plus `max_count` inside the subnet.",
    failing=_cloud(first=200, most=100),
    passing=_cloud(),
)
def outside(spec: Spec) -> Iterator[Violation]:
    """Cloud subnets and node addresses that do not fit."""
    for mode, _, cloud in clouds(spec):
        path = path_of("topology", mode, "cloud", "network")
        whole = _network(cloud.network.range.replace("{octet}", "1"))
        subnet = _network(cloud.network.subnet.replace("{octet}", "1"))
        if whole is None or subnet is None or not subnet.subnet_of(whole):  # type: ignore[arg-type]
            yield Violation(path_of(path, "subnet"), f"is not a subnet of {cloud.network.range}")
            continue
        for name, role in spec.topology[mode].roles.items():
            last = (role.first_host or 0) + max(role.count, role.max_count) - 1
            if role.first_host and last >= subnet.num_addresses - 1:
                yield Violation(
                    path_of("topology", mode, "roles", name, "first_host"),
                    f"node {last} is outside {cloud.network.subnet}",
                )


@rule(
    "PLB205",
    title="Nodes with the same address",
    why="The second server cannot be attached to the network.",
    fix="Space the roles' `first_host` by at least `max_count`.",
    failing="""
topology/single.yaml:
  roles:
    host: {first_host: 10, max_count: 5}
    other: {title: Other, first_host: 12, size: {vcpus: 2, memory_mib: 4096, disk_gb: 40, reserve_mib: 512}}
""",
    passing="""
topology/single.yaml:
  roles:
    host: {first_host: 10, max_count: 5}
    other: {title: Other, first_host: 20, size: {vcpus: 2, memory_mib: 4096, disk_gb: 40, reserve_mib: 512}}
""",
)
def same_address(spec: Spec) -> Iterator[Violation]:
    """Roles whose nodes' addresses overlap; a variant takes the place of its role and may share them."""
    for mode, topology in spec.topology.items():
        taken: dict[int, str] = {}
        for name, role in topology.roles.items():
            if role.first_host is None or role.variant_of:
                continue
            for host in range(role.first_host, role.first_host + max(role.count, role.max_count)):
                if host in taken:
                    yield Violation(
                        path_of("topology", mode, "roles", name, "first_host"),
                        f"host {host} already belongs to role `{taken[host]}`",
                        also=((path_of("topology", mode, "roles", taken[host], "first_host"), "the other role"),),
                    )
                    break
                taken[host] = name


@rule(
    "PLB209",
    title="Segment without a range in a mode that uses it",
    why="The network cannot be created in that mode.",
    fix="Give the segment a subnet in that mode, or remove the service from it.",
    failing="networks.yaml: {networks: {extra: {title: E, modes: {other: {subnet: 172.31.0.0/24, internal: true}}}}}\nservices/db.yaml: {segments: [back, extra]}",
    passing="networks.yaml: {networks: {extra: {title: E, modes: {single: {subnet: 172.31.0.0/24, internal: true}}}}}\nservices/db.yaml: {segments: [back, extra]}",
)
def rangeless(spec: Spec) -> Iterator[Violation]:
    """Segments that a service joins in a mode that they do not know."""
    for each in placed_services(spec):
        for segment in each.service.segments:
            network = spec.networks.networks.get(segment)
            if network and each.mode not in network.modes:
                yield Violation(each.path("segments"), f"segment `{segment}` has no range in mode {each.mode}")


@rule(
    "PLB210",
    title="Unused segment",
    why="It isolates nothing, although a reader would think that it does.",
    fix="Delete it, or add services to it.",
    failing="networks.yaml: {networks: {extra: {title: E, modes: {single: {subnet: 172.31.0.0/24, internal: true}}}}}",
    passing="networks.yaml: {}",
)
def unused_segment(spec: Spec) -> Iterator[Violation]:
    """Segments without a service, by mode."""
    for mode, topology in spec.topology.items():
        if any(name not in spec.services for role in topology.roles.values() for name in role.services):
            continue  # what such a service joins nobody knows; it is reported as a reference
        joined = {segment for each in services_of(spec, mode).values() for segment in each.segments}
        for name, network in spec.networks.networks.items():
            if mode in network.modes and name not in joined:
                yield Violation(path_of("networks", name, "modes", mode), f"no service joins `{name}` in mode {mode}")


@rule(
    "PLB228",
    title="Service without a segment",
    why=(
        "Compose puts a service without networks into a default network, with a range that nobody chose and with "
        "egress."
    ),
    fix="Name a segment. Use an internal one for a service that talks to nobody.",
    failing="services/db.yaml: {segments: []}",
    passing="services/db.yaml: {segments: [back]}",
)
def nowhere(spec: Spec) -> Iterator[Violation]:
    """Services and jobs that join no network."""
    for each in placed_services(spec):
        if not each.service.segments:
            yield Violation(each.path("segments"), f"{each.id} joins no segment in mode {each.mode}")


@rule(
    "PLB211",
    title="Outbound rules without DNS",
    why=(
        "One outbound rule changes the firewall's default from accept to deny. Without port 53 over udp and tcp, "
        "no name resolves."
    ),
    fix="Add outbound rules for udp 53 and tcp 53 to the resolvers.",
    failing=_cloud(outbound="[{title: web, protocol: tcp, port: '443', peers: [0.0.0.0/0]}]"),
    passing=_cloud(outbound=_DNS_OUT),
)
def no_dns(spec: Spec) -> Iterator[Violation]:
    """Firewalls that deny DNS."""
    for mode, _, cloud in clouds(spec):
        for protocol in ("udp", "tcp"):
            if not lets_out(cloud.firewall, protocol, _DNS_PORT):
                yield Violation(
                    path_of("topology", mode, "cloud", "firewall", "outbound"),
                    f"no outbound rule allows {protocol} {_DNS_PORT}",
                )


@rule(
    "PLB212",
    title="Firewall rule with an invalid port or peer",
    why="The cloud refuses the rule.",
    fix="Give tcp and udp a port and icmp none. Write peers as ranges with zero host bits.",
    failing=_cloud(peer="192.0.2.5/24"),
    passing=_cloud(peer="192.0.2.0/24"),
)
def malformed_rule(spec: Spec) -> Iterator[Violation]:
    """Rules that the API would refuse."""
    for mode, _, cloud in clouds(spec):
        names = tenant_names(spec, mode, "example", 1)
        for direction in ("inbound", "outbound"):
            for index, each in enumerate(getattr(cloud.firewall, direction)):
                path = path_of("topology", mode, "cloud", "firewall", direction, index)
                if (each.protocol == "icmp") == (each.port is not None):
                    yield Violation(path, "icmp takes no port; tcp and udp need one")
                for peer in each.peers:
                    try:
                        text = value_text(peer, names)
                    except ExpressionError as error:
                        message = f"does not resolve: {error}"
                        yield Violation(path_of(path, "peers"), message, explains=missing_ids(str(error)))
                        continue
                    if _network(text) is None:
                        yield Violation(path_of(path, "peers"), f"{text} is not a range with zero host bits")
