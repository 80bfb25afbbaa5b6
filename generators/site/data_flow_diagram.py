"""D2 source of a way of data in a mode: who asks whom, from top to bottom."""

from collections.abc import Iterator

from generators.d2 import quote_label
from generators.markdown import text
from generators.site.drawing import Diagram, outside_box, service_box
from plumbline.effective.data_flows import Leg, legs
from plumbline.effective.deployment import services_of
from plumbline.effective.relations import OUTSIDE
from plumbline.spec.spec import Spec

CLIENT = "client"
"""How pictures and pages name who is outside."""


def data_flows(spec: Spec, mode: str) -> Iterator[Diagram]:
    """One picture for each way that has a connection in the mode."""
    for name in spec.data_flows.data_flows:
        if way := legs(spec, name, mode):
            yield data_flow(spec, mode, name, way)


def data_flow(spec: Spec, mode: str, name: str, way: tuple[Leg, ...]) -> Diagram:
    """The picture; the table beside it says the same in words."""
    placed = services_of(spec, mode)
    ends = dict.fromkeys(end for leg in way for end in (leg.relation.source, leg.relation.target))
    lines = ["shape: sequence_diagram"]
    for end in ends:
        if end == OUTSIDE:
            lines.append(f"{quote_label(OUTSIDE)}: {quote_label(CLIENT)}")
        else:
            lines.append(service_box(end) if end in placed else outside_box(end))
    lines += [
        f"{quote_label(leg.relation.source)} -> {quote_label(leg.relation.target)}: {quote_label(f'{number} {leg.relation.port}')}"
        for number, leg in enumerate(way, 1)
    ]
    title = f"{text(spec.data_flows.data_flows[name].title)}, in mode {text(mode)}"
    return Diagram(f"flow-{name}-{mode}", title, lines)
