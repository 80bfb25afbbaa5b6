"""PLB1xx: what refers to what."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial

from plumbline.effective.deployment import effective, field_path, services_of
from plumbline.effective.graphs import knots
from plumbline.effective.per_spec import per_spec
from plumbline.spec.paths import PathText, path_of
from plumbline.spec.references import SpecReference, definition, ids_by_kind, references
from plumbline.spec.spec import Spec
from plumbline.spec.suggestions import closest, shorten, suggestion
from validators.rules.causes import NO_MODE
from validators.rules.effective_services import Placed, placed_services
from validators.rules.named_services import naming_services
from validators.rules.registry import Violation, rule


@rule(
    "PLB101",
    title="Reference to something that does not exist",
    why="Generated files would name a service, image, network or secret that does not exist.",
    fix="Correct the ID, or add what it refers to.",
    failing="services/web.yaml: {segments: [front, bakc]}",
    passing="services/web.yaml: {segments: [front, back]}",
)
def dangling(spec: Spec) -> Iterator[Violation]:
    """Ids, as values and as keys, that name nothing: each once, with every place that names it."""
    ids = {kind: frozenset(known) for kind, known in ids_by_kind(spec).items()}
    named: dict[str, set[str]] = {kind: set() for kind in ids}
    nobodys: dict[tuple[str, str, frozenset[str]], list[SpecReference]] = {}
    for found in references(spec):
        known = ids[found.kind]
        if found.path[0] == "topology" and found.kind == "role":
            known = frozenset(spec.topology[str(found.path[1])].roles)
        if found.kind in ("server type", "operating system"):
            known |= frozenset(spec.catalogue.removed)  # PLB501 says what took their place
        named[found.kind].add(found.target)
        if found.target not in known:
            nobodys.setdefault((found.kind, found.target, known), []).append(found)
    for told, ((kind, target, known), places) in enumerate(nobodys.items()):
        if told < _MOST_SUGGESTIONS:
            unnamed = closest(target, sorted(known - named[kind]), _RENAMED)
            meant = closest(target, sorted(known), _RENAMED)
            yield _nobody(kind, places, unnamed, suggestion(target, sorted(known)), meant)
        else:
            yield replace(_nobody(kind, places, None, "add it, or name another"), explains=())


_MOST_SUGGESTIONS = 50
"""Ids that are compared with all that there is: with more of them, something else is wrong."""
_RENAMED = 0.66
"""How much alike two ids are where one was probably made of the other: two of three letters swapped, and more."""


def _nobody(
    kind: str, places: list[SpecReference], unnamed: str | None, hint: str, meant: str | None = None
) -> Violation:
    """At the place that names it; where several do, at the id like it that nobody names: that is where the edit was.

    A service that names another wrongly lacks what joins it to the one that is meant; a mode does not run the one that is meant.
    """
    target = places[0].target
    message = f"there is no {kind} `{shorten(target)}`"
    first, also = PathText(places[0].path), [(PathText(each.path), "names it") for each in places]
    explains: tuple[tuple[str, ...], ...] = ((target,), (unnamed,)) if unnamed else ((target,),)
    if meant and kind == "service":
        explains += tuple((meant, str(each.path[1])) for each in places if each.path[0] in ("services", "topology"))
        explains += ((meant, NO_MODE),) if any(each.path[0] == "topology" for each in places) else ()
    if len(places) == 1:
        return Violation(first, message, hint, at_key=places[0].is_key, explains=explains)
    message += f", which {len(places):,} places name"
    if unnamed and (defined := definition(kind, unnamed)):
        hint = f"rename `{unnamed}`, which nothing names, or correct those places"
        return Violation(defined, message, hint, at_key=True, also=tuple(also), explains=explains)
    return Violation(first, message, hint, at_key=places[0].is_key, also=tuple(also[1:]), explains=explains)


@rule(
    "PLB102",
    title="Need for a port that the target does not have",
    why="The connection, its firewall rule and its address would lead nowhere.",
    fix="Name one of the target's ports.",
    failing="services/web.yaml: {needs: {db: sqll}}",
    passing="services/web.yaml: {needs: {db: sql}}",
)
def unknown_port(spec: Spec) -> Iterator[Violation]:
    """Needs whose port name the target lacks."""
    wrong: dict[tuple[str, str, tuple[str, ...]], dict[PathText, str]] = {}
    for each in placed_services(spec):
        here = {**spec.services, **services_of(spec, each.mode)}
        for target, port in each.service.needs.items():
            known = here[target].ports if target in here else {port: 0}
            if port not in known and here[target].kind != "job":  # PLB125 says that nothing connects to a job
                path = each.path("needs", target)
                wrong.setdefault((target, port, tuple(known)), {})[path] = f"`{each.id}` needs it"
    own = _own_ports_that_lack(spec)
    for (target, port, ports), needing in wrong.items():
        message, hint = f"`{target}` has no port `{port}`", suggestion(port, ports, "it has", "no port")
        uses = own.get((target, port), {})
        lacking = {**needing, **{each.path: each.use for each in uses.values()}}
        yield _at_what_lacks(
            path_of("services", target, "ports"), lacking, message, hint, ((target, port),), len(needing)
        )


def _at_what_lacks(
    owner: PathText,
    needing: dict[PathText, str],
    message: str,
    hint: str | None,
    explains: tuple[tuple[str, ...], ...],
    services: int | None = None,
    at_key: bool = False,
) -> Violation:
    """At the place that needs it; where several do, at what they all lack: one of them may be wrong, not all.

    `services` is how many of the places are needs of services, if not all are.
    """
    if len(needing) == 1:
        also = () if services is None else ((owner, "the ports that it has"),)
        return Violation(next(iter(needing)), message, hint, at_key=at_key, also=also, explains=explains)
    needs = len(needing) if services is None else services
    message += f", and {needs} services need it" if needs > 1 else f", and {len(needing)} places name it"
    return Violation(owner, message, hint, at_key=True, also=tuple(needing.items()), explains=explains)


@rule(
    "PLB104",
    title="Dependency cycle",
    why="Each service waits for another one to become healthy or to end, so the stack never starts.",
    fix="Remove one of the needs or one of the entries in `after`, or split a service.",
    failing="services/db.yaml: {needs: {web: http}}",
    passing="services/db.yaml: {needs: {}}",
)
def cycle(spec: Spec) -> Iterator[Violation]:
    """Circles of needs and of what is waited for, by mode."""
    for mode in spec.modes:
        services = services_of(spec, mode)
        graph = {
            name: [need for need in (*each.needs, *each.after) if need in services] for name, each in services.items()
        }
        for component in knots(graph):
            first = min(component)
            if len(component) > 1 or first in graph[first]:
                circle = sorted(component)
                inside = any(need in component for need in services[first].needs)
                yield Violation(
                    path_of("services", first, "needs" if inside else "after"),
                    f"wait for each other in mode {mode}: {', '.join(circle)}",
                    also=tuple(_waits_inside(spec, mode, component)),
                )


def _waits_inside(spec: Spec, mode: str, circle: Collection[str]) -> Iterator[tuple[PathText, str]]:
    services = services_of(spec, mode)
    for name in sorted(circle):
        path = partial(field_path, name, spec.services[name], mode)
        yield from (
            (path("needs", need), f"`{name}` needs `{need}`") for need in services[name].needs if need in circle
        )
        yield from (
            (path_of(path("after"), index), f"`{name}` starts after `{other}`")
            for index, other in enumerate(services[name].after)
            if other in circle
        )


@rule(
    "PLB105",
    title="Need for a service that the mode does not run",
    why="The service waits for something that no node of the mode runs.",
    fix="Place the target in the mode, or remove the need there with `modes: {<mode>: {needs: {<target>: null}}}`.",
    failing="topology/single.yaml: {roles: {host: {services: [web]}}}",
    passing="topology/single.yaml: {roles: {host: {services: [web, db]}}}",
)
def absent(spec: Spec) -> Iterator[Violation]:
    """Needs of services that no role of the mode names, or of any."""
    anywhere = {name for mode in spec.modes for name in services_of(spec, mode)}
    missing: dict[tuple[str, ...], dict[PathText, str]] = {}
    for each in placed_services(spec):
        for target in each.service.needs:
            if target in spec.services and target not in services_of(spec, each.mode):
                ids: tuple[str, ...] = (target, each.mode) if target in anywhere else (target,)
                missing.setdefault(ids, {})[each.path("needs", target)] = f"`{each.id}` needs it"
    for ids, needing in missing.items():
        target, *modes = ids
        where = _where_placed(spec, modes[0] if modes else spec.modes[0])
        message = f"`{target}` is placed nowhere in mode {modes[0]}" if modes else f"`{target}` is placed in no mode"
        explains = tuple((target, mode) for mode in modes or spec.modes)
        yield _at_what_lacks(where, needing, message, None, explains)


def _where_placed(spec: Spec, mode: str) -> PathText:
    """Where a mode would name one more service."""
    roles = path_of("topology", mode, "roles")
    running = [name for name, role in spec.topology[mode].roles.items() if role.services]
    return path_of(roles, running[0], "services") if len(running) == 1 else roles


@rule(
    "PLB106",
    title="Port of a health check, metrics or publication that the service lacks",
    why="The health check or the collector has nothing to ask, and the publication has nothing to publish.",
    fix="Name one of the service's ports.",
    failing="services/web.yaml: {health: {http: {port: htp, path: /ping}}}",
    passing="services/web.yaml: {health: {http: {port: http, path: /ping}}}",
)
def own_port(spec: Spec) -> Iterator[Violation]:
    """Port names that the service itself lacks; what others need as well PLB102 has."""
    needed = {need for each in placed_services(spec) for need in each.service.needs.items()}
    for (name, port), uses in _own_ports_that_lack(spec).items():
        if (name, port) in needed:
            continue
        ports = spec.services[name].ports
        first = next(iter(uses.values()))
        meant = closest(port, sorted(ports.keys() - spec.services[name].publish.keys())) if first.is_key else None
        explains = ((port,), (meant, name)) if meant else ((port, name),)
        yield _at_what_lacks(
            path_of("services", name, "ports"),
            {each.path: each.use for each in uses.values()},
            f"`{name}` has no port `{port}`",
            suggestion(port, ports, "it has", "no port"),
            explains if len(uses) == 1 else ((port, name), *explains),
            0,
            first.is_key,
        )


@dataclass(frozen=True, slots=True)
class _PortUse:
    """A place in a service that names one of its own ports."""

    path: PathText
    use: str
    is_key: bool = False


@per_spec
def _own_ports_that_lack(spec: Spec) -> Mapping[tuple[str, str], Mapping[PathText, _PortUse]]:
    """Places that name a port which their own service lacks, by service and port; each once for all modes."""
    found: dict[tuple[str, str], dict[PathText, _PortUse]] = {}
    for each in placed_services(spec):
        for port, use in _own_uses(each):
            if port not in each.service.ports:
                found.setdefault((each.id, port), {})[use.path] = use
    return found


def _own_uses(each: Placed) -> Iterator[tuple[str, _PortUse]]:
    health, metrics = each.service.health, each.service.metrics
    for port in each.service.publish:
        yield port, _PortUse(each.path("publish", port), "publishes it", is_key=True)
    if health and health.http:
        yield health.http.port, _PortUse(each.path("health"), "its health check asks it")
    if metrics:
        yield metrics.port, _PortUse(each.path("metrics"), "its metrics are there")


@rule(
    "PLB109",
    title="Tolerated loss of a service that is not needed",
    why="A service does not wait for what it does not need, so the entry describes a connection that does not exist.",
    fix="Name one of the service's needs, or delete the entry.",
    failing="services/web.yaml: {tolerates: [db], needs: null}",
    passing="services/web.yaml: {tolerates: [db], needs: {db: sql}}",
)
def tolerated_without_need(spec: Spec) -> Iterator[Violation]:
    """Tolerated services that are needed in no mode; where a text connects to another one, PLB116 says that the need is missing."""
    naming = naming_services(spec)
    for name, service in sorted(spec.services.items()):
        needed = set(service.needs).union(*(effective(service, mode).needs for mode in spec.modes))
        written = [(path_of("services", name, "tolerates"), service.tolerates)]
        for mode, override in service.modes.items():
            written.append((path_of("services", name, "modes", mode, "tolerates"), override.tolerates or ()))
        for path, tolerated in written:
            for number, other in enumerate(tolerated):
                if other not in needed and (other == name or (name, other) not in naming):
                    yield Violation(path_of(path, number), f"{name} does not need `{other}` in any mode")
