"""D2 source of a mode's topology: roles with their services, and what connects the roles."""

from collections.abc import Iterator

from generators.d2 import quote_label
from generators.markdown import code, codes, text
from generators.site.drawing import REQUESTS, Diagram, group, join_once, outside_box
from plumbline.effective.deployment import roles_of
from plumbline.effective.relations import OUTSIDE, Because, Relation, relations, ways_out
from plumbline.spec.spec import Spec
from schema.topology import Role

_BREAK = "\n"
"""Between ports at a line: a wide label would move the roles apart."""
_LEAVING = "(reached by every node)"


def topology(spec: Spec, mode: str) -> Iterator[Diagram]:
    """The one picture of a mode."""
    roles = {name: role for name, role in spec.topology[mode].roles.items() if role.services}
    links, ways = _links(spec, mode), ways_out(spec, mode)
    lines = ["direction: right"]
    if any(source == OUTSIDE for source, _ in links):
        lines.append(REQUESTS)
    words = []
    for name, role in roles.items():
        lines += group(name, f"{name}: {_nodes(spec, role)}", role.services)
        words.append(f"{code(name)}, {_nodes(spec, role)}: {codes(role.services)}.")
    lines += [outside_box(target) for target in dict.fromkeys(to for _, to in links) if target not in roles]
    for (source, target), ports in links.items():
        lines.append(f"{quote_label(source)} -> {quote_label(target)}: {quote_label(join_once(ports, _BREAK))}")
        words.append(f"{_shown(source)} → {_shown(target)}: {text(join_once(ports))}.")
    if ways:
        reached = [f"{way.title}, {way.port}" for way in ways]
        label = "\n".join(["every node reaches", *reached])
        lines.append(f"{quote_label(_LEAVING)}: {quote_label(label)} {{style.stroke-dash: 3; near: bottom-center}}")
        words.append(f"Every node reaches: {text('; '.join(reached))}.")
    yield Diagram(f"topology-{mode}", f"Topology of mode {text(mode)}", lines, words)


def nodes_of_role(spec: Spec, role: Role) -> str:
    """How many nodes a role has, and for whom where there are tenants, e.g. `1 to 8, tenant` or `1`."""
    return f"{_count(role)}, {role.scope}" if spec.tenants.tenants else _count(role)


def _nodes(spec: Spec, role: Role) -> str:
    """The same as a reader says it, e.g. `1 to 8 nodes per tenant`."""
    noun = "node" if _count(role) == "1" else "nodes"
    whose = {"tenant": " per tenant", "shared": ", shared"}[role.scope] if spec.tenants.tenants else ""
    return f"{_count(role)} {noun}{whose}"


def _count(role: Role) -> str:
    most = max(role.count, role.max_count)
    return str(role.count) if role.count == most else f"{role.count} to {most}"


def _links(spec: Spec, mode: str) -> dict[tuple[str, str], list[str]]:
    """From role to role, or from and to the outside: the ports that are connected to."""
    links: dict[tuple[str, str], list[str]] = {}
    for each in relations(spec, mode):
        for source, target in _ends(spec, mode, each):
            if source != target:
                links.setdefault((source, target), []).append(each.port)
    return links


def _ends(spec: Spec, mode: str, each: Relation) -> Iterator[tuple[str, str]]:
    sources = [OUTSIDE] if each.source == OUTSIDE else roles_of(spec, mode, each.source)
    away = each.because in (Because.CALLED, Because.ISSUER)
    targets = [each.other] if away else roles_of(spec, mode, each.target)
    # what has a target on its own node connects to that one
    yield from ((source, source if source in targets else target) for source in sources for target in targets)


def _shown(end: str) -> str:
    return "requests" if end == OUTSIDE else code(end)
