"""Who must, may and must not reach whom. Pure."""

from enum import StrEnum

from plumbline.deployment import roles_of, services_of
from plumbline.spec import Spec


class Reach(StrEnum):
    """What the spec says about a connection from one service to another."""

    MUST = "must"
    """The first needs the second."""
    MAY = "may"
    """Nothing needs it, but they share a segment on one node, or a neighbour needs it: a node's firewall can't tell them apart."""
    MUST_NOT = "must not"
    """They share no segment on one node; from other nodes nothing needs it, and in a cloud their firewall keeps them out."""


def reachability(spec: Spec, mode: str) -> dict[tuple[str, str], Reach]:
    """The verdict for every ordered pair of services that listen or connect in a mode."""
    services = services_of(spec, mode)
    beside = {
        role: [name for name in layout.services if name in services]
        for role, layout in spec.topology[mode].roles.items()
    }
    matrix: dict[tuple[str, str], Reach] = {}
    for source, first in services.items():
        for target, second in services.items():
            if source == target or not second.ports:
                continue
            roles = set(roles_of(spec, mode, source))
            if roles & set(roles_of(spec, mode, target)):
                allowed = bool(set(first.segments) & set(second.segments))
            else:
                allowed = any(target in services[name].needs for role in roles for name in beside[role])
            if target in first.needs:
                matrix[source, target] = Reach.MUST
            else:
                matrix[source, target] = Reach.MAY if allowed else Reach.MUST_NOT
    return matrix
