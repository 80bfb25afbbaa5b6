"""`docs/architect/data-flows.md`: the ways that data takes through the system, in each mode."""

from collections.abc import Iterable

from generators.markdown import Page, WidePage, code, link, prose, text
from generators.site.data_flow_diagram import CLIENT, data_flow
from generators.site.requirements_page import requirement_link
from plumbline.effective.data_flows import Leg, legs
from plumbline.effective.deployment import services_of
from plumbline.effective.relations import OUTSIDE
from plumbline.project.artifact import Artifact
from plumbline.spec.paths import path_of
from plumbline.spec.spec import Spec

PAGE = "docs/architect/data-flows.md"


def data_flows(spec: Spec) -> Iterable[Artifact]:
    """Nothing where the spec has none."""
    if not spec.data_flows.data_flows:
        return
    page = WidePage(PAGE, "Data flows")
    page.add(
        "Each step is one connection that the spec declares: a need, a published port, the way from the entry to its backend, "
        "or a host outside."
    )
    for name, flow in spec.data_flows.data_flows.items():
        path = path_of("data_flows", name)
        page.add(f"## {text(flow.title)}", path_of(path, "title"))
        if flow.requirements:
            page.add(
                f"Required by {', '.join(requirement_link(each, '../auditor/') for each in flow.requirements)}.",
                path_of(path, "requirements"),
            )
        for mode in spec.modes:
            if way := legs(spec, name, mode):
                _in_mode(page, spec, mode, name, way)
    yield page.done()


def _in_mode(page: Page, spec: Spec, mode: str, name: str, way: tuple[Leg, ...]) -> None:
    page.add(f"### {text(spec.data_flows.data_flows[name].title)}: mode {text(mode)}", path_of("data_flows", name))
    for each in data_flow(spec, mode, name):
        each.show(page, "../diagrams", path_of("data_flows", name))
    rows = [
        (
            (leg.path, leg.relation.path),
            [
                str(number),
                _end(spec, mode, leg.relation.source),
                _end(spec, mode, leg.relation.target),
                code(leg.relation.port),
                prose(leg.does),
            ],
        )
        for number, leg in enumerate(way, 1)
    ]
    page.table(["Step", "From", "To", "Port", "What happens"], rows)


def _end(spec: Spec, mode: str, end: str) -> str:
    if end == OUTSIDE:
        return CLIENT
    return link(end, f"services/{end}.md") if end in services_of(spec, mode) else code(end)
