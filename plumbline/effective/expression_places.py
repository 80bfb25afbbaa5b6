"""What the names of expressions stand for in the spec: the counterpart of `plumbline.expressions.rendering`, for `plumb why`. Pure."""

from collections.abc import Iterable, Sequence

from plumbline.effective.deployment import field_path
from plumbline.expressions.rendering import environment
from plumbline.expressions.template_lines import Known, Part, Places, places_in
from plumbline.spec.paths import ROOTS, PathText, path_of
from plumbline.spec.spec import Spec
from schema.service import Service
from schema.types import Template

_MAPS = ("environment", "secrets", "needs", "publish", "volumes", "models", "ports", "volume_gb")


def value_places(value: str | Template, known: Known) -> Places:
    """The places that a value speaks of; none where it is plain text."""
    return () if isinstance(value, str) else places_in(environment(), value.template, known)


def spec_place(parts: Sequence[Part]) -> list[PathText]:
    """`spec.a.b` as a spec path; `spec.images.images.x` is `images.x`."""
    if len(parts) > 1 and parts[0] == parts[1]:
        parts = parts[1:]
    return [PathText(tuple(parts))] if parts and parts[0] in ROOTS else []


def known_in_spec(spec: Spec, mode: str) -> Known:
    """Of the names that every expression knows."""

    def port(arguments: Sequence[str | None]) -> Iterable[PathText]:
        service, *name = arguments
        yield _of_service(spec, mode, service, ("ports", *name))

    def published(arguments: Sequence[str | None]) -> Iterable[PathText]:
        service, *name = arguments
        yield _of_service(spec, mode, service, ("publish", *name))

    return Known(
        roots={"spec": spec_place},
        calls={
            "port": port,
            "address": port,
            "url": port,
            "published": published,
            "exports": lambda _: [path_of("services")],
            "placed": lambda _: [path_of("topology", mode, "roles")],
        },
        constants={"mode": mode},
    )


def known_in_service(spec: Spec, mode: str, service: str) -> Known:
    """Of the names in a service's values and configuration files."""
    known = known_in_spec(spec, mode)
    own = {"service": lambda parts: [_of_service(spec, mode, service, parts)]}
    collector = path_of("monitoring", "collectors", service)
    asked = {
        "scraped": lambda _: [path_of("monitoring", "collectors"), path_of("services")],
        "alerts": lambda _: [path_of("monitoring", "alerts"), path_of("services")],
        "records": lambda _: [path_of("monitoring", "records"), path_of("services")],
        "dashboard": lambda given: [path_of("monitoring", "dashboards", *_up_to_unknown(given))],
        "collectors": lambda _: [path_of("monitoring", "collectors")],
    }
    own["collector"] = lambda parts: [path_of(collector, *_up_to_unknown(parts))]
    return Known(
        known.names, {**known.roots, **own}, {**known.calls, **asked}, {**known.constants, "service_id": service}
    )


def known_for_tenant(spec: Spec, mode: str, tenant: str, known: Known) -> Known:
    """The same, with the names that stand for a tenant's own values."""
    octet, host = path_of("tenants", tenant, "octet"), path_of("platform", "domain")
    cloud = path_of("topology", mode, "cloud")
    names = {
        "octet": (octet,),
        "tenant_host": (host,),
        "tenant_roles": (path_of("topology", mode, "roles"), path_of("tenants", tenant)),
        "tenant_range": (path_of(cloud, "network", "range"), octet),
        "tenant_subnet": (path_of(cloud, "network", "subnet"), octet),
    }
    calls = {
        "address_of": lambda given: [path_of(cloud, "addresses", *_up_to_unknown(given))],
        "cloud_name": lambda given: [path_of(cloud, "names", *_up_to_unknown(given))],
        "server_name": lambda given: [path_of(cloud, "names", "server")],
        "kept_on": lambda given: [
            path_of("topology", mode, "roles", *_up_to_unknown(given)),
            path_of("backups", "stores"),
            path_of("backups", "files"),
        ],
        "secrets_of": lambda given: [
            path_of("topology", mode, "roles", *_up_to_unknown(given)),
            path_of("services"),
            path_of("backups", "destination"),
        ],
    }
    return Known({**known.names, **names}, known.roots, {**known.calls, **calls}, {**known.constants, "tenant": tenant})


def _of_service(spec: Spec, mode: str, service: str | None, parts: Sequence[Part | None]) -> PathText:
    """A field of a service as it is in the mode, by the place that it comes from."""
    if service is None or service not in spec.services:
        return path_of("services")
    known = _up_to_unknown(parts)
    if not known or known[0] not in Service.model_fields:
        return path_of("services", service)
    field, *rest = known
    if rest and field in _MAPS:
        place = field_path(service, spec.services[service], mode, str(field), str(rest[0]))
        return path_of(place, *rest[1:])
    return path_of(field_path(service, spec.services[service], mode, str(field)), *rest)


def _up_to_unknown(parts: Sequence[Part | None]) -> list[Part]:
    known: list[Part] = []
    for part in parts:
        if part is None:
            break
        known.append(part)
    return known
