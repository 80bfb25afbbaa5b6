"""The order in which the roles of a tenant get a release: needed roles first, the entry last. Pure."""

from plumbline.effective.deployment import deployments, needs_on_other_nodes, roles_of
from plumbline.effective.graphs import generations, knots, reachable
from plumbline.spec.spec import Spec


def role_order(spec: Spec, mode: str) -> list[list[str]]:
    """Steps of roles, a variant with the role whose place it takes; roles that need each other share a step (PLB532)."""
    roles = {name: role for name, role in spec.topology[mode].roles.items() if role.scope == "tenant"}
    return [
        sorted(name for name, role in roles.items() if (role.variant_of or name) in step)
        for step in generations(_graph(spec, mode))
    ]


def circles(spec: Spec, mode: str) -> list[list[str]]:
    """Roles that need each other, so that none of them can go first."""
    return sorted(sorted(roles) for roles in knots(_graph(spec, mode)) if len(roles) > 1)


def _graph(spec: Spec, mode: str) -> dict[str, set[str]]:
    """An edge from each role to those that need it, and from all others to the one that outside requests come to."""
    graph: dict[str, set[str]] = {}
    roles = spec.topology[mode].roles
    for deployment in deployments(spec, mode):
        if roles[deployment.role].scope != "tenant":
            continue
        graph.setdefault(deployment.role, set())
        for service in deployment.services:
            for needed in needs_on_other_nodes(spec, deployment, service).values():
                if roles[needed].scope == "tenant":
                    graph.setdefault(needed, set()).add(deployment.role)
    # what it takes in goes through queues to the others, which have to know it: no need says so
    for last in roles_of(spec, mode, spec.topology[mode].entry.backend or ""):
        if last in graph:
            behind = reachable(graph, last) | {last}
            for role in graph.keys() - behind:
                graph[role].add(last)
    return graph
