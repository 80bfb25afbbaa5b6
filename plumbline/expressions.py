"""`{{ … }}` over the spec: a Jinja2 sandbox in which a name that does not exist is an error.

`{{ text | quoted }}` is one word of a shell, whatever the text.
"""

import shlex
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any

from jinja2 import Environment, StrictUndefined, TemplateError, meta
from jinja2 import Template as JinjaTemplate
from jinja2.sandbox import ImmutableSandboxedEnvironment

from plumbline.deployment import effective
from plumbline.spec import Spec
from schema.service import Service
from schema.types import Template

SECRET_FOLDER = "/run/secrets"


class ExpressionError(Exception):
    """A template that cannot be evaluated; the message says why."""


@cache
def _environment() -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined, keep_trailing_newline=True, autoescape=False)
    environment.filters["quoted"] = lambda text: shlex.quote(str(text))
    return environment


def environment() -> Environment:
    """The environment that renders; it is shared, and not to be changed."""
    return _environment()


@lru_cache(maxsize=4096)
def _compiled(template: str) -> JinjaTemplate:
    return _environment().from_string(template)


def render(template: str, names: Mapping[str, Any]) -> str:
    """The text of a template; raises ExpressionError where it does not resolve."""
    try:
        return _compiled(template).render(names)
    except (TemplateError, LookupError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        raise ExpressionError(f"{type(error).__name__}: {error}") from None


def names_in(template: str) -> set[str]:
    """The names that a template refers to; none where it can't be read."""
    if "{{" not in template and "{%" not in template:
        return set()
    try:
        return meta.find_undeclared_variables(_environment().parse(template))
    except TemplateError:
        return set()


def value_text(value: str | Template, names: Mapping[str, Any]) -> str:
    """A value's text: plain text as it is, a template evaluated."""
    return value if isinstance(value, str) else render(value.template, names)


def spec_names(spec: Spec, mode: str) -> dict[str, Any]:
    """The names that every expression knows."""

    def effective_service(name: str) -> Service:
        if name not in spec.services:
            raise ExpressionError(f"there is no service {name!r}")
        return effective(spec.services[name], mode)

    def port(service: str, name: str) -> int:
        ports = effective_service(service).ports
        if name not in ports:
            raise ExpressionError(f"service {service!r} has no port {name!r}; it has {', '.join(ports) or 'none'}")
        return ports[name]

    def address(service: str, name: str) -> str:
        return f"{service}:{port(service, name)}"

    def url(service: str, name: str) -> str:
        return f"http://{address(service, name)}"

    def secret(name: str) -> str:
        if name not in spec.secrets.secrets:
            raise ExpressionError(f"there is no secret {name!r}")
        return f"{SECRET_FOLDER}/{name}"

    def published(service: str, name: str) -> str:
        publication = effective_service(service).publish.get(name)
        if publication is None:
            raise ExpressionError(f"port {name!r} of service {service!r} is not published in mode {mode!r}")
        return f"{publication.address}:{publication.port}"

    return {
        "spec": spec,
        "mode": mode,
        "port": port,
        "address": address,
        "url": url,
        "secret": secret,
        "published": published,
        "placed": lambda name: any(name in role.services for role in spec.topology[mode].roles.values()),
    }


def service_names(spec: Spec, mode: str, service_id: str) -> dict[str, Any]:
    """The names in a service's values and configuration files."""
    return {
        **spec_names(spec, mode),
        "service": effective(spec.services[service_id], mode),
        "service_id": service_id,
    }


def tenant_names(spec: Spec, mode: str, tenant: str, octet: int) -> dict[str, Any]:
    """The names in cloud rules and runbooks, for one tenant."""
    cloud = spec.topology[mode].cloud
    names = spec_names(spec, mode) | {
        "tenant": tenant,
        "octet": octet,
        "tenant_host": spec.platform.domain.replace("{tenant}", tenant),
    }
    if cloud is None:
        return names

    def address_of(name: str) -> str:
        if name not in cloud.addresses:
            raise ExpressionError(f"topology.{mode}.cloud.addresses has no {name!r}")
        return cloud.addresses[name]

    def cloud_name(kind: str) -> str:
        pattern: str = getattr(cloud.names, kind)
        return pattern.replace("{tenant}", tenant)

    def server_name(role: str, index: int) -> str:
        name = cloud.names.server.replace("{tenant}", tenant)
        return name.replace("{role}", role).replace("{index}", str(index))

    def secrets_of(role: str) -> list[str]:
        services = spec.topology[mode].roles[role].services
        return sorted({name for service in services for name in effective(spec.services[service], mode).secrets})

    return names | {
        "secrets_of": secrets_of,
        "address_of": address_of,
        "cloud_name": cloud_name,
        "server_name": server_name,
        "tenant_range": cloud.network.range.replace("{octet}", str(octet)),
        "tenant_subnet": cloud.network.subnet.replace("{octet}", str(octet)),
    }
