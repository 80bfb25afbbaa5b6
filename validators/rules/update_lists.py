"""PLB540: which services an update drains, held against those that are like them."""

from collections.abc import Iterator

from plumbline.effective.deployment import services_of
from plumbline.spec.paths import path_of
from plumbline.spec.spec import Spec
from schema.service import Service
from validators.rules.effective_services import once
from validators.rules.registry import Violation, rule

_UPDATE = """\
update.yaml: {{downtime_goal_s: 60, drain: [one, two{0}]}}
services/one.yaml: &worker {{title: Worker, summary: Takes from a queue., image: traefik, segments: [front], stop_grace_s: 60}}
services/two.yaml: *worker
services/three.yaml: *worker
topology/single.yaml: {{roles: {{host: {{services: [db, web, one, two, three]}}}}}}
"""
_GRACE = 10
"""Seconds that a service is given which says nothing: nothing in it is worth waiting for."""


@rule(
    "PLB540",
    title="Update that does not drain a worker",
    why="A worker that is not drained takes new work during the update, and is stopped in the middle of it.",
    fix="Add all similar workers to `drain`.",
    failing=_UPDATE.format(""),
    passing=_UPDATE.format(", three"),
)
def misses_a_worker(spec: Spec) -> Iterator[Violation]:
    """Services that are like several drained ones."""
    yield from once(_missed(spec))


def _missed(spec: Spec) -> Iterator[Violation]:
    drain = spec.update.drain
    for mode in spec.modes:
        services = services_of(spec, mode)
        drained = {name: services[name] for name in drain if name in services}
        for name, service in services.items():
            alike = [other for other, each in drained.items() if _are_alike(service, each)]
            if name not in drain and len(alike) > 1:
                message = f"`{name}` is not drained, although it is like {' and '.join(f'`{each}`' for each in alike)}"
                yield Violation(path_of("update", "drain"), message, expected=name)


def _are_alike(one: Service, other: Service) -> bool:
    """Whether both run one image, and both are given the same time to finish what they hold."""
    return one.image == other.image and one.kind == other.kind and one.stop_grace_s == other.stop_grace_s > _GRACE
