"""Late or unhealthy: on a busy machine, a health check is late now and then. One that keeps failing is unhealthy."""

import time
from collections.abc import Collection, Mapping, Sequence
from enum import Enum
from typing import Any

from generators.offline.scripts import HEALTH_PATIENCE
from plumbline.stack.engine import SERVICE
from plumbline.stack.project import ComposeProject
from plumbline.stack.stack import Stack

SETTLE_SECONDS = 600
"""Bounds a hang; how long a service is waited for is counted in its own checks."""
_POLL_S = 0.5
_RETRIES = 3
"""An engine's own, where a check names none."""


class Condition(Enum):
    """How a container fares."""

    FINE = "fine"
    """It is well, has ended well, or was not started yet."""
    LATE = "late"
    """Its health check fails, which may be the machine's load."""
    ILL = "ill"
    """It ended badly, or its check has failed too often for load to be the cause."""


def condition(container: Mapping[str, Any]) -> Condition:
    """That of a container, as `docker inspect` has it. Pure."""
    state = container["State"]
    health = state.get("Health") or {}
    match state["Status"], health.get("Status", "none"):
        case ("created", _) | ("running", "healthy" | "none"):
            return Condition.FINE
        case ("exited", _):
            return Condition.ILL if state["ExitCode"] else Condition.FINE
        case ("running", _):
            retries = (container["Config"].get("Healthcheck") or {}).get("Retries") or _RETRIES
            return Condition.LATE if health["FailingStreak"] < HEALTH_PATIENCE * retries else Condition.ILL
    return Condition.ILL


def wait_until_settled(stack: Stack, projects: Sequence[ComposeProject], *, apart_from: Collection[str] = ()) -> bool:
    """Wait as long as a service is late and none is ill; whether all are fine then. `apart_from`: services that don't count."""
    end = time.monotonic() + SETTLE_SECONDS
    while True:
        found = {
            condition(each)
            for project in projects
            for each in stack.engine.containers(project.name)
            if each["Config"]["Labels"].get(SERVICE) not in apart_from
        }
        if found <= {Condition.FINE}:
            return True
        if Condition.ILL in found or time.monotonic() > end:
            return False
        time.sleep(_POLL_S)
