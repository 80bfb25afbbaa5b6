"""PLB1xx: what refers to what."""

from collections.abc import Iterator
from difflib import get_close_matches

import networkx

from plumbline.config_files import TENANT, config_names
from plumbline.deployment import effective, roles_of, services_of
from plumbline.expressions import ExpressionError, render, service_names, value_text
from plumbline.paths import PathText, path_of
from plumbline.references import ids_by_kind, references
from plumbline.spec import Spec
from schema.service import Service
from schema.types import Value
from validators.rules.effective_services import once, placed_services
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
    ids = ids_by_kind(spec)
    for found in references(spec):
        known = ids[found.kind]
        if found.path[0] == "topology" and found.kind == "role":
            known = sorted(spec.topology[str(found.path[1])].roles)
        if found.kind in ("server type", "operating system"):
            known = [*known, *spec.catalogue.removed]  # PLB501 says what took their place
        if found.target not in known:
            close = get_close_matches(found.target, known, n=1)
            hint = f"did you mean `{close[0]}`?" if close else f"there is: {', '.join(known) or 'none'}"
            yield Violation(
                path_of(*found.path), f"there is no {found.kind} `{found.target}`", hint, at_key=found.is_key
            )


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
        for target, port in each.service.needs.items():
            known = spec.services[target].ports if target in spec.services else {port: 0}
            if port not in known:
                close = get_close_matches(port, known, n=1)
                hint = f"did you mean `{close[0]}`?" if close else f"it has: {', '.join(known) or 'no port'}"
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
    why="Each would wait for the other to be healthy: the stack never starts.",
    fix="Take one of the needs out, or split a service.",
    failing="services/db.yaml: {needs: {web: http}}",
    passing="services/db.yaml: {needs: {}}",
)
def cycle(spec: Spec) -> Iterator[Violation]:
    """Circles of needs, by mode."""
    for mode in spec.modes:
        services = services_of(spec, mode)
        graph: networkx.DiGraph[str] = networkx.DiGraph()
        graph.add_edges_from((name, need) for name, each in services.items() for need in each.needs if need in services)
        for component in networkx.strongly_connected_components(graph):
            first = min(component)
            if len(component) > 1 or graph.has_edge(first, first):
                yield Violation(
                    path_of("services", first, "needs"),
                    f"need each other in mode {mode}: {', '.join(sorted(component))}",
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
    """Templates of values and configuration files that fail."""
    yield from once(_unresolved(spec))


def _unresolved(spec: Spec) -> Iterator[Violation]:
    for each in placed_services(spec):
        names = service_names(spec, each.mode, each.id)
        service = each.service
        health = (service.health.command or ()) if service.health else ()
        values = [(each.path("environment", key), value) for key, value in service.environment.items()]
        values += [
            (each.path(field), value) for field in ("entrypoint", "command") for value in getattr(service, field) or ()
        ]
        values += [(each.path("health"), value) for value in health]
        values += list(_tried(each.id, service))
        for path, value in values:
            try:
                value_text(value, names)
            except ExpressionError as error:
                yield Violation(path, f"does not resolve in mode {each.mode}: {error}")
        for file in service.config:
            for tenant, known in config_names(spec, each.mode, each.id, file):
                try:
                    render(spec.templates.get(file.source, ""), known)
                except ExpressionError as error:
                    where = f"in mode {each.mode}" + (f" for tenant {tenant}" if tenant else "")
                    yield Violation(each.path("config"), f"{file.source} does not resolve {where}: {error}")


def _tried(id: str, service: Service) -> Iterator[tuple[PathText, Value]]:
    """Words of the commands that are tried in a running service, with their paths."""
    base = path_of("services", id)
    if test := service.state_test:
        yield from ((path_of(base, "state_test", "write"), word) for word in test.write)
        yield from ((path_of(base, "state_test", "read"), word) for word in test.read)
    for name, each in service.self_tests.items():
        yield from ((path_of(base, "self_tests", name, "run"), word) for word in each.run)
    for name, query in service.running.items():
        yield from ((path_of(base, "running", name, "run"), word) for word in query.run)
        yield from ((path_of(base, "running", name, "answers"), value) for value in query.answers.values())
    for index, export in enumerate(service.exports):
        yield from ((path_of(base, "exports", index, "command"), word) for word in export.command)
        yield from ((path_of(base, "exports", index, "restore"), word) for word in export.restore)


@rule(
    "PLB108",
    title="configuration template that is not there",
    why="The file cannot be generated, and the container would not start.",
    fix="Add the file below the spec's folder, or correct its path.",
    failing="services/web.yaml: {config: [{source: config/web.yml.j2, target: /etc/web.yml}]}",
    passing="""
config/web.yml.j2: "a: 1\\n"
services/web.yaml: {config: [{source: config/web.yml.j2, target: /etc/web.yml}]}
""",
)
def missing_template(spec: Spec) -> Iterator[Violation]:
    """Configuration files without a source."""
    yield from once(
        Violation(each.path("config"), f"there is no {file.source}")
        for each in placed_services(spec)
        for file in each.service.config
        if file.source not in spec.templates
    )


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
        for number, other in enumerate(service.tolerates):
            if other not in needed and (name, other) not in naming:
                yield Violation(
                    path_of("services", name, "tolerates", number), f"{name} needs no `{other}` in any mode"
                )


@rule(
    "PLB110",
    title="configuration for each tenant where there is none",
    why="The folder of the files would be empty: no project can be started from it, and nothing would be routed.",
    fix="Add a tenant, or leave `{tenant}` out of the target's name.",
    failing="""
config/web.yml.j2: "a: 1\\n"
services/web.yaml: {config: [{source: config/web.yml.j2, target: "/etc/web/{tenant}.yml"}]}
""",
    passing="""
config/web.yml.j2: "a: {{ tenant }}\\n"
services/web.yaml: {config: [{source: config/web.yml.j2, target: "/etc/web/{tenant}.yml"}]}
tenants.yaml: {tenants: {acme: {title: Acme, octet: 1, state: ACTIVE}}}
""",
)
def configuration_for_nobody(spec: Spec) -> Iterator[Violation]:
    """Files for each tenant, and no tenant."""
    if not spec.tenants.tenants:
        yield from once(
            Violation(each.path("config"), f"{file.target} is for each tenant, and there is none")
            for each in placed_services(spec)
            for file in each.service.config
            if TENANT in file.target
        )
