"""D2 source of a mode's segments: who is in which. A service in several stands in each."""

from collections.abc import Iterator

from generators.markdown import text
from generators.site.drawing import Diagram, group
from plumbline.effective.deployment import services_of
from plumbline.spec.spec import Spec


def segments(spec: Spec, mode: str) -> Iterator[Diagram]:
    """The one picture of a mode."""
    placed = services_of(spec, mode)
    lines = ["grid-columns: 2", "grid-gap: 24"]
    for name, network in spec.networks.networks.items():
        members = [each for each, service in placed.items() if name in service.segments]
        if mode in network.modes and members:
            seal = "internal" if network.modes[mode].internal else "open"
            lines += group(f"net {name}", f"{name}: {network.modes[mode].subnet}, {seal}", members)
    yield Diagram(f"segments-{mode}", f"Segments of mode {text(mode)}; the table below contains the same", lines)
