"""Where a mode's projects stand when one engine plays all of its nodes. Pure.

A node's private address is one that the engine's host holds: the gateway of a small network made for the node. So the
generated `ports:` bind to it, and the generated `extra_hosts:` lead to it, as they do between real nodes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from ipaddress import ip_address, ip_network

from plumbline.effective.deployment import (
    Deployment,
    deployments,
    needs_on_other_nodes,
    ports_for_other_nodes,
    private_address,
)
from plumbline.effective.graphs import generations, is_acyclic
from plumbline.spec.spec import Spec
from schema.service import Publication

_NODE_PREFIX = 29
_SHARED_NODES = ip_network("100.64.213.0/24")
"""Range for nodes that have no address in the spec; no cloud or office network uses it (RFC 6598)."""


@dataclass(frozen=True)
class Node:
    """One node of a mode, with the one project that runs on it."""

    deployment: Deployment
    tenant: str = ""
    """The tenant that it belongs to; empty for a shared node, and in modes for one tenant."""
    address: str = ""
    """Its private address; empty where the mode has a single node."""
    generation: int = 0
    """Nodes of a generation need only nodes of former ones."""
    ports: Mapping[str, int] = field(default_factory=dict)
    """Ports that are published in place of those of the spec, which another holds, by `address:port` as the spec has it."""
    is_played: bool = True
    """Whether an engine that is also others' plays the node; False for the node itself, where every interface is its own."""

    peers: Mapping[str, str] = field(default_factory=dict)
    """First private address of each role that it can have to do with, its own among them; none where there is one node."""

    for_others: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """Ports that are published on its private address, for services on other nodes need them, by service."""

    @property
    def name(self) -> str:
        """`acme-db`, `control`; empty for a single node."""
        return "-".join(filter(None, (self.tenant, self.deployment.role))) if self.address else ""

    @property
    def subnet(self) -> str:
        """The small network whose gateway has the node's address."""
        return str(ip_network(f"{self.address}/{_NODE_PREFIX}", strict=False))


def nodes_of(spec: Spec, mode: str, tenants: Sequence[str]) -> list[Node]:
    """The nodes of a mode for some tenants, in the order in which they start."""
    found = list(deployments(spec, mode))
    if len(found) == 1:
        return [Node(found[0])]
    generation = _generations(spec, found)
    nodes: list[Node] = []
    for index, deployment in enumerate(found):
        order = generation[deployment.role]
        if spec.topology[mode].roles[deployment.role].scope == "shared" or spec.topology[mode].cloud is None:
            address = str(_SHARED_NODES.network_address + (index << (32 - _NODE_PREFIX)) + 1)
            nodes.append(Node(deployment, "", address, order))
        else:
            nodes += [
                Node(deployment, tenant, private_address(spec, mode, tenant, deployment.role), order)
                for tenant in tenants
            ]
    nodes = [replace(node, peers=_peers(node, nodes), for_others=_for_others(spec, node)) for node in nodes]
    return sorted(nodes, key=lambda node: (node.generation, node.name))


def _peers(node: Node, nodes: Sequence[Node]) -> dict[str, str]:
    """Private addresses by role: of the node's tenant, or of the nodes that are nobody's."""
    return {each.deployment.role: each.address for each in nodes if each.tenant == node.tenant}


def _for_others(spec: Spec, node: Node) -> dict[str, tuple[int, ...]]:
    services, mode = node.deployment.services, node.deployment.mode
    return {
        name: tuple(service.ports[port] for port in ports_for_other_nodes(spec, mode, name))
        for name, service in services.items()
    }


def _generations(spec: Spec, found: Sequence[Deployment]) -> dict[str, int]:
    """Roles by how many others have to be there first; the entry's node comes after all that it passes requests to."""
    graph: dict[str, set[str]] = {each.role: set() for each in found}
    for each in found:
        for name in each.services:
            for role in needs_on_other_nodes(spec, each, name).values():
                graph.setdefault(role, set()).add(each.role)
    entry = spec.topology[found[0].mode].entry
    for front in found:
        if entry.service in front.services and entry.backend:
            for back in found:
                if entry.backend in back.services and back is not front:
                    graph[back.role].add(front.role)
    if not is_acyclic(graph):
        return dict.fromkeys(graph, 0)
    return {role: order for order, roles in enumerate(generations(graph)) for role in roles}


def binding_of(node: Node, publication: Publication) -> tuple[str, int]:
    """The address and port that a publication has. On a shared engine: never every interface, and no port that another holds."""
    address = publication.address
    if node.is_played and ip_address(address).is_unspecified:
        address = node.address or "127.0.0.1"
    return address, node.ports.get(f"{publication.address}:{publication.port}", publication.port)


def backend_hosts(spec: Spec, node: Node, nodes: Sequence[Node]) -> dict[str, str]:
    """Names of the tenants' nodes that the entry passes requests to, as DNS has them, with their addresses."""
    topology = spec.topology[node.deployment.mode]
    entry = topology.entry
    if topology.cloud is None or not entry.backend or entry.service not in node.deployment.services:
        return {}
    pattern = topology.cloud.names.server
    return {
        pattern.replace("{tenant}", each.tenant)
        .replace("{role}", each.deployment.role)
        .replace("{index}", "1"): each.address
        for each in nodes
        if entry.backend in each.deployment.services and each.tenant
    }
