"""What a compose service waits for, each once, and what starts it. Pure."""

from collections.abc import Mapping

import networkx

from schema.service import Service

JOB_PROFILE = "job"


def profiles(services: Mapping[str, Service]) -> dict[str, list[str]]:
    """The profiles of a project's services; Compose leaves a service out where none of its own is asked for.

    A job waits for its call. One that others start after is started with them.
    """
    waiting: networkx.DiGraph[str] = networkx.DiGraph()
    waiting.add_nodes_from(services)
    waiting.add_edges_from(
        (job, name) for name, service in services.items() for job in service.after if job in services
    )

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
    return ordered(services, called)


def ordered(services: Mapping[str, Service], some: list[str]) -> list[str]:
    """Some of the services, each behind those that it waits for."""
    graph = _waiting(services).subgraph(some).reverse()
    if not networkx.is_directed_acyclic_graph(graph):
        return some
    return list(networkx.lexicographical_topological_sort(graph))


def waits(services: Mapping[str, Service]) -> dict[str, list[str]]:
    """The services of the project that each one waits for, as a transitive reduction.

    Compose's cycle check is exponential on diamonds. What is reduced are the edges that are written: a need that may be
    left out, for it has another profile, must not stand for one that is always there.
    """
    of = profiles(services)
    written = [edge for edge in _waiting(services).edges if can_wait(of[edge[0]], of[edge[1]])]
    graph: networkx.DiGraph[str] = networkx.DiGraph(written)
    graph.add_nodes_from(services)
    if networkx.is_directed_acyclic_graph(graph):
        graph = networkx.transitive_reduction(graph)
    return {name: sorted(graph.successors(name)) for name in services}


def can_wait(waiter: list[str], awaited: list[str]) -> bool:
    """Whether who has these profiles may wait for those: Compose refuses a file in which a service depends on one that is left out."""
    return not awaited or bool(waiter and set(waiter) <= set(awaited))


def _waiting(services: Mapping[str, Service]) -> "networkx.DiGraph[str]":
    """Who waits for whom, as it is declared."""
    graph: networkx.DiGraph[str] = networkx.DiGraph()
    graph.add_nodes_from(services)
    graph.add_edges_from(
        (name, other)
        for name, service in services.items()
        for other in (*service.needs, *service.after)
        if other in services
    )
    return graph
