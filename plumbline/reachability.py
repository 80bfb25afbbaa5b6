"""Who must, may and must not reach whom. Pure."""

from enum import StrEnum

from plumbline.deployment import roles_of, services_of
from plumbline.spec import Spec


class Reach(StrEnum):
    """What the spec says about a connection from one service to another."""

    MUST = "must"
    """The first needs the second."""
    MAY = "may"
    """They share a segment on one node, and nothing needs it."""
    MUST_NOT = "must not"
    """They share no segment, or stand on different nodes and nothing needs it."""


def reachability(spec: Spec, mode: str) -> dict[tuple[str, str], Reach]:
    """The verdict for every ordered pair of services that listen or connect in a mode."""
    services = services_of(spec, mode)
    matrix: dict[tuple[str, str], Reach] = {}
    for source, first in services.items():
        for target, second in services.items():
            if source == target or not second.ports:
                continue
            shared = set(first.segments) & set(second.segments)
            together = set(roles_of(spec, mode, source)) & set(roles_of(spec, mode, target))
            if target in first.needs:
                matrix[source, target] = Reach.MUST
            else:
                matrix[source, target] = Reach.MAY if shared and together else Reach.MUST_NOT
    return matrix
