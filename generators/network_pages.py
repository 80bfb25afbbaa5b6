"""Pages about networks: segments, who reaches whom, and ports."""

from collections.abc import Iterable
from functools import partial

from generators.markdown import Page, code, codes, text
from plumbline.artifact import Artifact
from plumbline.deployment import field_path, ports_for_other_nodes, roles_of, services_of
from plumbline.paths import PathText, path_of
from plumbline.reachability import Reach, reachability
from plumbline.spec import Spec

_SIGNS = {Reach.MUST: "●", Reach.MAY: "○", Reach.MUST_NOT: "·"}


def networks(spec: Spec) -> Iterable[Artifact]:
    """`docs/architect/networks.md`."""
    page = Page("docs/architect/networks.md", "Networks")
    page.add(
        "Services that share a segment can reach each other; those that share none cannot. "
        "An internal segment has no way out, and Docker publishes no port of a container that is in internal ones alone."
    )
    for mode in spec.modes:
        page.add(f"## Mode {text(mode)}")
        page.add(
            f"![Segments](../diagrams/segments-{mode}-light.svg#only-light)\n"
            f"![Segments](../diagrams/segments-{mode}-dark.svg#only-dark)"
        )
        placed = services_of(spec, mode)
        at = partial(_field, spec, mode)
        page.table(
            ["Segment", "For", "Subnet", "Internal", "Services"],
            [
                (
                    (
                        path_of("networks", name, "modes", mode),
                        path_of("networks", name, "title"),
                        *(at(each, "segments") for each, service in placed.items() if name in service.segments),
                    ),
                    [
                        code(name),
                        text(network.title),
                        code(network.modes[mode].subnet),
                        "yes" if network.modes[mode].internal else "no",
                        codes(each for each, service in placed.items() if name in service.segments),
                    ],
                )
                for name, network in spec.networks.networks.items()
                if mode in network.modes
            ],
        )
        page.add("### Who reaches whom")
        page.add(
            "Row to column. ● must (it needs it), ○ may (a shared segment, or a need of another service on its node), · must not."
        )
        matrix = reachability(spec, mode)
        targets = [name for name, service in placed.items() if service.ports]
        page.table(
            ["", *targets],
            [
                (
                    (
                        at(source, "segments"),
                        at(source, "needs"),
                        *(
                            at(target, "segments")
                            for target in targets
                            if target != source and matrix[source, target] != Reach.MUST_NOT
                        ),
                    ),
                    [
                        code(source),
                        *(_SIGNS[matrix[source, target]] if source != target else "" for target in targets),
                    ],
                )
                for source in placed
            ],
        )
    yield page.done()


def _field(spec: Spec, mode: str, name: str, field: str) -> PathText:
    return field_path(name, spec.services[name], mode, field)


def _needing(spec: Spec, mode: str, name: str, port: str) -> list[PathText]:
    """Where services say that they need the port."""
    services = services_of(spec, mode)
    needing = [other for other, each in services.items() if each.needs.get(name) == port]
    return [field_path(other, spec.services[other], mode, "needs", name) for other in needing]


def ports(spec: Spec) -> Iterable[Artifact]:
    """`docs/operator/ports.md`."""
    page = Page("docs/operator/ports.md", "Ports")
    for mode in spec.modes:
        page.add(f"## Mode {text(mode)}")
        rows = []
        for name, service in services_of(spec, mode).items():
            for port, number in service.ports.items():
                publication = service.publish.get(port)
                where = [code(f"{publication.address}:{publication.port}")] if publication else []
                if port in ports_for_other_nodes(spec, mode, name):
                    where.append(f"the node's private address, {code(number)}")
                at = partial(field_path, name, spec.services[name], mode)
                path = at("ports")
                rows.append(
                    (
                        (
                            path_of(path, port),
                            *([at("publish", port)] if publication else []),
                            *(_needing(spec, mode, name, port) if len(where) > bool(publication) else []),
                            *(
                                path_of("topology", mode, "roles", role, "services")
                                for role in roles_of(spec, mode, name)
                            ),
                        ),
                        [
                            code(name),
                            code(port),
                            code(number),
                            ", ".join(where) or "–",
                            codes(roles_of(spec, mode, name)),
                        ],
                    )
                )
        page.table(["Service", "Port", "In the container", "On the node", "Roles"], rows)
    yield page.done()
