"""PLB206 to PLB208, PLB213 and PLB231: ports, where they are published, and the entry."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping

from plumbline.effective.deployment import (
    Deployment,
    deployments,
    field_path,
    ports_for_other_nodes,
    roles_of,
    services_of,
)
from plumbline.effective.per_spec import per_spec
from plumbline.spec.paths import PathText, path_of
from plumbline.spec.spec import Spec
from validators.rules.cloud_entry import admits_the_entry
from validators.rules.effective_services import placed_services
from validators.rules.registry import Violation, rule


@rule(
    "PLB206",
    title="Ports of a service with the same number",
    why="A process listens on a port only once, so one of the names is wrong.",
    fix="Give each port its own number, or keep one name.",
    failing="services/web.yaml: {ports: {http: 8000, admin: 8000}}",
    passing="services/web.yaml: {ports: {http: 8000, admin: 8001}}",
)
def same_port(spec: Spec) -> Iterator[Violation]:
    """Numbers that appear twice in a service's ports."""
    for each in placed_services(spec):
        names: dict[int, str] = {}
        for port, number in each.service.ports.items():
            if number in names:
                first = (each.path("ports", names[number]), "the other")
                message = f"{number} is also the number of `{names[number]}`"
                yield Violation(each.path("ports", port), message, also=(first,))
            names.setdefault(number, port)


@rule(
    "PLB207",
    title="Services that publish the same port of a node",
    why="The second container does not start, because the port is in use.",
    fix="Publish one of them on another port or address.",
    failing="services/db.yaml: {segments: [front, back], publish: {sql: {address: 127.0.0.1, port: 8000}}}",
    passing="services/db.yaml: {segments: [front, back], publish: {sql: {address: 127.0.0.1, port: 8001}}}",
)
def same_host_port(spec: Spec) -> Iterator[Violation]:
    """Published ports, and ports published for other nodes, that clash on one node."""
    for deployment in deployments(spec):
        taken: dict[int, list[tuple[str, str, PathText]]] = defaultdict(list)
        for name, service in deployment.services.items():
            wanted = [
                (each.port, each.address, path_of("services", name, "publish", port))
                for port, each in service.publish.items()
            ]
            remote = _needed_elsewhere(spec, deployment).get(name, ())
            wanted += [
                (service.ports[port], "private", path_of("services", name, "ports", port))
                for port in remote
                if port in service.ports
            ]
            for number, address, path in wanted:
                for other_address, other_name, other_path in taken[number]:
                    if other_address == address or "0.0.0.0" in (address, other_address):
                        message = f"`{other_name}` already takes port {number} of role {deployment.role}"
                        yield Violation(path, message, also=((other_path, f"`{other_name}` takes it"),))
                taken[number].append((address, name, path))


@per_spec
def _needed_elsewhere(spec: Spec, deployment: Deployment) -> Mapping[str, Collection[str]]:
    """The ports of services that those need who do not stand on nodes of the role."""
    found: dict[str, dict[str, None]] = {}
    for name, service in services_of(spec, deployment.mode).items():
        if deployment.role not in roles_of(spec, deployment.mode, name):
            for need, port in service.needs.items():
                found.setdefault(need, {})[port] = None
    return found


@rule(
    "PLB208",
    title="Published port of a service with internal networks only",
    why=(
        "Docker publishes no port of a container that has only internal networks, and reports no error. "
        "Connections are refused."
    ),
    fix="Add a segment that is not internal to the service.",
    failing="services/web.yaml: {segments: [back]}",
    passing="services/web.yaml: {segments: [front, back]}",
)
def published_inside(spec: Spec) -> Iterator[Violation]:
    """Publications that could not be reached."""
    for each in placed_services(spec):
        seals = [
            network.modes[each.mode].internal
            for segment in each.service.segments
            if (network := spec.networks.networks.get(segment)) and each.mode in network.modes
        ]
        known = len(seals) == len(each.service.segments)  # what is not known is reported as a reference
        if each.service.publish and seals and known and all(seals):
            yield Violation(
                each.path("publish"), f"is published, but all its networks are internal in mode {each.mode}"
            )


_HTTPS = 443
"""Where `https://` and a host's name alone lead."""


@rule(
    "PLB213",
    title="Entry or backend that does not publish its port",
    why="Requests go from outside to the entry service and from there to its backend, so both have to publish a port.",
    fix="Publish a port of the entry service in this mode, or name another service as entry.",
    failing="topology/single.yaml: {entry: {service: db}}",
    passing="topology/single.yaml: {entry: {service: web}}",
)
def closed_entry(spec: Spec) -> Iterator[Violation]:
    """Entry services, and their backends, that publish nothing, and entries with `tls` that no `https://HOST` reaches."""
    for mode, topology in spec.topology.items():
        placed = services_of(spec, mode)
        entry = placed.get(topology.entry.service)
        if entry is None or not entry.publish:
            yield Violation(
                path_of("topology", mode, "entry", "service"),
                f"`{topology.entry.service}` publishes no port in mode {mode}",
            )
        elif topology.entry.tls and _HTTPS not in {each.port for each in entry.publish.values()}:
            name = next((each for each in entry.publish if "s" in each), next(iter(entry.publish)))
            path = field_path(topology.entry.service, spec.services[topology.entry.service], mode, "publish", name)
            yield Violation(
                path,
                f"the entry of mode {mode} has `tls`, but `{topology.entry.service}` is not published at port {_HTTPS}",
                also=((path_of("topology", mode, "entry", "tls"), "`tls`"),),
            )
        backend = topology.entry.backend
        if backend in placed and backend:
            published = {each.port for each in placed[backend].publish.values()}
            port = topology.entry.backend_port
            if port not in published:
                path, message = (
                    path_of("topology", mode, "entry", "backend_port"),
                    f"`{backend}` does not publish this port",
                )
                if port and published and admits_the_entry(spec, mode, port):
                    # entry and firewall agree: what is published is what changed
                    name = next(iter(placed[backend].publish))
                    path = field_path(backend, spec.services[backend], mode, "publish", name)
                    message = (
                        f"the entry of mode {mode} asks `{backend}` at port {port}, but the backend publishes another"
                    )
                yield Violation(path, message, expected=str(port))


_NODES_OWN = {22: "SSH"}
"""Ports that a node listens on itself, on every address."""


@rule(
    "PLB231",
    title="Published port that the node itself uses",
    why=(
        "The container does not start, because the port is in use. Where it starts first, after a reboot, nobody can "
        "log in to the node."
    ),
    fix="Publish it on another port, or give the service's port another number where other nodes need it.",
    failing="services/web.yaml: {publish: {http: {address: 0.0.0.0, port: 22}}}",
    passing="services/web.yaml: {publish: {http: {address: 0.0.0.0, port: 2222}}}",
)
def nodes_own_port(spec: Spec) -> Iterator[Violation]:
    """Publications, and ports published for other nodes, at a number of the node's own."""
    for each in placed_services(spec):
        for port, published in each.service.publish.items():
            if own := _NODES_OWN.get(published.port):
                path = path_of(each.path("publish", port), "port")
                yield Violation(path, f"port {published.port} of the node is {own}'s", observed=str(published.port))
        for port in ports_for_other_nodes(spec, each.mode, each.id):
            if own := _NODES_OWN.get(each.service.ports.get(port, 0)):
                number = each.service.ports[port]
                message = f"other nodes need `{each.id}`, which takes port {number} of its node, and that is {own}'s"
                yield Violation(each.path("ports", port), message, observed=str(number))
