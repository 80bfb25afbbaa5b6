"""Pages about networks: segments, who reaches whom, and ports."""

from collections.abc import Iterable

from generators.markdown import Page, code, codes, text
from plumbline.artifact import Artifact
from plumbline.deployment import field_path, ports_for_other_nodes, roles_of, services_of
from plumbline.paths import PathText, path_of
from plumbline.reachability import Reach, outer_reachability, reachability
from plumbline.relations import OUTSIDE, Because, relations, ways_in, ways_out
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
        page.table(
            ["Segment", "For", "Subnet", "Internal", "Services"],
            [
                (
                    path_of("networks", name, "modes", mode),
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
        _matrix(page, spec, mode)
        _in_and_out(page, spec, mode)
    yield page.done()


def _matrix(page: Page, spec: Spec, mode: str) -> None:
    """Who reaches whom: services, whoever is outside, and hosts outside."""
    page.add("### Who reaches whom")
    page.add(
        "Row to column. ● must (it needs it, passes requests to it, or is told its address), ○ may (a shared segment, a need of "
        "another service on its node, or a segment with a way out), · must not."
    )
    placed = services_of(spec, mode)
    matrix = reachability(spec, mode) | outer_reachability(spec, mode)
    sources = dict.fromkeys(source for source, _ in matrix)
    targets = [
        *(name for name, service in placed.items() if service.ports),
        *sorted({target for _, target in matrix} - placed.keys()),
    ]
    rows = [source for source in (OUTSIDE, *placed) if source in sources]
    page.table(
        ["", *map(text, targets)],
        [
            (
                path_of("topology", mode, "entry") if source == OUTSIDE else path_of("services", source, "segments"),
                [
                    text("outside") if source == OUTSIDE else code(source),
                    *(_SIGNS[matrix[source, target]] if (source, target) in matrix else "" for target in targets),
                ],
            )
            for source in rows
        ],
    )


def _in_and_out(page: Page, spec: Spec, mode: str) -> None:
    """What crosses the edge of the nodes, and the entry's way, each with what in the spec says so."""
    crossing = [each for each in relations(spec, mode) if each.because != Because.NEED]
    inward, outward = ways_in(spec, mode), ways_out(spec, mode)
    if not crossing and not inward and not outward:
        return
    page.add("### Ways in and out")
    rows: list[tuple[PathText | None, list[str]]] = [
        (
            each.path,
            [
                text("outside") if each.source == OUTSIDE else code(each.source),
                code(each.other),
                code(f"{each.address}:{each.number}" if each.address else each.number),
                text(each.because),
            ],
        )
        for each in crossing
    ]
    rows += [(way.path, [text(way.title), "nodes", code(way.port), text(way.because)]) for way in inward]
    rows += [(way.path, ["nodes", text(way.title), code(way.port), text(way.because)]) for way in outward]
    page.table(["From", "To", "Port", "Because"], rows)


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
                path = field_path(name, spec.services[name], mode, "ports")
                rows.append(
                    (
                        path_of(path, port),
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
