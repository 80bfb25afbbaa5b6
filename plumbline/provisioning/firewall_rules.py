"""Firewall rules: compared by what they let through."""

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any, NamedTuple

Rule = dict[str, Any]
"""`direction`, `protocol`, `port` (`80`, `80-85`, `any`, None), `peers` (networks), `description`."""
ALL_PORTS = (1, 65535)
EVERYWHERE = ("0.0.0.0/0", "::/0")


class FirewallOpening(NamedTuple):
    """One thing that rules let through."""

    direction: str
    protocol: str
    first: int
    last: int
    peer: IPv4Network | IPv6Network


def peer(text: str) -> str:
    """A network in the form in which the API shows it; what cannot be read, as it is."""
    try:
        return str(ip_network(text, strict=False))
    except ValueError:
        return text


def opens_wider(have: Iterable[Rule], want: Iterable[Rule]) -> list[str]:
    """What the wanted rules let through and the present ones do not; each in words."""
    old = list(_openings(have))
    return [_shown(each) for each in _openings(want) if not any(_covers(other, each) for other in old)]


def _openings(rules: Iterable[Rule]) -> Iterator[FirewallOpening]:
    rules = list(rules)
    if not any(rule["direction"] == "out" for rule in rules):
        # without a rule for it, everything may go out
        for network in EVERYWHERE:
            for protocol in ("tcp", "udp", "icmp", "esp", "gre"):
                yield FirewallOpening("out", protocol, *ALL_PORTS, ip_network(network))
    for rule in rules:
        first, last = _ports(rule["port"])
        for text in rule["peers"]:
            try:
                yield FirewallOpening(rule["direction"], rule["protocol"], first, last, ip_network(text, strict=False))
            except ValueError:
                continue


def _ports(port: str | None) -> tuple[int, int]:
    if not port or port == "any":
        return ALL_PORTS
    first, _, last = port.partition("-")
    return (int(first), int(last or first)) if first.isdecimal() and (last or first).isdecimal() else ALL_PORTS


def _covers(old: FirewallOpening, new: FirewallOpening) -> bool:
    if (old.direction, old.protocol) != (new.direction, new.protocol) or not (
        old.first <= new.first and new.last <= old.last
    ):
        return False
    if isinstance(old.peer, IPv4Network) and isinstance(new.peer, IPv4Network):
        return new.peer.subnet_of(old.peer)
    return isinstance(old.peer, IPv6Network) and isinstance(new.peer, IPv6Network) and new.peer.subnet_of(old.peer)


def _shown(each: FirewallOpening) -> str:
    ports = (
        ""
        if (each.first, each.last) == ALL_PORTS
        else f" {each.first}" + (f"-{each.last}" if each.last != each.first else "")
    )
    return f"{each.direction} {each.protocol}{ports} {each.peer}"
