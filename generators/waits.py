"""What a compose service waits for: the needs that Compose can be told of, each once. Pure."""

from collections.abc import Mapping

import networkx

from schema.service import Service

JOB_PROFILE = "job"


def profiles(service: Service) -> list[str]:
    """The profile without which Compose leaves the service out; a job waits for its call."""
    if service.profile:
        return [service.profile]
    return [JOB_PROFILE] if service.kind == "job" else []


def waits(services: Mapping[str, Service]) -> dict[str, list[str]]:
    """The services of the project that each one waits for, as a transitive reduction.

    Compose's cycle check is exponential on diamonds. What is reduced are the edges that are written: a need that may be
    left out, for it has another profile, must not stand for one that is always there.
    """
    graph: networkx.DiGraph[str] = networkx.DiGraph()
    graph.add_nodes_from(services)
    graph.add_edges_from(
        (name, need)
        for name, service in services.items()
        for need in service.needs
        if need in services and _can_wait(service, services[need])
    )
    if networkx.is_directed_acyclic_graph(graph):
        graph = networkx.transitive_reduction(graph)
    return {name: sorted(graph.successors(name)) for name in services}


def _can_wait(service: Service, need: Service) -> bool:
    """Compose refuses a file in which a service depends on one that its profiles leave out."""
    return profiles(need) in ([], profiles(service))
