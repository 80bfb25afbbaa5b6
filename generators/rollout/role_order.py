"""The order in which a tenant's roles get a release: who is needed before who needs it, the entry last. Pure."""

import networkx

from plumbline.effective.deployment import deployments, needs_on_other_nodes, roles_of
from plumbline.spec.spec import Spec


def role_order(spec: Spec, mode: str) -> list[list[str]]:
    """Steps of roles, a variant with the role whose place it takes; roles that need each other share a step (PLB532)."""
    roles = {name: role for name, role in spec.topology[mode].roles.items() if role.scope == "tenant"}
    parts = networkx.condensation(_graph(spec, mode))
    steps = [
        {role for part in generation for role in parts.nodes[part]["members"]}
        for generation in networkx.topological_generations(parts)
    ]
    return [sorted(name for name, role in roles.items() if (role.variant_of or name) in step) for step in steps]


def circles(spec: Spec, mode: str) -> list[list[str]]:
    """Roles that need each other, so that none of them can go first."""
    found = networkx.strongly_connected_components(_graph(spec, mode))
    return sorted(sorted(roles) for roles in found if len(roles) > 1)


def _graph(spec: Spec, mode: str) -> "networkx.DiGraph[str]":
    """An edge from each role to those that need it, and from all others to the one that outside requests come to."""
    graph: networkx.DiGraph[str] = networkx.DiGraph()
    roles = spec.topology[mode].roles
    for deployment in deployments(spec, mode):
        if roles[deployment.role].scope != "tenant":
            continue
        graph.add_node(deployment.role)
        for service in deployment.services:
            for needed in needs_on_other_nodes(spec, deployment, service).values():
                if roles[needed].scope == "tenant":
                    graph.add_edge(needed, deployment.role)
    # what it takes in goes through queues to the others, which have to know it: no need says so
    for last in roles_of(spec, mode, spec.topology[mode].entry.backend or ""):
        if last in graph:
            behind = networkx.descendants(graph, last) | {last}
            graph.add_edges_from((role, last) for role in list(graph) if role not in behind)
    return graph
