"""PLB1xx: what refers to what."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import networkx

from plumbline.config_files import TEMPLATE_ENDING, config_names, config_text
from plumbline.deployment import effective, roles_of, services_of
from plumbline.expressions import OTHERS_BRACES, ExpressionError, render, service_names
from plumbline.location import Location
from plumbline.paths import PathText, path_of
from plumbline.references import ids_by_kind, references
from plumbline.spec import Spec
from plumbline.suggestions import shortened, suggestion
from schema.types import Model, Template
from validators.rules.effective_services import Placed, placed_services
from validators.rules.named_services import naming_services
from validators.rules.registry import Violation, rule


@rule(
    "PLB101",
    title="reference to something that does not exist",
    why="Whatever is generated from it would name a service, image, network or secret that nobody has.",
    fix="Correct the id, or add what it names.",
    failing="services/web.yaml: {segments: [front, bakc]}",
    passing="services/web.yaml: {segments: [front, back]}",
)
def dangling(spec: Spec) -> Iterator[Violation]:
    """Ids, as values and as keys, that name nothing."""
    ids = {kind: frozenset(known) for kind, known in ids_by_kind(spec).items()}
    told = 0
    for found in references(spec):
        known = ids[found.kind]
        if found.path[0] == "topology" and found.kind == "role":
            known = frozenset(spec.topology[str(found.path[1])].roles)
        if found.kind in ("server type", "operating system"):
            known |= spec.catalogue.removed.keys()  # PLB501 says what took their place
        if found.target not in known:
            told += 1
            hint = suggestion(found.target, sorted(known)) if told <= _MOST_SUGGESTIONS else "add it, or name another"
            message = f"there is no {found.kind} `{shortened(found.target)}`"
            yield Violation(path_of(*found.path), message, hint, at_key=found.is_key)


_MOST_SUGGESTIONS = 50
"""References that are compared with all that there is: with more of them, something else is wrong."""


@rule(
    "PLB102",
    title="need names a port that the target does not have",
    why="The link, its firewall rule and its address would lead nowhere.",
    fix="Name one of the target's ports.",
    failing="services/web.yaml: {needs: {db: sqll}}",
    passing="services/web.yaml: {needs: {db: sql}}",
)
def unknown_port(spec: Spec) -> Iterator[Violation]:
    """Needs whose port name the target lacks."""
    for each in placed_services(spec):
        here = {**spec.services, **services_of(spec, each.mode)}
        for target, port in each.service.needs.items():
            known = here[target].ports if target in here else {port: 0}
            if port not in known and here[target].kind != "job":  # PLB125 says that nothing connects to a job
                hint = suggestion(port, known, "it has", "no port")
                yield Violation(each.path("needs", target), f"`{target}` has no port `{port}`", hint)


@rule(
    "PLB103",
    title="need without a shared segment",
    why="Services that share no network cannot reach each other: the service would never become healthy.",
    fix="Let both join one segment; between nodes, the target needs a segment that is not internal.",
    failing="services/web.yaml: {segments: [front]}",
    passing="services/web.yaml: {segments: [front, back]}",
)
def unreachable(spec: Spec) -> Iterator[Violation]:
    """Needs that no network can carry."""
    for each in placed_services(spec):
        placed = services_of(spec, each.mode)
        for target in each.service.needs:
            if target not in placed:
                continue
            apart = not set(roles_of(spec, each.mode, each.id)) & set(roles_of(spec, each.mode, target))
            other = placed[target].segments
            if apart and all(_is_internal(spec, each.mode, segment) for segment in (*other, *each.service.segments)):
                message = f"`{target}` is on another node in mode {each.mode}, and all its networks are internal"
                yield Violation(each.path("needs", target), message)
            elif not apart and not set(other) & set(each.service.segments):
                yield Violation(each.path("needs", target), f"shares no segment with `{target}` in mode {each.mode}")


def _is_internal(spec: Spec, mode: str, segment: str) -> bool:
    network = spec.networks.networks.get(segment)
    return bool(network and mode in network.modes and network.modes[mode].internal)


@rule(
    "PLB104",
    title="cycle in needs",
    why="Each would wait for the other, to be healthy or to end: the stack never starts.",
    fix="Take one of the needs, or of the entries in `after`, out, or split a service.",
    failing="services/db.yaml: {needs: {web: http}}",
    passing="services/db.yaml: {needs: {}}",
)
def cycle(spec: Spec) -> Iterator[Violation]:
    """Circles of needs and of what is waited for, by mode."""
    for mode in spec.modes:
        services = services_of(spec, mode)
        graph: networkx.DiGraph[str] = networkx.DiGraph()
        graph.add_edges_from(
            (name, need) for name, each in services.items() for need in (*each.needs, *each.after) if need in services
        )
        for component in networkx.strongly_connected_components(graph):
            first = min(component)
            if len(component) > 1 or graph.has_edge(first, first):
                inside = any(need in component for need in services[first].needs)
                yield Violation(
                    path_of("services", first, "needs" if inside else "after"),
                    f"wait for each other in mode {mode}: {', '.join(sorted(component))}",
                )


@rule(
    "PLB105",
    title="need of a service that is not there in this mode",
    why="The service would wait for something that no node of the mode runs.",
    fix="Place the target in the mode, or take the need out of it with `modes: {<mode>: {needs: {<target>: null}}}`.",
    failing="topology/single.yaml: {roles: {host: {services: [web]}}}",
    passing="topology/single.yaml: {roles: {host: {services: [web, db]}}}",
)
def absent(spec: Spec) -> Iterator[Violation]:
    """Needs of services that no role of the mode names."""
    for each in placed_services(spec):
        placed = services_of(spec, each.mode)
        for target in each.service.needs:
            if target in spec.services and target not in placed:
                yield Violation(each.path("needs", target), f"`{target}` is placed nowhere in mode {each.mode}")


@rule(
    "PLB106",
    title="health check or publication names a port that the service does not have",
    why="Nothing would be asked, or published.",
    fix="Name one of the service's ports.",
    failing="services/web.yaml: {health: {http: {port: htp, path: /ping}}}",
    passing="services/web.yaml: {health: {http: {port: http, path: /ping}}}",
)
def own_port(spec: Spec) -> Iterator[Violation]:
    """Port names that the service itself lacks."""
    for each in placed_services(spec):
        ports = each.service.ports
        health = each.service.health
        if health and health.http and health.http.port not in ports:
            yield Violation(each.path("health"), f"there is no port `{health.http.port}` here")
        for port in each.service.publish:
            if port not in ports:
                yield Violation(each.path("publish", port), f"there is no port `{port}` here", at_key=True)


@rule(
    "PLB107",
    title="expression that does not resolve",
    why="The value cannot be generated.",
    fix="Correct the name; the data reference lists what expressions know.",
    failing="services/web.yaml: {environment: {DB: {template: \"{{ address('db', 'http') }}\"}}}",
    passing="services/web.yaml: {environment: {DB: {template: \"{{ address('db', 'sql') }}\"}}}",
)
def unresolved(spec: Spec) -> Iterator[Violation]:
    """Templates of values and configuration files that fail, each mistake once whoever uses the file and in whatever mode."""
    yield from _once_for_all_modes(spec, (*_failing_values(spec), *_failing_files(spec)))


@dataclass(frozen=True)
class _Failure:
    """An expression that does not resolve in one mode."""

    mode: str
    path: PathText
    location: Location
    message: str
    hint: str | None = None


def _failing_values(spec: Spec) -> Iterator[_Failure]:
    for each in placed_services(spec):
        names = service_names(spec, each.mode, each.id)
        for path, template in _templates(each):
            try:
                render(template, names)
            except ExpressionError as error:
                hint = OTHERS_BRACES if error.is_unreadable else None
                yield _Failure(each.mode, path, spec.line_of(path, error.line), str(error), hint)


def _templates(each: Placed) -> Iterator[tuple[PathText, str]]:
    for field in type(each.service).model_fields:
        value = getattr(each.service, field)
        if isinstance(value, dict):
            for key, item in value.items():
                yield from _templates_in(each.path(field, key), item)
        else:
            yield from _templates_in(each.path(field), value)


def _templates_in(path: PathText, value: Any) -> Iterator[tuple[PathText, str]]:
    if isinstance(value, Template):
        yield path_of(path, "template"), value.template
    elif isinstance(value, Model):
        for field in type(value).model_fields:
            yield from _templates_in(path_of(path, field), getattr(value, field))
    elif isinstance(value, dict | tuple):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _templates_in(path_of(path, key), item)


def _failing_files(spec: Spec) -> Iterator[_Failure]:
    for each in placed_services(spec):
        for index, file in enumerate(each.service.config):
            for _, known in config_names(spec, each.mode, each.id, file):
                try:
                    config_text(file.source, spec.templates.get(file.source, ""), known)
                except ExpressionError as error:
                    place = spec.template_line(file.source, error.line)
                    hint = _IN_A_FILE if error.is_unreadable else None
                    yield _Failure(each.mode, path_of(each.path("config"), index), place, str(error), hint)
                    break  # one tenant's file is like another's


_IN_A_FILE = f"{OTHERS_BRACES}, or in a file whose name does not end in `{TEMPLATE_ENDING}`: it is copied as it is"


def _once_for_all_modes(spec: Spec, failures: Iterable[_Failure]) -> Iterator[Violation]:
    found: dict[tuple[Location, str], list[_Failure]] = {}
    for failure in failures:
        found.setdefault((failure.location, failure.message), []).append(failure)
    for (location, message), those in found.items():
        modes = list(dict.fromkeys(each.mode for each in those))
        where = f" in mode {', '.join(modes)}" if len(modes) < len(spec.modes) else ""
        yield Violation(those[0].path, f"does not resolve{where}: {message}", those[0].hint, location=location)


@rule(
    "PLB109",
    title="service tolerates the loss of something that it does not need",
    why="What is not needed is not waited for either; the line says something about a link that does not exist.",
    fix="Name one of its needs, or delete the entry.",
    failing="services/web.yaml: {tolerates: [db], needs: null}",
    passing="services/web.yaml: {tolerates: [db], needs: {db: sql}}",
)
def tolerated_stranger(spec: Spec) -> Iterator[Violation]:
    """Tolerated services that are needed in no mode; where a text connects to one, PLB116 says that the need is missing."""
    naming = naming_services(spec)
    for name, service in sorted(spec.services.items()):
        needed = set(service.needs).union(*(effective(service, mode).needs for mode in spec.modes))
        written = [(path_of("services", name, "tolerates"), service.tolerates)]
        for mode, override in service.modes.items():
            written.append((path_of("services", name, "modes", mode, "tolerates"), override.tolerates or ()))
        for path, tolerated in written:
            for number, other in enumerate(tolerated):
                if other not in needed and (name, other) not in naming:
                    yield Violation(path_of(path, number), f"{name} needs no `{other}` in any mode")
