"""Every diagram of every mode. The pictures are drawn by `plumb build`. A new kind is an entry in `DIAGRAMS`."""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import partial

from generators.site.cloud_diagram import cloud
from generators.site.connection_diagrams import connections, neighbourhoods
from generators.site.data_flow_diagram import data_flows
from generators.site.drawing import FOLDER, Diagram
from generators.site.segment_diagram import segments
from generators.site.topology_diagram import topology
from plumbline.effective.deployment import services_of
from plumbline.project.artifact import Artifact, Drawing, Source
from plumbline.spec.paths import path_of
from plumbline.spec.spec import Spec

LOOK = ("--layout=dagre", "--theme=0", "--dark-theme=200", "--pad=8")
"""How D2 draws: one picture, in the colours that the reader's system asks for."""
DIAGRAMS: tuple[Callable[[Spec, str], Iterable[Diagram]], ...] = (topology, connections, segments, cloud, data_flows)


class DiagramGenerator:
    """`<name>.d2` for each diagram."""

    name = "diagrams"

    def generate(self, spec: Spec) -> Iterable[Artifact]:
        """The sources."""
        for mode in spec.modes:
            for kind in DIAGRAMS:
                for each in kind(spec, mode):
                    yield _artifact(spec, mode, each)
        for name in spec.services:
            for each in neighbourhoods(spec, name):
                yield _artifact(spec, next(mode for mode in spec.modes if name in services_of(spec, mode)), each, name)


def _artifact(spec: Spec, mode: str, diagram: Diagram, about: str = "") -> Artifact:
    traced = partial(_traced, spec, mode, diagram.source, about)
    return Artifact(f"{FOLDER}/{diagram.name}.d2", diagram.source.encode(), traced=traced)


def _traced(spec: Spec, mode: str, source: str, about: str) -> Iterator[Source]:
    """Lines by what they name: a service, a network, a role, or else the mode; and by the service whose neighbours they show."""
    named = {name: path_of("services", name) for name in services_of(spec, mode)}
    named |= {name: path_of("networks", name) for name in spec.networks.networks}
    topology = path_of("topology", mode)
    for number, line in enumerate(source.splitlines(), 1):
        words = {about, *re.findall(r"[a-z0-9-]+", line)}
        yield from (Source(number, number, path) for name, path in named.items() if name in words)
        yield Source(number, number, topology)


def drawings(artifacts: Iterable[Artifact]) -> list[Drawing]:
    """The pictures that the sources among the artifacts make."""
    return [
        Drawing(f"{artifact.path.removesuffix('.d2')}.svg", artifact.content, LOOK)
        for artifact in artifacts
        if artifact.path.endswith(".d2")
    ]
