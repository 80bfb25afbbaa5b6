"""PLB232, PLB233: inbound rules that let in more than the host, or open more than the port, that they are for."""

import re
from collections.abc import Iterator

from plumbline.effective.deployment import roles_of, services_of
from plumbline.runbook.rendering import runbook_texts
from plumbline.spec.finding import Severity
from plumbline.spec.paths import path_of
from plumbline.spec.spec import Spec
from schema.cloud import Cloud
from schema.topology import Topology
from validators.rules.cloud_entry import SSH, WORLD, InboundOpening, Range, openings, proxied_example, range_of
from validators.rules.cloud_examples import cloud_example
from validators.rules.cloud_lookup import clouds
from validators.rules.registry import Violation, rule

_ADMINS = {4: 16, 6: 32}
"""A shorter prefix than this is nobody's office."""
_MANY = 64
"""More ports than a rule opens for services."""
_AS_A_HOST = re.compile(r"\baddress_of\(\s*['\"](?P<name>[\w-]+)['\"]\s*\)")
_WIDE = '[{{title: requests, protocol: tcp, port: "8000", peers: [{0}]}}]'


@rule(
    "PLB232",
    title="Range larger than the host that it represents",
    severity=Severity.WARNING,
    why=(
        "All other addresses of the range are allowed too: they bypass the entry and reach its backends, "
        "or SSH. A range does not work as a host's address."
    ),
    fix="Write the host's own address with /32, once in `addresses`, and `{{ address_of('NAME') }}` in the rule.",
    failing=proxied_example(inbound=_WIDE.format("192.0.0.0/16")),
    passing=proxied_example(inbound=_WIDE.format("192.0.2.10/32")),
)
def wider_than_a_host(spec: Spec) -> Iterator[Violation]:
    """Peers around a named host, SSH from a range that is nobody's, and names of hosts that are ranges."""
    for mode, _, cloud in clouds(spec):
        for each in openings(spec, mode, cloud):
            for index, peer in enumerate(each.peers):
                if message := _too_wide(spec, mode, cloud, each, peer):
                    yield Violation(path_of(each.path, "peers", index), message, observed=str(peer))
        used = _used_as_hosts(spec)
        for name, text in cloud.addresses.items():
            address = range_of(text)
            # of the record's own PLB511 says so
            if name in used - {cloud.dns.address} and address and address.num_addresses > 1:
                message = f"`{name}` is connected to as a host, but these are {address.num_addresses} addresses"
                yield Violation(path_of("topology", mode, "cloud", "addresses", name), message, observed=text)


def _too_wide(spec: Spec, mode: str, cloud: Cloud, opening: InboundOpening, peer: Range) -> str | None:
    port = spec.topology[mode].entry.backend_port
    if peer.prefixlen < WORLD[peer.version]:
        return None  # PLB222 says so
    for name, text in cloud.addresses.items():
        address, is_entry = range_of(text), name == cloud.dns.address
        asked = port if is_entry else SSH
        if address is None or asked is None or not opening.to(asked) or address.num_addresses > 1:
            continue
        if peer.version == address.version and peer != address and address.subnet_of(peer):  # type: ignore[arg-type]
            return f"port {asked} is open to {peer}, but `{name}` is {address} alone"
    if opening.to(SSH) and peer.prefixlen < _ADMINS[peer.version]:
        return f"port {SSH} (SSH) is open to {peer}, which is {peer.num_addresses} addresses"
    return None


def _used_as_hosts(spec: Spec) -> set[str]:
    """Addresses that places and runbooks connect to."""
    texts = [place.shell or "" for place in spec.platform.places.values()]
    texts += [text for runbook in spec.runbooks.values() for _, text in runbook_texts(runbook)]
    return {found["name"] for text in texts for found in _AS_A_HOST.finditer(text)}


@rule(
    "PLB233",
    title="Inbound rule for many more ports than are published",
    severity=Severity.WARNING,
    why="Anything that listens on a node later, such as a debugger or a store, is reachable immediately. So is SSH.",
    fix="Write one rule for each port that is needed.",
    failing=cloud_example(inbound='[{title: office, protocol: tcp, port: "1-1024", peers: ["192.0.2.0/24"]}]'),
    passing=cloud_example(inbound='[{title: office, protocol: tcp, port: "22", peers: ["192.0.2.0/24"]}]'),
)
def many_ports(spec: Spec) -> Iterator[Violation]:
    """Inbound rules for tcp with `any` port, or a long range of which hardly any is published."""
    for mode, topology, cloud in clouds(spec):
        published = {SSH} | _published(spec, mode, topology)
        for each in openings(spec, mode, cloud):
            if each.is_to_everybody:
                continue  # PLB222 says so
            first, _, last = (each.rule.port or "").partition("-")
            ports = range(int(first), int(last or first) + 1) if first.isdecimal() else range(1, 65_536)
            there = sorted(published.intersection(ports))
            if len(ports) - len(there) > _MANY:
                asked = ", ".join(map(str, there)) or "none"
                message = f"{len(ports)} ports are open, and services and SSH use {asked}"
                yield Violation(path_of(each.path, "port"), message, expected=asked, observed=each.rule.port)


def _published(spec: Spec, mode: str, topology: Topology) -> set[int]:
    """Ports that a tenant's nodes publish."""
    return {
        each.port
        for name, service in services_of(spec, mode).items()
        if any(topology.roles[role].scope == "tenant" for role in roles_of(spec, mode, name))
        for each in service.publish.values()
    }
