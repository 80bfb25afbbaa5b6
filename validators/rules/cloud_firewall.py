"""PLB508…: what the provider's firewall can do, and what servers need of it."""

from collections.abc import Iterator
from ipaddress import ip_network

from plumbline.effective.expression_names import tenant_names
from plumbline.expressions.rendering import ExpressionError, value_text
from plumbline.spec.paths import path_of
from plumbline.spec.spec import Spec
from validators.rules.cloud_examples import cloud_example
from validators.rules.cloud_lookup import clouds, lets_out
from validators.rules.registry import Violation, rule

PRIVATE = tuple(ip_network(each) for each in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"))
NTP = 123


@rule(
    "PLB508",
    title="Firewall rule for a private range",
    why="The provider's firewall filters public interfaces only, so the rule does nothing but looks as if it did. "
    "Tenants are isolated because each has its own network; inside one, the host's firewall filters.",
    fix="Delete the peer. Links between a tenant's nodes follow from `needs`.",
    failing=cloud_example(inbound='[{title: nodes, protocol: tcp, port: any, peers: ["10.1.0.0/16"]}]'),
    passing=cloud_example(inbound='[{title: office, protocol: tcp, port: "22", peers: ["192.0.2.0/24"]}]'),
)
def private_peer(spec: Spec) -> Iterator[Violation]:
    """Peers that no packet on a public interface has."""
    for mode, _, cloud in clouds(spec):
        names = tenant_names(spec, mode, "example", 1)
        for side in ("inbound", "outbound"):
            for index, each in enumerate(getattr(cloud.firewall, side)):
                for place, peer in enumerate(each.peers):
                    try:
                        network = ip_network(value_text(peer, names))
                    except (ExpressionError, ValueError):
                        continue  # PLB212 says so
                    if any(network.version == range.version and network.subnet_of(range) for range in PRIVATE):  # type: ignore[arg-type]
                        path = path_of("topology", mode, "cloud", "firewall", side, index, "peers", place)
                        yield Violation(path, f"{network} is a private range, which the firewall never sees")


@rule(
    "PLB509",
    title="Outbound rules without NTP",
    why="One outbound rule turns the default from accept into deny. Clocks then drift, and weeks later all certificates "
    "and tokens become invalid at once.",
    fix="Add an outbound rule for udp 123.",
    failing=cloud_example(outbound='[{title: web, protocol: tcp, port: "443", peers: [0.0.0.0/0]}]'),
    passing=cloud_example(outbound='[{title: time, protocol: udp, port: "123", peers: [0.0.0.0/0]}]'),
)
def no_ntp(spec: Spec) -> Iterator[Violation]:
    """Firewalls that deny NTP."""
    for mode, _, cloud in clouds(spec):
        if not lets_out(cloud.firewall, "udp", NTP):
            yield Violation(path_of("topology", mode, "cloud", "firewall", "outbound"), f"nothing lets udp {NTP} out")
