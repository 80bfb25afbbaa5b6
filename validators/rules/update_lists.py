"""PLB540: what an update stops and keeps, held against what the services need of each other."""

from collections.abc import Iterator

from plumbline.effective.deployment import services_of
from plumbline.spec.paths import path_of
from plumbline.spec.spec import Spec
from schema.service import Service
from validators.rules.effective_services import once
from validators.rules.registry import Violation, rule

_UPDATE = """\
update.yaml:
  {{strategy: rolling, downtime_goal_s: 60, keep_running: {0}, drain: [web], migrations: [], phases: [{{title: Switch, detail: All.}}]}}
"""
_GRACE = 10
"""Seconds that a service is given which says nothing: nothing in it is worth waiting for."""


@rule(
    "PLB540",
    title="Update list that misses a service",
    why=(
        "A drained worker finishes what it holds, for which it needs its stores. A worker that is not drained takes new "
        "work in the middle of the update."
    ),
    fix="Add the stores of drained services to `keep_running`, and workers like the drained ones to `drain`.",
    failing=_UPDATE.format("[]"),
    passing=_UPDATE.format("[db]"),
)
def misses_a_service(spec: Spec) -> Iterator[Violation]:
    """Stores that drained services need and that are not kept, and services that are like several drained ones."""
    yield from once(_missed(spec))


def _missed(spec: Spec) -> Iterator[Violation]:
    update = spec.update
    for mode in spec.modes:
        services = services_of(spec, mode)
        drained = {name: services[name] for name in update.drain if name in services}
        for store, service in services.items():
            users = [name for name, each in drained.items() if store in each.needs]
            if users and service.volumes and store not in update.keep_running:
                message = f"`{users[0]}` is drained, for which it needs `{store}`, but that is not kept running"
                yield Violation(path_of("update", "keep_running"), message, expected=store)
        for name, service in services.items():
            alike = [other for other, each in drained.items() if _are_alike(service, each)]
            if name not in update.drain and len(alike) > 1 and name not in update.keep_running:
                message = f"`{name}` is not drained, although it is like {' and '.join(f'`{each}`' for each in alike)}"
                yield Violation(path_of("update", "drain"), message, expected=name)


def _are_alike(one: Service, other: Service) -> bool:
    """Whether both run one image, and both are given the same time to finish what they hold."""
    return one.image == other.image and one.kind == other.kind and one.stop_grace_s == other.stop_grace_s > _GRACE
