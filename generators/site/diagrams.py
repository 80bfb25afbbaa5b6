"""D2 sources of the diagrams: topology, needs, segments and cloud objects of each mode. The pictures are drawn by `plumb build`."""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import partial

from generators.site.cloud_diagram import cloud
from generators.d2 import quoted
from plumbline.project.artifact import Artifact, Drawing, Source
from plumbline.effective.deployment import services_of
from plumbline.spec.paths import path_of
from plumbline.effective.relations import OUTSIDE, Because, relations, starts, ways_out
from plumbline.spec.spec import Spec
from schema.topology import Role

FOLDER = "docs/diagrams"
OUTSIDE_NODE = quoted(OUTSIDE)
LEAVING_NODE = quoted("(reached by the nodes)")
THEMES = {"light": 0, "dark": 200}
"""D2 theme numbers."""


class DiagramGenerator:
    """`<kind>-<mode>.d2` for each kind and mode."""

    name = "diagrams"

    def generate(self, spec: Spec) -> Iterable[Artifact]:
        """The sources."""
        for mode in spec.modes:
            for kind, draw in DIAGRAMS.items():
                if source := draw(spec, mode):
                    yield Artifact(
                        f"{FOLDER}/{kind}-{mode}.d2", source.encode(), traced=partial(_traced, spec, mode, source)
                    )


def _traced(spec: Spec, mode: str, source: str) -> Iterator[Source]:
    """Lines by what they name: a service, a network, a role, or else the mode."""
    named = {name: path_of("services", name) for name in services_of(spec, mode)}
    named |= {name: path_of("networks", name) for name in spec.networks.networks}
    topology = path_of("topology", mode)
    for number, line in enumerate(source.splitlines(), 1):
        words = set(re.findall(r"[a-z0-9-]+", line))
        yield from (Source(number, number, path) for name, path in named.items() if name in words)
        yield Source(number, number, topology)


def drawings(artifacts: Iterable[Artifact]) -> list[Drawing]:
    """The pictures that the sources among the artifacts make: one per theme."""
    return [
        Drawing(f"{artifact.path.removesuffix('.d2')}-{name}.svg", artifact.content, theme)
        for artifact in artifacts
        if artifact.path.endswith(".d2")
        for name, theme in THEMES.items()
    ]


def _topology(spec: Spec, mode: str) -> str:
    topology = spec.topology[mode]
    lines = ["direction: right", f"{OUTSIDE_NODE}: {quoted('requests')} {{shape: cloud}}"]
    for name, role in topology.roles.items():
        if not role.services:
            continue
        lines.append(f"{quoted(name)}: {quoted(f'{name} ({nodes_of_role(spec, role)})')} {{")
        lines += [f"  {quoted(service)}" for service in role.services]
        lines.append("}")
    home = {service: role for role, each in topology.roles.items() for service in each.services}
    for each in relations(spec, mode):
        if each.source == OUTSIDE and each.target == topology.entry.service and each.target in home:
            lines.append(f"{OUTSIDE_NODE} -> {_placed(home, each.target)}: {quoted(each.port)}")
        elif each.because == Because.ENTRY:
            lines.append(f"{_placed(home, each.source)} -> {_placed(home, each.target)}: {quoted(str(each.number))}")
        elif each.because in (Because.CALLED, Because.ISSUER):
            lines.append(f"{_placed(home, each.source)} -> {quoted(each.other)}")
    lines += [f"{quoted(host)} {{shape: cloud}}" for host in _hosts(spec, mode)]
    lines += _leaving(spec, mode)
    links = sorted(
        {
            (home[name], home[target])
            for name, service in services_of(spec, mode).items()
            for target in service.needs
            if name in home and target in home and home[name] != home[target]
        }
    )
    lines += [f"{quoted(source)} -> {quoted(target)}: needs" for source, target in links]
    return "\n".join(lines) + "\n"


def nodes_of_role(spec: Spec, role: Role) -> str:
    """How many nodes a role has, and for whom where there are tenants, e.g. `1 to 8, tenant` or `1`."""
    most = max(role.count, role.max_count)
    count = str(role.count) if role.count == most else f"{role.count} to {most}"
    return f"{count}, {role.scope}" if spec.tenants.tenants else count


def _placed(home: Mapping[str, str], service: str) -> str:
    return f"{quoted(home[service])}.{quoted(service)}"


def _hosts(spec: Spec, mode: str) -> list[str]:
    """Hosts outside that services connect to."""
    return sorted({each.other for each in relations(spec, mode) if each.because in (Because.CALLED, Because.ISSUER)})


def _leaving(spec: Spec, mode: str) -> list[str]:
    """What the nodes themselves reach outside: one box for all of it, and a line from each role."""
    ways = ways_out(spec, mode)
    if not ways:
        return []
    label = quoted("\n".join(["reached by the nodes", *(f"{way.title}, {way.port}" for way in ways)]))
    roles = [name for name, role in spec.topology[mode].roles.items() if role.services]
    return [f"{LEAVING_NODE}: {label} {{shape: cloud}}", *(f"{quoted(role)} -> {LEAVING_NODE}" for role in roles)]


def _needs(spec: Spec, mode: str) -> str:
    """Every connection that the spec speaks of: a reader asks who talks to whom. Who only waits for whom is dashed."""
    services, known = services_of(spec, mode), relations(spec, mode)
    lines = ["direction: right", *(quoted(name) for name in services)]
    if any(each.source == OUTSIDE for each in known):
        lines.append(f"{OUTSIDE_NODE}: {quoted('requests')} {{shape: cloud}}")
    lines += [f"{quoted(host)} {{shape: cloud}}" for host in _hosts(spec, mode)]
    lines += [f"{quoted(each.source)} -> {quoted(each.other)}: {quoted(each.port)}" for each in known]
    lines += [f"{quoted(each.source)} -> {quoted(each.other)}: {_AFTER}" for each in starts(spec, mode)]
    return "\n".join(lines) + "\n"


_AFTER = f"{quoted(Because.AFTER)} {{style.stroke-dash: 4}}"


def _segments(spec: Spec, mode: str) -> str:
    services = services_of(spec, mode)
    lines = ["direction: down"]
    for name, network in spec.networks.networks.items():
        if mode in network.modes:
            seal = "internal" if network.modes[mode].internal else "open"
            label = quoted(f"{name}\n{network.modes[mode].subnet}, {seal}")
            lines.append(f"{quoted('net ' + name)}: {label} {{shape: hexagon}}")
    lines += [quoted(name) for name in services]
    lines += [
        f"{quoted(name)} -- {quoted('net ' + segment)}"
        for name, service in services.items()
        for segment in service.segments
        if mode in spec.networks.networks[segment].modes
    ]
    return "\n".join(lines) + "\n"


DIAGRAMS = {"topology": _topology, "needs": _needs, "segments": _segments, "cloud": cloud}
