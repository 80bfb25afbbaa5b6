"""Ranges and ports of an engine's host that are in use, and free ones to use instead. Pure."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from ipaddress import IPv4Network, ip_address, ip_network

from plumbline.spec.finding import EnvironmentMissing
from plumbline.stack.layout import Node, binding_of
from schema.service import Publication

_POOL = ip_network("10.224.0.0/11")
_POOL_SIZE = 8192
_FIRST_PORT, _PORTS = 20000, 12000
"""Below those that a kernel gives to connections by itself."""
_PLACE = re.compile(r"(\d+\.\d+\.\d+\.\d+:\d+)\b")
SIGNS = ("port is already allocated", "address already in use", "Pool overlaps")
"""What an engine says when another was quicker."""


class Taken(EnvironmentMissing):
    """Another stack or program was quicker. With other ranges and ports, a run can go on."""

    def __init__(self, line: str):
        super().__init__(
            line,
            (
                "other stacks are starting and stopping on this host: run this again when they have started, or use "
                "another engine"
            ),
        )
        self.places = frozenset(_PLACE.findall(line))
        """What the line names, `address:port`."""


def moved_subnets(wanted: Mapping[str, str], taken: Iterable[str], start: int = 0) -> dict[str, str]:
    """A free subnet for each wanted one that overlaps a taken one; the others stay as they are.

    `start` is any number. Runs with different ones choose different subnets.
    """
    used = [ip_network(subnet) for subnet in taken if ":" not in subnet]
    stays = {name: ip_network(subnet) for name, subnet in wanted.items()}
    stays = {name: net for name, net in stays.items() if not any(net.overlaps(other) for other in used)}
    used += stays.values()
    free = _from(start)
    moved: dict[str, str] = {}
    for name in wanted:
        if name not in stays:
            chosen = next(net for net in free if not any(net.overlaps(other) for other in used))
            moved[name] = str(chosen)
    return moved


def _from(start: int) -> Iterator[IPv4Network]:
    first = int(_POOL.network_address)
    for number in range(_POOL_SIZE):
        yield IPv4Network((first + ((start + number) % _POOL_SIZE) * 256, 24))


def moved_ports(node: Node, taken: Collection[str], start: int = 0) -> dict[str, int]:
    """A free port for each that the node publishes and another holds, by `address:port` as the spec has it.

    `taken` are `address:port`, where 0.0.0.0 is every address. `start` as for `moved_subnets`.
    """
    free = (_FIRST_PORT + (start + number) % _PORTS for number in range(_PORTS))
    return {
        place_of(each): next(port for port in free if not _is_taken(binding_of(node, each)[0], port, taken))
        for each in publications(node)
        if _is_taken(*binding_of(node, each), taken)
    }


def publications(node: Node) -> Sequence[Publication]:
    """What the services of a node publish."""
    return [each for service in node.deployment.services.values() for each in service.publish.values()]


def place_of(publication: Publication) -> str:
    """`address:port`."""
    return f"{publication.address}:{publication.port}"


def _is_taken(address: str, port: int, taken: Collection[str]) -> bool:
    return any(
        int(number) == port and (host == address or _is_every(host) or _is_every(address))
        for host, _, number in (each.rpartition(":") for each in taken)
    )


def _is_every(address: str) -> bool:
    return ip_address(address.strip("[]")).is_unspecified
