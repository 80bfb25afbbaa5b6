"""Who reaches whom: what to try from within each container, and what the spec says about the result. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from plumbline.effective.deployment import needs_on_other_nodes
from plumbline.effective.reachability import Reach
from plumbline.effective.relations import Because, between_services
from plumbline.report.fact import Check
from plumbline.spec.spec import Spec
from plumbline.stack.layout import binding_of
from plumbline.stack.probing import ProbeAnswer, Question
from plumbline.stack.project import ComposeProject

OPEN, CLOSED = "open", "closed"
RESOLVED, UNRESOLVED = "resolved", "unresolved"
REFUSED = "refused"
_NEEDED_S, _OTHER_S = 5.0, 1.0
"""On one host a connection takes milliseconds. What must succeed gets long, for a busy machine; the others end a look sooner."""
BLOCKED, LEAKED = "blocked", "leaked"
Needed = Mapping[tuple[str, str], str]
"""The port that one place needs of another, by both keys."""


@dataclass(frozen=True)
class RunningService:
    """A running service: where it stands, its addresses, and its ports."""

    project: ComposeProject
    service: str
    container: str
    """Its id."""
    pid: int
    addresses: Mapping[str, str]
    """Its own address in each network, by the network's id in the spec."""

    @property
    def key(self) -> str:
        """Its name among all places, `acme-db/redis` or `redis`."""
        node = self.project.node.name
        return f"{node}/{self.service}" if node else self.service

    @property
    def ports(self) -> Mapping[str, int]:
        """Declared ports by name."""
        return self.project.deployment.services[self.service].ports


@dataclass(frozen=True)
class Row:
    """One ordered pair and port: what the spec says, and what was seen."""

    source: str
    target: str
    port: str
    expected: Reach
    reached: bool
    how: str
    """The addresses that were tried, with what each gave."""


def place_of(project: ComposeProject, service: str, container: Mapping[str, Any]) -> RunningService | None:
    """The place of a container, None where it does not run."""
    if container["State"]["Status"] != "running":
        return None
    networks = (container["NetworkSettings"].get("Networks") or {}).items()
    addresses = {
        name.removeprefix(f"{project.name}_"): each["IPAddress"] for name, each in networks if each.get("IPAddress")
    }
    return RunningService(
        project, service, str(container["Id"]), int(container["State"]["Pid"]), dict(sorted(addresses.items()))
    )


def reach_questions(spec: Spec, places: Sequence[RunningService]) -> dict[str, Question]:
    """What to ask from each place: every port of every other place, and every service's name."""
    asked: dict[str, Question] = {}
    needed = needed_ports(spec, places)
    for source in places:
        addresses = {
            f"{address}:{number}": _NEEDED_S if leads and needed.get((source.key, target.key)) == port else _OTHER_S
            for target in places
            if target is not source
            for port, number in target.ports.items()
            for address, leads in _ways(needed, source, target).items()
        }
        names = tuple(target.service for target in places if target.project is source.project and target is not source)
        asked[source.key] = Question(source.pid, source.container, addresses, names)
    return asked


def reach_table(spec: Spec, places: Sequence[RunningService], answers: Mapping[str, ProbeAnswer]) -> list[Row]:
    """The truth table: every ordered pair of places, every declared port."""
    needed = needed_ports(spec, places)
    return [
        _row(needed, source, target, port, answers[source.key])
        for source in places
        for target in places
        if source is not target
        for port in target.ports
    ]


def reach_checks(table: Iterable[Row], places: Sequence[RunningService]) -> list[Check]:
    """A check for each pair that must or must not reach each other; where both is allowed, there is nothing to check."""
    by_key = {place.key: place for place in places}
    checks: list[Check] = []
    for row in table:
        if row.expected is Reach.MAY:
            continue
        source, target = by_key[row.source], by_key[row.target]
        other = row.target if target.project is not source.project else target.service
        checks.append(
            Check(
                f"services.{source.service}",
                f"reach.{other}:{row.port}",
                OPEN if row.expected is Reach.MUST else CLOSED,
                OPEN if row.reached else CLOSED,
                where=source.project.node.name,
            )
        )
    return checks


def name_checks(places: Sequence[RunningService], answers: Mapping[str, ProbeAnswer]) -> list[Check]:
    """A service's name resolves for those that share a network with it, and for nobody else."""
    checks: list[Check] = []
    for source in places:
        for target in places:
            if target is source or target.project is not source.project:
                continue
            address = answers[source.key].names.get(target.service)
            checks.append(
                Check(
                    f"services.{source.service}",
                    f"name.{target.service}",
                    RESOLVED if _share(source, target) else UNRESOLVED,
                    RESOLVED
                    if address in target.addresses.values()
                    else UNRESOLVED
                    if address is None
                    else f"resolved to the foreign address {address}",
                    where=source.project.node.name,
                )
            )
    return checks


