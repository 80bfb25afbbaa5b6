"""Who reaches which port of a node over the tenant's private network: the needs that cross nodes. Pure."""

from dataclasses import dataclass

from plumbline.effective.deployment import Deployment, deployments, private_address_of, services_of
from plumbline.spec.spec import Spec


@dataclass(frozen=True, slots=True)
class Opening:
    """A port that a role's nodes offer to nodes of other roles, and to whom."""

    service: str
    port: int
    """Number, in the container and on the node's private address alike."""
    roles: tuple[str, ...]
    """Roles that have a service which needs it, those that can take their place included."""


def deployment_of(spec: Spec, mode: str, role: str) -> Deployment | None:
    """The compose project of a role's nodes; a variant runs that of the role whose place it takes."""
    base = spec.topology[mode].roles[role].variant_of or role
    return next((each for each in deployments(spec, mode) if each.role == base), None)


def openings(spec: Spec, mode: str, role: str) -> list[Opening]:
    """What a node of a role has to let in from other nodes of its tenant, by port."""
    topology = spec.topology[mode]
    own = deployment_of(spec, mode, role)
    services = services_of(spec, mode)
    wanted: dict[tuple[int, str], set[str]] = {}
    for name, layout in topology.roles.items():
        base = topology.roles[layout.variant_of] if layout.variant_of else layout
        if layout.scope != "tenant" or own is None:
            continue
        for source in base.services:
            for need, port in services[source].needs.items() if source in services else ():
                # what stands beside its user is reached inside the project
                if need in own.services and need not in base.services:
                    wanted.setdefault((own.services[need].ports[port], need), set()).add(name)
    return [Opening(service, port, tuple(sorted(roles))) for (port, service), roles in sorted(wanted.items())]


def addresses_of_role(spec: Spec, mode: str, tenant: str, role: str) -> tuple[str, str]:
    """First and last address that a role's nodes have, or will have when it has grown."""
    layout = spec.topology[mode].roles[role]
    most = max(1, layout.count, layout.max_count)
    return private_address_of(spec, mode, tenant, role, 1), private_address_of(spec, mode, tenant, role, most)
