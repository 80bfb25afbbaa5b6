"""`docs/architect/networks.md`: segments, who may reach whom, and what comes in and goes out."""

from collections.abc import Iterable
from functools import partial

from generators.markdown import Page, Where, WidePage, code, codes, text
from generators.site.segment_diagram import segments
from plumbline.effective.deployment import field_path, services_of
from plumbline.effective.reachability import Reach, outer_reachability, reach, reachability
from plumbline.effective.relations import OUTSIDE, Because, relations, ways_in, ways_out
from plumbline.project.artifact import Artifact
from plumbline.spec.paths import PathText, path_of
from plumbline.spec.spec import Spec

_SIGNS = {Reach.MUST: "●", Reach.MAY: "○", Reach.MUST_NOT: "·"}
_JOINED = (Reach.MUST, Reach.MAY)
_MOST_IN_A_MATRIX = 60
"""Services of a mode whose matrix a screen shows and a browser draws."""


def networks(spec: Spec) -> Iterable[Artifact]:
    """`docs/architect/networks.md`."""
    page = WidePage("docs/architect/networks.md", "Networks")
    page.add(
        "Services that share a segment can reach each other; services that share none cannot. An internal "
        "segment has no egress, and Docker publishes no port of a container that has only internal "
        "segments."
    )
    for mode in spec.modes:
        page.add(f"## Mode {text(mode)}")
        for each in segments(spec, mode):
            each.show(page, "../diagrams")
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
        _matrix(page, spec, mode)
        _in_and_out(page, spec, mode)
    yield page.done()


def _matrix(page: Page, spec: Spec, mode: str) -> None:
    """Who reaches whom: services, whoever is outside, and hosts outside."""
    page.add("### Who reaches whom")
    placed = services_of(spec, mode)
    if len(placed) > _MOST_IN_A_MATRIX:
        _sparse_matrix(page, spec, mode)
        return
    page.add(
        "From row to column. ● must (it needs it, passes requests to it, collects its metrics, or is given "
        "its address), ○ may (a shared segment, a need of another service on its node, or a segment with "
        "egress), · must not."
    )
    matrix = reachability(spec, mode) | outer_reachability(spec, mode)
    sources = dict.fromkeys(source for source, _ in matrix)
    targets = [
        *(name for name, service in placed.items() if service.ports),
        *sorted({target for _, target in matrix} - placed.keys()),
    ]
    rows = [source for source in (OUTSIDE, *placed) if source in sources]
    page.add('<div class="matrix" markdown="1">')
    page.table(
        ["from ↓ to →", *map(text, targets)],
        [
            (
                partial(
                    _row_places,
                    spec,
                    mode,
                    source,
                    [name for name in targets if matrix.get((source, name)) in _JOINED],
                ),
                [
                    text("outside") if source == OUTSIDE else code(source),
                    *(_SIGNS[matrix[source, target]] if (source, target) in matrix else "" for target in targets),
                ],
            )
            for source in rows
        ],
        heads=[each.path for each in relations(spec, mode) if each.because in (Because.CALLED, Because.ISSUER)],
    )
    page.add("</div>")


def _sparse_matrix(page: Page, spec: Spec, mode: str) -> None:
    """Who reaches whom among many: by name what must, by number what may."""
    page.add(
        "Must: it needs it, passes requests to it, collects its metrics, or is given its address. May: a "
        "shared segment, a need of another service on its node, or a segment with egress. All others must "
        "not."
    )
    known, outer = reach(spec, mode), outer_reachability(spec, mode)
    beyond: dict[str, dict[Reach, list[str]]] = {}
    for (source, target), verdict in outer.items():
        beyond.setdefault(source, {}).setdefault(verdict, []).append(target)
    rows: list[tuple[Where, list[str]]] = []
    for source in (OUTSIDE, *known.services):
        must = [*(known.must(source) if source in known.services else ()), *beyond.get(source, {}).get(Reach.MUST, ())]
        may = len(known.may(source)) if source in known.services else 0
        may += len(beyond.get(source, {}).get(Reach.MAY, ()))
        shown = text("outside") if source == OUTSIDE else code(source)
        rows.append((partial(_row_places, spec, mode, source, must), [shown, codes(must), str(may) if may else "–"]))
    heads = [each.path for each in relations(spec, mode) if each.because in (Because.CALLED, Because.ISSUER)]
    page.table(["From", "Must reach", "May reach"], rows, heads=heads)


def _row_places(spec: Spec, mode: str, source: str, reached: Iterable[str]) -> list[PathText]:
    """What decides whom a service, or whoever is outside, reaches."""
    own = [path_of("topology", mode, "entry")] if source == OUTSIDE else []
    fields = ("segments", "publish") if source == OUTSIDE else ("segments",)
    joined = [] if source == OUTSIDE else [_field(spec, mode, source, each) for each in ("segments", "needs")]
    others = [_field(spec, mode, name, each) for name in reached if name in spec.services for each in fields]
    return [*own, *joined, *others]


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


def _field(spec: Spec, mode: str, name: str, field: str) -> PathText:
    return field_path(name, spec.services[name], mode, field)