def egress_checks(spec: Spec, places: Sequence[RunningService], answers: Mapping[str, ProbeAnswer]) -> list[Check]:
    """Nothing gets out where the mode has no egress, or from services that are in internal networks alone; by names neither."""
    checks: list[Check] = []
    for place in places:
        mode, answer = place.project.deployment.mode, answers[place.key]
        segments = place.project.deployment.services[place.service].segments
        closed = all(spec.networks.networks[name].modes[mode].internal for name in segments)
        if answer.outside is None or (spec.topology[mode].egress and not closed):
            continue
        subject, where = f"services.{place.service}", place.project.node.name
        seen = OPEN if answer.outside == "open" else REFUSED
        checks.append(Check(subject, "egress.connection", REFUSED, seen, where=where))
        checks.append(
            Check(subject, "egress.datagrams", BLOCKED, LEAKED if answer.leaks_datagrams else BLOCKED, where=where)
        )
        if place.project.resolver:
            checks.append(Check(subject, "leak.names", BLOCKED, LEAKED if answer.leaks_names else BLOCKED, where=where))
    return checks


def published_addresses(place: RunningService) -> dict[int, str]:
    """Where the spec publishes a place's ports on its host: port in the container → address."""
    service, node = place.project.deployment.services[place.service], place.project.node
    return {service.ports[port]: "{}:{}".format(*binding_of(node, each)) for port, each in service.publish.items()}


def published_checks(places: Sequence[RunningService], host: Mapping[str, str]) -> list[Check]:
    """A published port takes connections on its host: a binding that is shown is not always one that works."""
    return [
        Check(
            f"services.{place.service}",
            f"published.{port}/tcp",
            f"open at {address}",
            f"{host.get(address, 'not tried')} at {address}",
            where=place.project.node.name,
        )
        for place in places
        for port, address in published_addresses(place).items()
    ]


def ways_to(spec: Spec, source: RunningService, target: RunningService) -> dict[str, bool]:
    """The target's own addresses, and whether the link leads there; from another node that needs it, its node's address."""
    return _ways(needed_ports(spec, (source, target)), source, target)


def _ways(needed: Needed, source: RunningService, target: RunningService) -> dict[str, bool]:
    if (source.key, target.key) in needed and source.project is not target.project:
        return {target.project.node.address: True}
    return {address: name in source.addresses for name, address in target.addresses.items()}


def _row(needed: Needed, source: RunningService, target: RunningService, port: str, answer: ProbeAnswer) -> Row:
    need = needed.get((source.key, target.key))
    tried = [f"{address}:{target.ports[port]}" for address in _ways(needed, source, target)]
    results = {address: answer.reached.get(address, "not tried") for address in tried}
    if need == port:
        expected = Reach.MUST
    elif source.project is target.project and _share(source, target):
        expected = Reach.MAY
    elif need and source.project is not target.project:
        # the node's address leads to whatever it publishes, and keeping others out of that is the node's firewall's part
        expected = Reach.MAY
    else:
        expected = Reach.MUST_NOT
    how = ", ".join(f"{address} {result}" for address, result in results.items())
    return Row(source.key, target.key, port, expected, "open" in results.values(), how)


def needed_ports(spec: Spec, places: Sequence[RunningService]) -> Needed:
    """The needs among the spec's relations, and what collectors ask, each between the places that it leads from and to: those of one tenant."""
    found: dict[tuple[str, str], str] = {}
    for mode in {place.project.deployment.mode for place in places}:
        needs = {
            (each.source, each.target): each.port
            for each in between_services(spec, mode)
            if each.because in (Because.NEED, Because.COLLECTED)
        }
        for source in places:
            for target in places:
                port = needs.get((source.service, target.service))
                if port and _is_meant(spec, source, target):
                    found[source.key, target.key] = port
    return found


def _is_meant(spec: Spec, source: RunningService, target: RunningService) -> bool:
    """Whether a need of the first is for this place of the second: its own tenant's, and beside it where it stands there too."""
    if source.project.node.tenant != target.project.node.tenant:
        return False
    if source.project is target.project:
        return True
    elsewhere = needs_on_other_nodes(spec, source.project.deployment, source.service)
    return elsewhere.get(target.service) == target.project.deployment.role


def _share(source: RunningService, target: RunningService) -> bool:
    first = source.project.deployment.services[source.service].segments
    second = target.project.deployment.services[target.service].segments
    return bool(set(first) & set(second))
