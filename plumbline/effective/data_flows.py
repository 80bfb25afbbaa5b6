"""The connections that each way of data takes in a mode, out of those that the spec speaks of. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from plumbline.effective.deployment import services_of
from plumbline.effective.per_spec import per_spec
from plumbline.effective.relations import OUTSIDE, Because, Relation, relations, relations_by_end
from plumbline.spec.paths import PathText, path_of
from plumbline.spec.spec import Spec
from schema.data_flow import Hop

_HTTPS = 443
_IN = (Because.PUBLISHED, Because.ENTRY)


@dataclass(frozen=True, slots=True)
class Leg:
    """One connection of a way in a mode."""

    relation: Relation
    does: str
    """What happens over it."""
    path: PathText
    """The hop that it belongs to."""


@per_spec
def legs(spec: Spec, name: str, mode: str) -> tuple[Leg, ...]:
    """The connections of a way in a mode, in order; a hop without a connection is left out, and a rule reports it."""
    return tuple(
        Leg(relation, "Passes it on." if number else hop.does, hop_path(name, index))
        for index, hop in enumerate(spec.data_flows.data_flows[name].hops)
        if mode in modes_of(spec, hop)
        for number, relation in enumerate(connections(spec, mode, hop))
    )


def hop_path(name: str, index: int) -> PathText:
    """The spec path of a hop."""
    return path_of("data_flows", name, "hops", index)


def modes_of(spec: Spec, hop: Hop) -> list[str]:
    """The modes that a hop is meant for: those that it names, or those in which both of its ends exist."""
    return [mode for mode in spec.modes if (mode in hop.modes if hop.modes else _has_ends(spec, mode, hop))]


def _has_ends(spec: Spec, mode: str, hop: Hop) -> bool:
    placed = services_of(spec, mode)
    if hop.by is not None and hop.by not in placed:
        return False
    return hop.to in placed or any(each.target == hop.to for each in relations(spec, mode))


def connections(spec: Spec, mode: str, hop: Hop) -> tuple[Relation, ...]:
    """The connections that a hop stands for: one, or the way in from a client; none where the spec speaks of none."""
    if hop.by is None:
        return _way_in(spec, mode, hop.to)
    found = (each for each in relations_by_end(spec, mode).get(hop.by, ()) if each.source == hop.by)
    return tuple(each for each in found if each.target == hop.to and each.because != Because.COLLECTED)[:1]


def _way_in(spec: Spec, mode: str, to: str) -> tuple[Relation, ...]:
    """From outside to a service, by what is published and what the entry passes on; the entry's own way where there is one."""
    ways: list[tuple[Relation, ...]] = [(each,) for each in _into(spec, mode, OUTSIDE)]
    entry = spec.topology[mode].entry.service
    # port 80 of an entry with certificates only redirects
    ways.sort(key=lambda way: (way[0].target != entry, way[0].number != _HTTPS))
    for way in ways:  # grows while it is read: breadth first
        if way[-1].target == to:
            return way
        known = {each.target for each in way}
        ways += [(*way, each) for each in _into(spec, mode, way[-1].target) if each.target not in known]
    return ()


def _into(spec: Spec, mode: str, source: str) -> Iterator[Relation]:
    return (each for each in relations(spec, mode) if each.source == source and each.because in _IN)
