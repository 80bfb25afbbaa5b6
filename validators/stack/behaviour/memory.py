"""A process in a service's control group takes more memory than the service may have: the kernel kills it, and nothing else."""

from collections.abc import Iterator
from typing import Any

from plumbline.report.fact import Check
from plumbline.stack.stack import Stack
from validators.stack.behaviour.running import inject, running_services

_BEYOND_MIB = 64
_SECONDS = 600
_EXPECTED = "enforced"


def try_memory_limits(stack: Stack) -> Iterator[Check]:
    """One service after the other."""
    services = {key: each for key, each in running_services(stack).items() if each.service.limits and each.pid}
    stack.watch.phase(f"taking more memory than {len(services)} services may have")
    wanted = {
        key: {"pid": each.pid, "mib": each.service.limits.memory_mib + _BEYOND_MIB}
        for key, each in services.items()
        if each.service.limits
    }
    found = inject(stack, "hogs", wanted, seconds=_SECONDS)
    for key, each in services.items():
        yield each.check(
            "memory_limit", _EXPECTED, _observed(key, wanted[key]["mib"], found[key]), found[key]["seconds"]
        )


def _observed(key: str, mib: int, found: dict[str, Any]) -> str:
    match found["end"]:
        case "not tried":
            return f"not tried: the engine's host has not {mib} MiB to spare"
        case "got it":
            return f"not enforced: {mib} MiB were allocated"
        case "killed" if not found["alive"]:
            return "enforced by killing the service"
        case "killed" if found["killed_in"] == [key]:
            return _EXPECTED
        case "killed":
            return f"enforced by killing in {', '.join(found['killed_in']) or 'no control group'}"
        case end:
            return f"unknown: the attempt was {end}"
