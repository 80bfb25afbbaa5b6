"""What a compose service waits for, each once, and what starts it. Pure."""

from collections.abc import Mapping

from plumbline.effective.graphs import in_order, is_acyclic, transitive_reduction
from schema.service import Service

JOB_PROFILE = "job"


def profiles(services: Mapping[str, Service]) -> dict[str, list[str]]:
    """The profiles of a project's services; Compose leaves a service out where none of its own is asked for.

    A job waits for its call. One that others start after is started with them.
    """
    waiting: dict[str, list[str]] = {name: [] for name in services}
    for name, service in services.items():
        for job in service.after:
            if job in services:
                waiting[job].append(name)

    def of(name: str, passed: tuple[str, ...] = ()) -> list[str]:
        service = services[name]
        if service.profile:
            return [service.profile]
        if service.kind != "job":
            return []
        by_waiters = [of(other, (*passed, name)) for other in waiting[name] if other not in passed]
        if not by_waiters:
            return [JOB_PROFILE]
        return sorted({each for found in by_waiters for each in found}) if all(by_waiters) else []

    return {name: of(name) for name in services}


def called_jobs(services: Mapping[str, Service]) -> list[str]:
    """The jobs that `up` does not run, each behind those that it waits for."""
    of = profiles(services)
    called = [
        name
        for name, service in services.items()
        if service.kind == "job" and (service.profile or JOB_PROFILE in of[name])
    ]
    return sort_by_waits(services, called)


def sort_by_waits(services: Mapping[str, Service], some: list[str]) -> list[str]:
    """Some of the services, each behind those that it waits for."""
    return in_order(_waiting(services), some)


def waits(services: Mapping[str, Service]) -> dict[str, list[str]]:
    """The services of the project that each one waits for, as a transitive reduction.

    Compose's cycle check is exponential on diamonds. What is reduced are the edges that are written: a need that may be
    left out, for it has another profile, must not stand for one that is always there.
    """
    of = profiles(services)
    written = {
        name: {other for other in others if can_wait(of[name], of[other])}
        for name, others in _waiting(services).items()
    }
    graph = transitive_reduction(written) if is_acyclic(written) else written
    return {name: sorted(graph[name]) for name in services}


def can_wait(waiter: list[str], awaited: list[str]) -> bool:
    """Whether who has these profiles may wait for those: Compose refuses a file in which a service depends on one that is left out."""
    return not awaited or bool(waiter and set(waiter) <= set(awaited))


def _waiting(services: Mapping[str, Service]) -> dict[str, set[str]]:
    """Who waits for whom, as it is declared."""
    return {
        name: {other for other in (*service.needs, *service.after) if other in services}
        for name, service in services.items()
    }
