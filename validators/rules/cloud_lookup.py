"""What the cloud rules ask of a spec again and again."""

from collections.abc import Iterator

from plumbline.effective.relations import has_port
from plumbline.spec.paths import PathText, path_of
from plumbline.spec.spec import Spec
from schema.cloud import Cloud, Firewall
from schema.topology import Role, Topology


def clouds(spec: Spec) -> Iterator[tuple[str, Topology, Cloud]]:
    """Mode, topology and cloud of each mode that has one."""
    for mode, topology in spec.topology.items():
        if topology.cloud:
            yield mode, topology, topology.cloud


def cloud_roles(spec: Spec, mode: str | None = None) -> Iterator[tuple[PathText, Role]]:
    """Path and role of each role with a server type, of one mode or of all."""
    for name in spec.topology if mode is None else (mode,):
        for role_name, role in spec.topology[name].roles.items():
            if role.server_type:
                yield path_of("topology", name, "roles", role_name), role


def named_types(spec: Spec, mode: str | None = None) -> Iterator[tuple[PathText, str]]:
    """Path and name of each server type that a role, or a tenant for a role, names."""
    for path, role in cloud_roles(spec, mode):
        if role.server_type:
            yield path_of(path, "server_type"), role.server_type
        yield from ((path_of(path, "fallbacks", index), name) for index, name in enumerate(role.fallbacks))
    roles = {name for each, topology, _ in clouds(spec) if mode in (None, each) for name in topology.roles}
    for tenant, known in spec.tenants.tenants.items():
        for name, nodes in known.nodes.items():
            if nodes.server_type and name in roles:
                yield path_of("tenants", tenant, "nodes", name, "server_type"), nodes.server_type


def lets_out(firewall: Firewall, protocol: str, number: int) -> bool:
    """Whether something may leave for a port; without any outbound rule all may."""
    rules = firewall.outbound
    return not rules or any(each.protocol == protocol and has_port(each.port or "", number) for each in rules)
