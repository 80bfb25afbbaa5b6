"""The services that run, and waiting for them."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from plumbline.effective.deployment import needs_on_other_nodes
from plumbline.effective.expression_names import service_names
from plumbline.expressions.rendering import value_text
from plumbline.report.fact import Check
from plumbline.spec.spec import Spec
from plumbline.stack.containers import container_of
from plumbline.stack.probing import run_inside
from plumbline.stack.project import ComposeProject
from plumbline.stack.stack import Stack, node_service_name
from schema.service import Service
from schema.types import Value

_POLL_S = 0.3


@dataclass(frozen=True)
class Running:
    """A service that runs, with its container as the engine described it."""

    project: ComposeProject
    name: str
    container: Mapping[str, Any]

    @property
    def key(self) -> str:
        """Its name among all nodes."""
        return node_service_name(self.project, self.name)

    @property
    def service(self) -> Service:
        """The effective service."""
        return self.project.deployment.services[self.name]

    @property
    def id(self) -> str:
        """The container's id."""
        return str(self.container["Id"])

    @property
    def pid(self) -> int:
        """Its main process, as the host counts."""
        return int(self.container["State"]["Pid"])

    @property
    def started(self) -> str:
        """When its main process started."""
        return str(self.container["State"]["StartedAt"])

    @property
    def state(self) -> str:
        """`healthy`, `unhealthy`, `starting`; the container's state where it has no health check."""
        state = self.container["State"]
        if state["Status"] != "running" or self.service.health is None:
            return str(state["Status"])
        return str((state.get("Health") or {}).get("Status", "none"))

    @property
    def well(self) -> bool:
        """Whether it is as it should be."""
        return self.state == self.well_state

    @property
    def well_state(self) -> str:
        """The state that it should have."""
        return "healthy" if self.service.health else "running"

    def check(self, attribute: str, expected: str, observed: str, seconds: float | None = None) -> Check:
        """A check about this service."""
        return Check(f"services.{self.name}", attribute, expected, observed, True, self.project.node.name, seconds)


def running_services(stack: Stack) -> dict[str, Running]:
    """Every service that is meant to keep running and has a container, by key."""
    found: dict[str, Running] = {}
    for project in stack.projects:
        containers = stack.engine.containers(project.name)
        for name, service in project.deployment.services.items():
            container = container_of(project, name, containers)
            if service.kind == "service" and container:
                each = Running(project, name, container)
                found[each.key] = each
    return found


def needs_of(spec: Spec, each: Running, others: Mapping[str, Running]) -> list[Running]:
    """The running services that one needs, on its node and on others of its tenant."""
    elsewhere = needs_on_other_nodes(spec, each.project.deployment, each.name)
    return [
        other
        for other in others.values()
        if other.name in each.service.needs
        and other.project.node.tenant == each.project.node.tenant
        and (other.project is each.project or elsewhere.get(other.name) == other.project.deployment.role)
    ]


def start_seconds(service: Service) -> float:
    """How long the spec lets a start take: until the engine would call it unhealthy."""
    health = service.health
    if health is None:
        return 30
    return health.start_period_s + health.retries * (health.interval_s + health.timeout_s)


def inject(stack: Stack, deed: str, argument: Any, *volumes: str, seconds: float = 60) -> Any:
    """Have the probe do something to containers; see `probe/inject.py`."""
    project = f"plumb-probe-{stack.run.id}"
    return run_inside(stack.engine, project, "inject.py", {deed: argument}, seconds, *volumes)[deed]


def execute(stack: Stack, each: Running, command: Sequence[Value], *words: str) -> tuple[int, str]:
    """Run a command of the spec in a service's container: its exit code, and what it printed."""
    names = service_names(stack.spec, each.project.deployment.mode, each.name)
    return stack.engine.execute(each.id, [*(value_text(word, names) for word in command), *words])


def wait_until(stack: Stack, true: Callable[[dict[str, Running], float], bool], seconds: float) -> dict[str, Running]:
    """Inspection until something is true of the services and the seconds that have passed, or the time is over: the last look."""
    start = time.monotonic()
    while True:
        now = running_services(stack)
        stack.watch.services({key: each.state for key, each in now.items()})
        passed = time.monotonic() - start
        if true(now, passed) or passed > seconds:
            return now
        time.sleep(_POLL_S)
