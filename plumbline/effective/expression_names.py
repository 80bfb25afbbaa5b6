"""The names that expressions know: of a spec in a mode, of a service, of a tenant. Pure."""

from collections.abc import Iterator
from dataclasses import asdict
from ipaddress import ip_address
from typing import Any

from plumbline.effective.alerting import alert_rules, record_rules
from plumbline.effective.backups import kept_on, keys_of_backups
from plumbline.effective.dashboards import dashboard_text
from plumbline.effective.deployment import deployments, service_in
from plumbline.effective.exports import exports_of
from plumbline.effective.monitoring import collectors_in, targets
from plumbline.effective.per_spec import per_spec
from plumbline.effective.tenant_topology import standing_in, topology_of
from plumbline.expressions.rendering import ExpressionError, SharedNames
from plumbline.spec.spec import Spec
from plumbline.spec.suggestions import suggestion
from schema.service import Service

SECRET_FOLDER = "/run/secrets"


def spec_names(spec: Spec, mode: str) -> dict[str, Any]:
    """The names that every expression knows."""

    def effective_service(name: str) -> Service:
        if name not in spec.services:
            raise ExpressionError(f"there is no service {name!r}; {suggestion(str(name), spec.services)}")
        return service_in(spec, mode, name)

    def port(service: str, name: str) -> int:
        ports = effective_service(service).ports
        if name not in ports:
            raise ExpressionError(f"service {service!r} has no port {name!r}; {suggestion(str(name), ports, 'it has')}")
        return ports[name]

    def address(service: str, name: str) -> str:
        return f"{service}:{port(service, name)}"

    def host(service: str) -> str:
        effective_service(service)
        return service

    def url(service: str, name: str) -> str:
        return f"http://{address(service, name)}"

    def secret(name: str) -> str:
        if name not in spec.secrets.secrets:
            raise ExpressionError(f"there is no secret {name!r}; {suggestion(str(name), spec.secrets.secrets)}")
        return f"{SECRET_FOLDER}/{name}"

    def published(service: str, name: str) -> str:
        publication = effective_service(service).publish.get(name)
        if publication is None:
            raise ExpressionError(f"port {name!r} of service {service!r} is not published in mode {mode!r}")
        return f"{_reached_at(publication.address)}:{publication.port}"

    return {
        "spec": spec,
        "mode": mode,
        "port": port,
        "host": host,
        "address": address,
        "url": url,
        "secret": secret,
        "published": published,
        "exports": lambda: [each for deployment in deployments(spec, mode) for _, each in exports_of(deployment)],
        "placed": lambda name: any(name in role.services for role in spec.topology[mode].roles.values()),
    }


def _reached_at(address: str) -> str:
    """Where the node itself reaches what is published: what is bound to every interface is called at none of them by name."""
    return "127.0.0.1" if ip_address(address).is_unspecified else address


@per_spec
def service_names(spec: Spec, mode: str, service_id: str) -> SharedNames:
    """The names in a service's values and configuration files."""
    own = {"service": service_in(spec, mode, service_id), "service_id": service_id}
    return SharedNames(spec_names(spec, mode) | own | _monitoring_names(spec, mode, service_id))


def _monitoring_names(spec: Spec, mode: str, service_id: str) -> dict[str, Any]:
    """What monitoring.yaml comes to, as plain data: one entry after the other, so that no list of them grows too large."""

    def of_collector() -> tuple[Spec, str, str, dict[str, Any]]:
        if service_id not in spec.monitoring.collectors:
            raise ExpressionError(f"service {service_id!r} is not a collector in monitoring.yaml")
        return spec, mode, service_id, spec_names(spec, mode)

    def scraped() -> Iterator[dict[str, Any]]:
        return (asdict(each) | {"url": each.url} for each in targets(*of_collector()[:3]))

    def alerts() -> Iterator[dict[str, Any]]:
        return (asdict(each) | {"annotations": each.annotations} for each in alert_rules(*of_collector()))

    def records() -> Iterator[dict[str, Any]]:
        return (asdict(each) for each in record_rules(*of_collector()))

    def dashboard(name: str) -> str:
        known = spec.monitoring.dashboards
        if name not in known:
            raise ExpressionError(f"there is no dashboard {name!r}; {suggestion(str(name), known)}")
        return dashboard_text(name, known[name], spec_names(spec, mode))

    return {
        "collector": spec.monitoring.collectors.get(service_id),
        "collectors": lambda: collectors_in(spec, mode),
        "scraped": scraped,
        "alerts": alerts,
        "records": records,
        "dashboard": dashboard,
    }


def tenant_names(spec: Spec, mode: str, tenant: str, octet: int) -> dict[str, Any]:
    """The names in cloud rules and runbooks, for one tenant."""
    cloud = spec.topology[mode].cloud
    names = spec_names(spec, mode) | {
        "tenant": tenant,
        "octet": octet,
        "tenant_host": spec.platform.domain.replace("{tenant}", tenant),
        "tenant_roles": topology_of(spec, mode, tenant).roles,
    }
    if cloud is None:
        return names

    def address_of(name: str) -> str:
        if name not in cloud.addresses:
            known = suggestion(str(name), cloud.addresses, "it has")
            raise ExpressionError(f"topology.{mode}.cloud.addresses has no {name!r}; {known}")
        return cloud.addresses[name]

    def cloud_name(kind: str) -> str:
        if kind not in type(cloud.names).model_fields:
            known = suggestion(str(kind), type(cloud.names).model_fields)
            raise ExpressionError(f"there is no name of a {kind!r} at the cloud; {known}")
        pattern: str = getattr(cloud.names, kind)
        return pattern.replace("{tenant}", tenant)

    def server_name(role: str, index: int) -> str:
        name = cloud.names.server.replace("{tenant}", tenant)
        there = standing_in(topology_of(spec, mode, tenant), role)
        return name.replace("{role}", there).replace("{index}", str(index))

    def secrets_of(role: str) -> list[str]:
        if role not in spec.topology[mode].roles:
            known = suggestion(str(role), spec.topology[mode].roles)
            raise ExpressionError(f"mode {mode!r} has no role {role!r}; {known}")
        # a variant has the services of the role whose place it takes
        base = spec.topology[mode].roles[role].variant_of or role
        services = spec.topology[mode].roles[base].services
        of_services = {name for service in services for name in service_in(spec, mode, service).secrets}
        return sorted({*of_services, *keys_of_backups(spec, mode, role)})

    def kept_of(role: str) -> list[str]:
        if role not in spec.topology[mode].roles:
            known = suggestion(str(role), spec.topology[mode].roles)
            raise ExpressionError(f"mode {mode!r} has no role {role!r}; {known}")
        return [each.name for each in kept_on(spec, mode, role)]

    return names | {
        "secrets_of": secrets_of,
        "kept_on": kept_of,
        "address_of": address_of,
        "cloud_name": cloud_name,
        "server_name": server_name,
        "tenant_range": cloud.network.range.replace("{octet}", str(octet)),
        "tenant_subnet": cloud.network.subnet.replace("{octet}", str(octet)),
    }
