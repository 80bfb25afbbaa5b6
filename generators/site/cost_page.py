"""The monthly net cost of a tenant's cloud resources at given prices. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from generators.cloud.desired import server_types, spec_path
from plumbline.spec.paths import PathText, path_of
from plumbline.spec.spec import Spec

_IPV4 = (path_of("catalogue", "extras", "ipv4"),)


@dataclass(frozen=True)
class MonthlyPrices:
    """Net prices a month; what is absent, or None, is not known."""

    currency: str
    servers: Mapping[str, float]
    """By server type, without IPv4 address."""
    volume_gb: float | None
    ipv4: float | None


@dataclass(frozen=True)
class Cost:
    """A line of an estimate."""

    what: str
    detail: str
    path: PathText
    """The part of the spec that it comes from."""
    usual: float | None
    """A month, net, of what is ordered first."""
    most: float | None
    """Of the dearest that may be taken in its place."""
    prices: tuple[PathText, ...] = ()
    """Where the catalogue has its price."""

    @property
    def paths(self) -> tuple[PathText, ...]:
        """All that it comes from."""
        return (self.path, *self.prices)


def catalogue_prices(spec: Spec, location: str) -> MonthlyPrices:
    """The catalogue's prices at a location."""
    known = spec.catalogue
    types = known.server_types if location in known.priced_in else {}
    return MonthlyPrices(
        known.currency,
        {name: each.price for name, each in types.items() if each.price is not None},
        known.extras.volume_gb,
        known.extras.ipv4,
    )


def estimate(state: Mapping[str, Any], prices: MonthlyPrices) -> list[Cost]:
    """A line for each object of a desired state that costs something; each server has a public IPv4 address."""
    lines: list[Cost] = []
    for want in state["objects"]:
        path = spec_path(state["mode"], want)
        if want["kind"] == "server":
            lines.append(_server(f"server {want['name']}", want["types"], path, prices))
            lines.append(Cost(f"IPv4 address of {want['name']}", "", path, prices.ipv4, prices.ipv4, _IPV4))
        elif want["kind"] == "volume":
            price = None if prices.volume_gb is None else prices.volume_gb * want["size_gb"]
            gigabyte = (path_of("catalogue", "extras", "volume_gb"),)
            lines.append(Cost(f"volume {want['name']}", f"{want['size_gb']} GB", path, price, price, gigabyte))
    return lines


def shared_estimate(spec: Spec, mode: str, prices: MonthlyPrices) -> list[Cost]:
    """A line for each server that all tenants of a mode share, with its address."""
    return [line for name, count in _shared(spec, mode) for line in _shared_lines(spec, mode, name, count, prices)]


def total(lines: Sequence[Cost]) -> tuple[float, float]:
    """What is known of the lines: as usual, and at most."""
    return sum(line.usual or 0 for line in lines), sum(line.most or 0 for line in lines)


def unknown(lines: Sequence[Cost]) -> list[str]:
    """Lines whose price is not known."""
    return [line.what for line in lines if line.usual is None]


def _shared(spec: Spec, mode: str) -> Iterator[tuple[str, int]]:
    return ((name, role.count) for name, role in spec.topology[mode].roles.items() if role.scope == "shared")


def _shared_lines(spec: Spec, mode: str, role: str, count: int, prices: MonthlyPrices) -> Iterator[Cost]:
    path = path_of("topology", mode, "roles", role)
    for index in range(1, count + 1):
        yield _server(f"server {role} {index}", server_types(spec.topology[mode].roles[role]), path, prices)
        yield Cost(f"IPv4 address of {role} {index}", "", path, prices.ipv4, prices.ipv4, _IPV4)


def _server(what: str, types: Sequence[str], path: PathText, prices: MonthlyPrices) -> Cost:
    known = [prices.servers[name] for name in types if name in prices.servers]
    usual = prices.servers.get(types[0]) if types else None
    places = tuple(path_of("catalogue", "server_types", name, "price") for name in types)
    return Cost(what, ", else ".join(types), path, usual, max(known, default=None), places)
