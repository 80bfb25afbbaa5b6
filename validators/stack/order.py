"""The order in which services started, against the order that the spec asks for. Pure."""

from plumbline.effective.deployment import Deployment
from plumbline.report.fact import Check
from plumbline.stack.events import ENDED, HEALTHY, STARTED, Events
from schema.service import Service


def _readiness(service: Service) -> tuple[str, str]:
    """The event at which whoever waits for a service starts, and its name for a reader."""
    if service.kind == "job":
        return ENDED, "over"
    return (HEALTHY, "healthy") if service.health else (STARTED, "running")


def order_checks(events: Events, project: str, deployment: Deployment, where: str) -> list[Check]:
    """A service starts when those that it waits for on its node are healthy, jobs at their end, and not before."""
    checks: list[Check] = []
    for name, service in deployment.services.items():
        for need in dict.fromkeys((*service.needs, *service.after)):
            if need not in deployment.services:
                continue
            ready, word = _readiness(deployment.services[need])
            started, was_ready = events.first(project, name, STARTED), events.first(project, need, ready)
            if started is None or was_ready is None:
                observed = (
                    f"{name if started is None else need} was never seen {'' if started is None else word}".strip()
                )
            elif started >= was_ready:
                observed = f"after {need} was {word}"
            else:
                observed = f"{(was_ready - started) / 1e9:.1f} s before {need} was {word}"
            checks.append(Check(f"services.{name}", f"order.{need}", f"after {need} was {word}", observed, where=where))
    return checks
