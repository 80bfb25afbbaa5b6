"""PLB103: segments that carry what services need."""

from collections.abc import Iterator

from plumbline.effective.deployment import roles_of, services_of
from plumbline.spec.paths import PathText, path_of
from plumbline.spec.spec import Spec
from validators.rules.effective_services import Placed, placed_services
from validators.rules.registry import Violation, rule


@rule(
    "PLB103",
    title="Need without a shared segment",
    why="Services without a common network cannot reach each other, so the service never becomes healthy.",
    fix="Put both services on one segment. Between nodes, give the target a segment that is not internal.",
    failing="services/web.yaml: {segments: [front]}",
    passing="services/web.yaml: {segments: [front, back]}",
)
def unreachable(spec: Spec) -> Iterator[Violation]:
    """Needs that no network can carry; once at a target that shares a segment with nothing that needs it."""
    alone: dict[str, dict[str, PathText]] = {}
    for mode in spec.modes:
        for target, needing in _apart_from_all(spec, mode).items():
            alone.setdefault(target, {}).update(needing)
    for target, needing in alone.items():
        yield Violation(
            path_of("services", target, "segments"),
            f"`{target}` shares no segment with the {len(needing)} services that need it",
            also=tuple((path, f"{name} needs it") for name, path in needing.items()),
            explains=tuple((name, target) for name in needing),
        )
    for each in placed_services(spec):
        placed = services_of(spec, each.mode)
        for target in each.service.needs:
            if target not in placed or each.id in alone.get(target, ()):
                continue
            apart = not set(roles_of(spec, each.mode, each.id)) & set(roles_of(spec, each.mode, target))
            other = placed[target].segments
            follows = ((each.id, target),)
            if apart and all(_is_internal(spec, each.mode, segment) for segment in (*other, *each.service.segments)):
                message = f"`{target}` is on another node in mode {each.mode}, but all its networks are internal"
                yield Violation(each.path("needs", target), message, explains=follows)
            elif _share_nothing(spec, each, target):
                message = f"shares no segment with `{target}` in mode {each.mode}"
                yield Violation(each.path("needs", target), message, explains=follows)


def _share_nothing(spec: Spec, placed: Placed, target: str) -> bool:
    """Whether two services of one node have no segment in common."""
    together = set(roles_of(spec, placed.mode, placed.id)) & set(roles_of(spec, placed.mode, target))
    segments = services_of(spec, placed.mode)[target].segments
    return bool(together) and not set(segments) & set(placed.service.segments)


def _apart_from_all(spec: Spec, mode: str) -> dict[str, dict[str, PathText]]:
    """Services that share no segment with any of two or more that need them on their node, and where those need them."""
    needing: dict[str, list[Placed]] = {}
    for id, service in services_of(spec, mode).items():
        for target in service.needs:
            if target in services_of(spec, mode):
                needing.setdefault(target, []).append(Placed(spec, mode, id, service))
    return {
        target: {each.id: each.path("needs", target) for each in those}
        for target, those in needing.items()
        if len(those) > 1 and all(_share_nothing(spec, each, target) for each in those)
    }


def _is_internal(spec: Spec, mode: str, segment: str) -> bool:
    network = spec.networks.networks.get(segment)
    return bool(network and mode in network.modes and network.modes[mode].internal)
