"""Who must, may and must not reach whom. Pure."""

from enum import StrEnum

from plumbline.effective.deployment import is_sealed, roles_of, services_of
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


def reachability(spec: Spec, mode: str) -> dict[tuple[str, str], Reach]:
    """The verdict for every ordered pair of services that listen or connect in a mode."""
    services = services_of(spec, mode)
    needed_in = {
        role: {need for name in layout.services if name in services for need in services[name].needs}
        for role, layout in spec.topology[mode].roles.items()
    }
    said = {(each.source, each.target) for each in between_services(spec, mode)}
    targets = [
        (name, set(roles_of(spec, mode, name)), set(service.segments))
        for name, service in services.items()
        if service.ports
    ]
    matrix: dict[tuple[str, str], Reach] = {}
    for source, first in services.items():
        roles, segments = set(roles_of(spec, mode, source)), set(first.segments)
        needed = {need for role in roles for need in needed_in[role]}
        for target, there, joined in targets:
            if source == target:
                continue
            if (source, target) in said:
                matrix[source, target] = Reach.MUST
            else:
                allowed = not segments.isdisjoint(joined) if not roles.isdisjoint(there) else target in needed
                matrix[source, target] = Reach.MAY if allowed else Reach.MUST_NOT
    return matrix


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
