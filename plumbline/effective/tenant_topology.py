"""The topology of a mode as one tenant has it: with its own counts and server types. Pure."""

from collections.abc import Iterator

from plumbline.effective.per_spec import per_spec
from plumbline.spec.spec import Spec
from schema.platform import TenantNodes
from schema.topology import Role, Topology


@per_spec
def topology_of(spec: Spec, mode: str, tenant: str) -> Topology:
    """The mode's topology, its roles as `tenants.<tenant>.nodes` has them; the mode's own for a tenant that the spec does not know."""
    topology, known = spec.topology[mode], spec.tenants.tenants.get(tenant)
    if known is None or not known.nodes or topology.tenancy != "many":
        return topology
    roles = {name: _own(role, known.nodes.get(name)) for name, role in topology.roles.items()}
    return topology.model_copy(update={"roles": roles})


def _own(role: Role, nodes: TenantNodes | None) -> Role:
    if nodes is None or role.scope != "tenant":
        return role
    changes: dict[str, object] = {} if nodes.count is None else {"count": nodes.count}
    if nodes.server_type:
        # the role's fallbacks may be smaller than what the tenant asks for
        changes |= {"server_type": nodes.server_type, "fallbacks": ()}
    return role.model_copy(update=changes)


def standing_in(topology: Topology, role: str) -> str:
    """The role whose nodes do a role's job: itself, or the variant that took its place."""
    own = topology.roles.get(role)
    if own is None or own.count:
        return role
    return next((name for name, each in topology.roles.items() if each.variant_of == role and each.count), role)


def topologies_of_tenants(spec: Spec) -> Iterator[tuple[str, str, Topology]]:
    """Mode, tenant and topology of each tenant that has nodes of its own."""
    for mode in spec.modes:
        for tenant, known in spec.tenants.tenants.items():
            if known.nodes and spec.topology[mode].tenancy == "many":
                yield mode, tenant, topology_of(spec, mode, tenant)
