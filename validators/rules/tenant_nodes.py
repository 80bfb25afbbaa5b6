"""PLB557, PLB558: a tenant's own counts and server types are ones that its mode can have."""

from collections.abc import Iterator

from generators.cloud.desired import carries_volume, servers_of
from plumbline.effective.tenant_topology import standing_in, topologies_of_tenants
from plumbline.spec.paths import path_of
from plumbline.spec.spec import Spec
from schema.platform import TenantNodes
from schema.topology import Topology
from validators.rules.cloud import sizes
from validators.rules.cloud_examples import cloud_example
from validators.rules.registry import Violation, rule

_TENANT = "tenants.yaml: {tenants: {acme: {title: A, octet: 1, state: ACTIVE, nodes: {node: {%s}}}}}\n"


@rule(
    "PLB557",
    title="Node count of a tenant that its mode does not allow",
    why="Provisioning creates what the spec says, for example a tenant without its store, two servers for one volume, or a node "
    "that gets no requests.",
    fix="Choose a count from 1 to the role's `max_count`; set a role to 0 only if a variant replaces it.",
    failing=_TENANT % "count: 2" + cloud_example(),
    passing=_TENANT % "count: 1" + cloud_example(),
)
def impossible_nodes(spec: Spec) -> Iterator[Violation]:
    """Counts of tenants beyond what the role, the volume or the record allows."""
    known: set[tuple[str, str]] = set()
    for mode, tenant, topology in topologies_of_tenants(spec):
        told: set[str] = set()
        for role, nodes in spec.tenants.tenants[tenant].nodes.items():
            if role in topology.roles:
                known.add((tenant, role))
                path = path_of("tenants", tenant, "nodes", role)
                if (problem := _problem(topology, role, nodes)) and problem not in told:
                    told.add(problem)
                    yield Violation(path, f"{problem} (mode {mode})", at_key=True)
    for tenant, each in spec.tenants.tenants.items():
        for role in each.nodes.keys() - {name for owner, name in known if owner == tenant}:
            if any(role in topology.roles for topology in spec.topology.values()):
                message = f"no mode with many tenants has the role {role}"
                hint = "remove it, or set the mode's `tenancy` to many"
                yield Violation(path_of("tenants", tenant, "nodes", role), message, hint, at_key=True)


def _problem(topology: Topology, role: str, nodes: TenantNodes) -> str | None:
    own, cloud = topology.roles[role], topology.cloud
    base = own.variant_of or role
    family = [name for name, each in topology.roles.items() if base in (name, each.variant_of)]
    if own.scope != "tenant":
        return f"role {role} is shared by all tenants"
    if own.count > own.max_count:
        return f"{own.count} nodes are more than the `max_count` of role {role}, {own.max_count}"
    if not any(topology.roles[name].count for name in family):
        return f"{' and '.join(family)} would have no node"
    if cloud and cloud.volume.role == base:
        carrying = [name for name, index in servers_of(topology) if carries_volume(topology, name, index)]
        standing = [name for name in family for _ in range(topology.roles[name].count)]
        if carrying != standing:
            return f"the volume is attached to one server, but {', '.join(standing)} would be made"
    if cloud and nodes.count is not None and nodes.count > 1 and standing_in(topology, cloud.dns.target) == role:
        return f"the record points to one node of role {role}, so {own.count - 1} would get no requests"
    return None


@rule(
    "PLB558",
    title="Tenant with a server type smaller than its role",
    why="Memory limits and placement are computed from the role's size. The services do not fit on a smaller server.",
    fix="Choose a type that is at least as large as the role's `size`.",
    failing=_TENANT % "server_type: cx33" + cloud_example(memory_mib=16384),
    passing=_TENANT % "server_type: cx33" + cloud_example(),
)
def small_type(spec: Spec) -> Iterator[Violation]:
    for _, tenant, topology in topologies_of_tenants(spec):
        for name, nodes in spec.tenants.tenants[tenant].nodes.items():
            kind = spec.catalogue.server_types.get(nodes.server_type or "")
            if kind and name in topology.roles:
                small = [each for each in sizes(topology.roles[name], kind) if each[2] < each[1]]
                if small:
                    lacks = ", ".join(f"{field} {have} instead of {want}" for field, want, have in small)
                    path = path_of("tenants", tenant, "nodes", name, "server_type")
                    yield Violation(path, f"{nodes.server_type} is too small for role {name}: {lacks}")
