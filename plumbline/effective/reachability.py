"""Who must, may and must not reach whom. Pure."""

from collections.abc import Iterator
from enum import StrEnum

from plumbline.effective.deployment import is_sealed, roles_of, services_of
from plumbline.effective.per_spec import per_spec
from plumbline.effective.relations import OUTSIDE, Because, between_services, relations
from plumbline.spec.spec import Spec


class Reach(StrEnum):
    """What the spec says about a connection from one service to another."""

    MUST = "must"
    """The spec says that the first connects to the second: it needs it, is the entry before it, or is told its address."""
    MAY = "may"
    """Nothing needs it, but they share a segment on one node, or a neighbour needs it: a node's firewall can't tell them apart."""
    MUST_NOT = "must not"
    """They share no segment on one node; from other nodes nothing needs it, and in a cloud their firewall keeps them out."""


class Reachability:
    """The verdicts for the services that listen or connect in a mode. Services of the same roles and segments share what they may."""

    def __init__(self, spec: Spec, mode: str):
        self.services = services_of(spec, mode)
        self._roles = {name: frozenset(roles_of(spec, mode, name)) for name in self.services}
        self._needed_in = {
            role: {need for name in layout.services if name in self.services for need in self.services[name].needs}
            for role, layout in spec.topology[mode].roles.items()
        }
        self._must: dict[str, dict[str, None]] = {}
        for each in between_services(spec, mode):
            self._must.setdefault(each.source, {})[each.target] = None
        self._allowed: dict[tuple[frozenset[str], frozenset[str]], frozenset[str]] = {}

    def must(self, source: str) -> list[str]:
        """Those that it connects to."""
        return [target for target in self._must.get(source, ()) if target != source and self.services[target].ports]

    def may(self, source: str) -> frozenset[str]:
        """Those that it could connect to, and that the spec does not say it does."""
        return self._reached(source).difference(self._must.get(source, ()), (source,))

    def might_be_reached_by(self, target: str) -> list[str]:
        """Those that could connect to it, and of which the spec does not say that they do."""
        groups: dict[tuple[frozenset[str], frozenset[str]], list[str]] = {}
        for name, service in self.services.items():
            groups.setdefault((self._roles[name], frozenset(service.segments)), []).append(name)
        found = {
            source
            for sources in groups.values()
            if target in self._reached(sources[0])
            for source in sources
            if source != target and target not in self._must.get(source, ())
        }
        return sorted(found)

    def of(self, source: str, target: str) -> Reach:
        """The verdict for two services, the second of which listens."""
        if target in self._must.get(source, ()):
            return Reach.MUST
        return Reach.MAY if target in self._reached(source) else Reach.MUST_NOT

    def _reached(self, source: str) -> frozenset[str]:
        key = self._roles[source], frozenset(self.services[source].segments)
        if key not in self._allowed:
            self._allowed[key] = frozenset(self._reached_from(*key))
        return self._allowed[key]

    def _reached_from(self, roles: frozenset[str], segments: frozenset[str]) -> Iterator[str]:
        needed = {need for role in roles for need in self._needed_in[role]}
        for target, service in self.services.items():
            beside = not roles.isdisjoint(self._roles[target])
            if service.ports and (not segments.isdisjoint(service.segments) if beside else target in needed):
                yield target


@per_spec
def reach(spec: Spec, mode: str) -> Reachability:
    """Who reaches whom in a mode."""
    return Reachability(spec, mode)


def reachability(spec: Spec, mode: str) -> dict[tuple[str, str], Reach]:
    """The verdict for every ordered pair of services that listen or connect in a mode."""
    known = reach(spec, mode)
    targets = [name for name, service in known.services.items() if service.ports]
    return {
        (source, target): known.of(source, target)
        for source in known.services
        for target in targets
        if source != target
    }


def outer_reachability(spec: Spec, mode: str) -> dict[tuple[str, str], Reach]:
    """The verdict for whoever is outside and each service that listens, and for each service and each host outside."""
    services, known = services_of(spec, mode), relations(spec, mode)
    said = {(each.source, each.other) for each in known}
    matrix = {
        (OUTSIDE, name): Reach.MUST if (OUTSIDE, name) in said else Reach.MUST_NOT
        for name, service in services.items()
        if service.ports
    }
    hosts = dict.fromkeys(each.other for each in known if each.because in (Because.CALLED, Because.ISSUER))
    networks = spec.networks.networks
    for name, service in services.items():
        segments = [networks[each].modes.get(mode) for each in service.segments if each in networks]
        leaves = not is_sealed(spec, mode) and any(each and not each.internal for each in segments)
        for host in hosts:
            found = Reach.MUST if (name, host) in said else Reach.MAY if leaves else Reach.MUST_NOT
            matrix[name, host] = found
    return matrix
