"""What passes and what stays: a health check that is late on a busy machine, or ill for good; a way that is open for a moment."""

import time
from collections.abc import Collection, Mapping, Sequence
from enum import Enum
from typing import Any

from generators.host_scripts import HEALTH_PATIENCE
from plumbline.fact import Check
from validators.stack.engine import SERVICE
from validators.stack.kinds import STATE
from validators.stack.project import Project
from validators.stack.report import shown_subject
from validators.stack.stack import Look, Stack

SETTLE_SECONDS = 600
"""Bounds a hang; how long a service is waited for is counted in its own checks."""
_POLL_S = 0.5
_RETRIES = 3
"""An engine's own, where a check names none."""
_LOOKS = 3
_WORDS = ("unhealthy", "starting")
_WAYS = ("reach.", "name.", "egress.", "leak.")


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


def settled(stack: Stack, projects: Sequence[Project], *, apart_from: Collection[str] = ()) -> bool:
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


def patient_look(stack: Stack, *, apart_from: Collection[str] = ()) -> tuple[Look, tuple[str, ...]]:
    """A look, and another one where what differs may pass: a health check that is late, a way that is open for a moment.

    Also what differed before and does not any more, in words. An engine that makes a network, somebody else's too, takes its
    rule of isolation out and puts it back: in between every network reaches every other.
    """
    looks = [stack.look()]
    while len(looks) <= _LOOKS:
        is_late = any(_is_late(check, apart_from) for check in looks[-1].checks)
        is_open = len(looks) == 1 and any(_is_way(check) for check in looks[-1].checks)
        if not is_open and not (is_late and settled(stack, stack.projects, apart_from=apart_from)):
            break
        looks.append(stack.look())
    last = {_key(check) for check in looks[-1].checks if check.outcome != "matches"}
    passed = {
        _key(check): f"{shown_subject(check)}: {check.difference}"
        for look in looks[:-1]
        for check in look.checks
        if (_is_late(check, apart_from) or _is_way(check)) and _key(check) not in last
    }
    return looks[-1], tuple(sorted(passed.values()))


def _is_late(check: Check, apart_from: Collection[str]) -> bool:
    name = check.subject.removeprefix("services.")
    return check.attribute == STATE.name and check.observed in _WORDS and name not in apart_from


def _is_way(check: Check) -> bool:
    return check.outcome != "matches" and check.attribute.startswith(_WAYS)


def _key(check: Check) -> tuple[str, str, str]:
    return check.where, check.subject, check.attribute
