"""Modes applied: the effective form of each service, and what one compose project holds."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import ip_network
from types import MappingProxyType
from typing import Any

from plumbline.effective.per_spec import per_spec
from plumbline.spec.paths import PathText, path_of
from plumbline.spec.spec import Spec
from schema.image import Image
from schema.service import Override, Service
from schema.topology import Role


@dataclass(frozen=True, eq=False)
class Deployment:
    """One compose project: a mode and a role with its effective services."""

    mode: str
    role: str
    services: Mapping[str, Service]
    folder: str
    """Folder of its artifacts: `deploy/offline`, or `deploy/online/<role>` where there are several."""
    project: str
    """Name of the compose project."""


@per_spec
def service_in(spec: Spec, mode: str, service: str) -> Service:
    """A service of the spec as it is in a mode, whether or not it is placed there."""
    return effective(spec.services[service], mode)


def effective(service: Service, mode: str) -> Service:
    """The service as it is in a mode: maps merged key by key everything else replaced; null is a field's default."""
    override = service.modes.get(mode)
    if override is None:
        return service.model_copy(update={"modes": {}})
    changes: dict[str, Any] = {"modes": {}}
    for name in override.model_fields_set:
        special = getattr(override, name)
        if special is None:
            field = Service.model_fields[name]
            special = getattr(service, name) if field.is_required() else field.get_default()
            changes[name] = special
        else:
            changes[name] = _merged(getattr(service, name), special)
    return service.model_copy(update=changes)


def _merged(common: Any, special: Any) -> Any:
    if isinstance(common, dict) and isinstance(special, dict):
        return {key: value for key, value in {**common, **special}.items() if value is not None}
    return special


def field_path(service_id: str, service: Service, mode: str, field: str, key: str | None = None) -> PathText:
    """The spec path that a field of an effective service comes from."""
    override: Override | None = service.modes.get(mode)
    own = getattr(override, field, None) if override and field in override.model_fields_set else None
    overridden = own is not None and (key is None or not isinstance(own, dict) or key in own)
    base = (
        path_of("services", service_id, "modes", mode, field) if overridden else path_of("services", service_id, field)
    )
    return path_of(base, key) if key is not None else base


@per_spec
def services_of(spec: Spec, mode: str) -> Mapping[str, Service]:
    """The effective services that are placed in a mode, by id, in alphabetical order."""
    placed = {name for role in spec.topology[mode].roles.values() for name in role.services}
    return MappingProxyType({name: service_in(spec, mode, name) for name in sorted(placed) if name in spec.services})


def roles_of(spec: Spec, mode: str, service: str) -> tuple[str, ...]:
    """Ids of the roles that name the service."""
    return _roles(spec, mode).get(service, ())


@per_spec
def _roles(spec: Spec, mode: str) -> Mapping[str, tuple[str, ...]]:
    """The roles of each service that any of them names."""
    found: dict[str, list[str]] = {}
    for name, role in spec.topology[mode].roles.items():
        for service in dict.fromkeys(role.services):
            found.setdefault(service, []).append(name)
    return {service: tuple(roles) for service, roles in found.items()}


@per_spec
def deployments(spec: Spec, mode: str | None = None) -> tuple[Deployment, ...]:
    """Every compose project of a mode, or of all modes; roles without services have none."""
    return tuple(each for name in (spec.modes if mode is None else (mode,)) for each in _deployments(spec, name))


def _deployments(spec: Spec, mode: str) -> Iterator[Deployment]:
    roles = {name: role for name, role in spec.topology[mode].roles.items() if role.services}
    for name, role in roles.items():
        own = (mode, name) if len(roles) > 1 else (mode,)
        yield Deployment(
            mode, name, _services(spec, mode, role), "/".join(("deploy", *own)), "-".join((spec.platform.name, *own))
        )


def _services(spec: Spec, mode: str, role: Role) -> Mapping[str, Service]:
    all_services = services_of(spec, mode)
    return MappingProxyType({name: all_services[name] for name in sorted(role.services) if name in all_services})


def is_sealed(spec: Spec, mode: str) -> bool:
    """Whether nothing is reached from a mode's nodes, so that images come there in a bundle."""
    return not spec.topology[mode].egress


def image_reference(spec: Spec, mode: str, image: Image) -> str:
    """How a mode's compose file names an image: by digest where it can be pulled.

    What `docker load` brought has no repository digest on the classic store, and may have another on the containerd
    store. So a sealed mode names it by its tag, pulls nothing, and its identity is compared with the bundle's manifest.
    """
    tagged = f"{image.repository}:{image.tag}"
    return f"{tagged}@{image.digest}" if image.digest and not is_sealed(spec, mode) else tagged


def ports_for_other_nodes(spec: Spec, mode: str, service: str) -> tuple[str, ...]:
    """Names of the service's ports that services on other nodes need; each is published on its node's private address."""
    return _ports_for_other_nodes(spec, mode).get(service, ())


@per_spec
def _ports_for_other_nodes(spec: Spec, mode: str) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, set[str]] = {}
    for name, other in services_of(spec, mode).items():
        there = set(roles_of(spec, mode, name))
        for need, port in other.needs.items():
            if there - set(roles_of(spec, mode, need)):
                found.setdefault(need, set()).add(port)
    return {service: tuple(sorted(ports)) for service, ports in found.items()}


def needs_on_other_nodes(spec: Spec, deployment: Deployment, service: str) -> dict[str, str]:
    """The role of each service that this one needs and that stands on another node."""
    needs = deployment.services[service].needs
    elsewhere = {need: roles_of(spec, deployment.mode, need) for need in sorted(needs)}
    return {need: roles[0] for need, roles in elsewhere.items() if need not in deployment.services and roles}


def private_address(spec: Spec, mode: str, tenant: str, role: str) -> str:
    """Address of a role's first node in a tenant's network."""
    return private_address_of(spec, mode, tenant, role, 1)


def private_address_of(spec: Spec, mode: str, tenant: str, role: str, index: int) -> str:
    """Address of a role's node in a tenant's network; nodes count from 1."""
    topology = spec.topology[mode]
    if topology.cloud is None:
        raise ValueError(f"mode {mode} has no network of tenants")
    subnet = topology.cloud.network.subnet.replace("{octet}", str(spec.tenants.tenants[tenant].octet))
    return str(ip_network(subnet).network_address + (topology.roles[role].first_host or 2) + index - 1)


def tenant_folder(mode: str, tenant: str) -> str:
    """Folder of what is made for one tenant."""
    return f"deploy/{mode}/{tenant}"
