"""D2 sources of who connects to whom: one picture of a mode, or one a role where services are spread over several."""

from collections.abc import Collection, Iterator, Sequence

from generators.d2 import quote_label
from generators.markdown import code, codes, text
from generators.site.drawing import REQUESTS, Diagram, outside_box, service_box
from plumbline.effective.deployment import services_of
from plumbline.effective.relations import OUTSIDE, Because, Relation, relations, relations_by_end, starts, starts_by_end
from plumbline.spec.spec import Spec


def connections(spec: Spec, mode: str) -> Iterator[Diagram]:
    """Every connection that the spec speaks of: a reader asks who talks to whom. Who only waits for whom is dashed."""
    known = [*relations(spec, mode), *starts(spec, mode)]
    roles = {name: role.services for name, role in spec.topology[mode].roles.items() if role.services}
    if len(roles) < 2:
        yield _diagram(f"needs-{mode}", f"Who connects to whom in mode {text(mode)}", services_of(spec, mode), known)
        return
    for name, services in roles.items():
        touching = [each for each in known if each.source in services or each.target in services]
        yield _diagram(
            f"needs-{mode}-{name}", f"Connections of role {text(name)} in mode {text(mode)}", services, touching
        )


def neighbourhoods(spec: Spec, name: str) -> Iterator[Diagram]:
    """A service with all that it connects to, starts after, or is reached by: once for modes in which that is the same."""
    drawn: dict[tuple[str, ...], list[str]] = {}
    for mode in spec.modes:
        known = [*relations_by_end(spec, mode).get(name, ()), *starts_by_end(spec, mode).get(name, ())]
        if known:
            lines = tuple(_diagram("", "", (name,), known).lines)
            drawn.setdefault(lines, []).append(mode)
    for lines, modes in drawn.items():
        title = f"Neighbours in mode {text(' and '.join(modes))}, which the tables below name too"
        yield Diagram(f"around-{name}-{modes[0]}", title, lines)


def _diagram(name: str, title: str, own: Collection[str], known: Sequence[Relation]) -> Diagram:
    away = [each.other for each in known if each.because in (Because.CALLED, Because.ISSUER)]
    others = [end for each in known for end in (each.source, each.target) if end != OUTSIDE and end not in own]
    lines = ["direction: right"]
    if any(each.source == OUTSIDE for each in known):
        lines.append(REQUESTS)
    lines += [service_box(each) for each in own]
    lines += [_of_another_role(each) for each in dict.fromkeys(others) if not _is_host(each, known)]
    lines += [outside_box(host) for host in dict.fromkeys(away)]
    lines += [f"{quote_label(each.source)} -> {quote_label(each.other)}: {_label(each)}" for each in known]
    return Diagram(name, title, lines, list(_words(known)), [each.path for each in known])


def _of_another_role(name: str) -> str:
    return service_box(name).removesuffix("}") + "; style.opacity: 0.6}"


def _is_host(end: str, known: Sequence[Relation]) -> bool:
    return any(each.target == end and each.because in (Because.CALLED, Because.ISSUER) for each in known)


def _label(each: Relation) -> str:
    return "after {style.stroke-dash: 4}" if each.because == Because.AFTER else quote_label(each.port)


def _words(known: Sequence[Relation]) -> Iterator[str]:
    for source in dict.fromkeys(each.source for each in known):
        reached = [each for each in known if each.source == source]
        shown = "requests" if source == OUTSIDE else code(source)
        if to := [f"{each.other} {each.port}" for each in reached if each.because != Because.AFTER]:
            yield f"{shown} → {codes(to)}."
        if after := [each.other for each in reached if each.because == Because.AFTER]:
            yield f"{shown} starts after {codes(after)}."
