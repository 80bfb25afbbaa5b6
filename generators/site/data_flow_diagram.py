"""D2 source of a way of data in a mode: who asks whom, from top to bottom."""

from collections.abc import Iterator, Sequence

from generators.d2 import quote_label
from generators.markdown import text
from generators.site.drawing import Diagram, outside_box, service_box
from plumbline.effective.data_flows import Leg, legs
from plumbline.effective.deployment import services_of
from plumbline.effective.relations import OUTSIDE
from plumbline.spec.spec import Spec

CLIENT = "client"
"""How pictures and pages name who is outside."""


_WIDEST = 1300
"""Width in px of a picture whose labels can still be read on a screen of 1280 px."""
_LEAST_APART, _PER_LETTER, _AROUND = 160, 9, 60


def data_flows(spec: Spec, mode: str) -> Iterator[Diagram]:
    """The pictures of each way that has a connection in the mode."""
    for name in spec.data_flows.data_flows:
        yield from data_flow(spec, mode, name)


def data_flow(spec: Spec, mode: str, name: str) -> Iterator[Diagram]:
    """The pictures of a way, one after the other where one would be too wide; the table beside them says the same in words."""
    parts = list(_parts(legs(spec, name, mode)))
    title = f"{text(spec.data_flows.data_flows[name].title)}, in mode {text(mode)}"
    for number, part in enumerate(parts, 1):
        several = len(parts) > 1
        yield Diagram(
            f"flow-{name}-{mode}{f'-{number}' if several else ''}",
            f"{title}{f', part {number} of {len(parts)}' if several else ''}",
            _lines(spec, mode, part),
        )


def _parts(way: Sequence[Leg]) -> Iterator[list[tuple[int, Leg]]]:
    """Consecutive steps with their numbers, as many as a picture has the width for."""
    part: list[tuple[int, Leg]] = []
    for step in enumerate(way, 1):
        if part and sum(_width(end) for end in _ends([*part, step])) > _WIDEST:
            yield part
            part = []
        part.append(step)
    if part:
        yield part


def _ends(part: Sequence[tuple[int, Leg]]) -> list[str]:
    return list(dict.fromkeys(end for _, leg in part for end in (leg.relation.source, leg.relation.target)))


def _width(end: str) -> int:
    return max(_LEAST_APART, len(end) * _PER_LETTER + _AROUND)


def _lines(spec: Spec, mode: str, part: Sequence[tuple[int, Leg]]) -> list[str]:
    placed = services_of(spec, mode)
    lines = ["shape: sequence_diagram"]
    for end in _ends(part):
        if end == OUTSIDE:
            lines.append(f"{quote_label(OUTSIDE)}: {quote_label(CLIENT)}")
        else:
            lines.append(service_box(end) if end in placed else outside_box(end))
    for number, leg in part:
        ends = f"{quote_label(leg.relation.source)} -> {quote_label(leg.relation.target)}"
        lines.append(f"{ends}: {quote_label(f'{number} {leg.relation.port}')}")
    return lines
