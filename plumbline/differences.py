"""What differs between two modes, as spec paths: the ground that the parity matrix stands on."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from plumbline.deployment import field_path, services_of
from plumbline.expressions import ExpressionError, render, service_names
from plumbline.paths import PathText, path_of
from plumbline.spec import Spec
from schema.platform import NetworkInMode
from schema.service import Service
from schema.types import Model, Template

SERVICE_FIELDS = (
    "image",
    "entrypoint",
    "command",
    "user",
    "environment",
    "secrets",
    "needs",
    "segments",
    "publish",
    "health",
    "limits",
    "volumes",
    "tmpfs",
    "models",
    "mounts",
    "config",
    "profile",
)
"""Fields of a service that a mode can change."""

MAPS = ("environment", "secrets", "needs", "publish", "volumes", "models")
"""Those of them that are compared key by key."""

EVALUATED = ("entrypoint", "command", "environment", "health", "config")
"""Those whose text can depend on the mode without an override."""

TOPOLOGY_FIELDS = ("tenancy", "egress", "cloud", "roles")
ABSENT = "absent"


@dataclass(frozen=True, slots=True, order=True)
class Difference:
    """One thing that is not the same in two modes."""

    path: str
    """Spec path without a mode, e.g. `services.web.environment.LOG_LEVEL`; `covers` entries match it."""
    modes: tuple[str, str]
    left: str
    """Value in the first mode, `absent` where it has none."""
    right: str
    """Value in the second mode."""
    source: PathText
    """Spec path of the place that makes the difference."""


def differences(spec: Spec) -> list[Difference]:
    """Every difference between each pair of modes, in order of paths."""
    found: list[Difference] = []
    for left, right in combinations(spec.modes, 2):
        found += _services(spec, (left, right))
        found += _networks(spec, (left, right))
        found += _topology(spec, (left, right))
    return sorted(found)


def _services(spec: Spec, modes: tuple[str, str]) -> Iterator[Difference]:
    left, right = (services_of(spec, mode) for mode in modes)
    for name in sorted(left.keys() | right.keys()):
        if name in left and name in right:
            yield from _fields(spec, modes, name, left[name], right[name])
        else:
            states = ("present", ABSENT) if name in left else (ABSENT, "present")
            yield Difference(path_of("services", name), modes, *states, source=path_of("services", name))


def _fields(spec: Spec, modes: tuple[str, str], name: str, left: Service, right: Service) -> Iterator[Difference]:
    plain = [_Plain(spec, mode, name) for mode in modes]
    for field in SERVICE_FIELDS:
        if field not in EVALUATED and getattr(left, field) is getattr(right, field):
            continue  # neither mode overrides it
        one, other = plain[0].field(left, field), plain[1].field(right, field)
        if one == other:
            continue
        if isinstance(one, dict) and isinstance(other, dict) and field in MAPS:
            for key in _differing(one, other):
                source = _source(spec, modes, name, field, key)
                yield Difference(
                    path_of("services", name, field, key),
                    modes,
                    _text(one.get(key)),
                    _text(other.get(key)),
                    source,
                )
        else:
            source = _source(spec, modes, name, field, None)
            yield Difference(path_of("services", name, field), modes, _text(one), _text(other), source)


def _source(spec: Spec, modes: tuple[str, str], name: str, field: str, key: str | None) -> PathText:
    """The override that makes the difference, or the common value where its text differs by itself."""
    paths = [field_path(name, spec.services[name], mode, field, key) for mode in modes]
    return next((path for path in paths if "modes" in path.parts[2:3]), paths[0])


class _Plain:
    """A mode's view of a service as plain data, with every template evaluated."""

    def __init__(self, spec: Spec, mode: str, service_id: str):
        self.templates = spec.templates
        self.names = service_names(spec, mode, service_id)

    def field(self, service: Service, field: str) -> Any:
        value = self._value(getattr(service, field))
        if field in ("segments", "tmpfs"):
            return sorted(value)
        if field == "config":
            return [{**file, "text": self._render(self.templates.get(file["source"], ""))} for file in value]
        return value

    def _value(self, value: Any) -> Any:
        if isinstance(value, Template):
            return self._render(value.template)
        if isinstance(value, Model):
            return {name: self._value(getattr(value, name)) for name in type(value).model_fields}
        if isinstance(value, Mapping):
            return {key: self._value(item) for key, item in value.items()}
        if isinstance(value, tuple):
            return [self._value(item) for item in value]
        return value

    def _render(self, template: str) -> str:
        try:
            return render(template, self.names)
        except ExpressionError:
            return template  # reported by a rule of its own; here only equality matters


def _networks(spec: Spec, modes: tuple[str, str]) -> Iterator[Difference]:
    left, right = (_joined(spec, mode) for mode in modes)
    for name in _differing(left, right):
        if name not in left or name not in right:
            mode = modes[0] if name in left else modes[1]
            states = ("present", ABSENT) if name in left else (ABSENT, "present")
            yield Difference(path_of("networks", name), modes, *states, source=path_of("networks", name, "modes", mode))
            continue
        for field in ("subnet", "internal"):
            one, other = getattr(left[name], field), getattr(right[name], field)
            if one != other:
                source = path_of("networks", name, "modes", modes[1], field)
                yield Difference(path_of("networks", name, field), modes, _text(one), _text(other), source)


def _joined(spec: Spec, mode: str) -> dict[str, NetworkInMode]:
    """Networks that services of the mode join, as they are there."""
    names = {name for service in services_of(spec, mode).values() for name in service.segments}
    known = spec.networks.networks
    return {name: known[name].modes[mode] for name in sorted(names) if name in known and mode in known[name].modes}


def _topology(spec: Spec, modes: tuple[str, str]) -> Iterator[Difference]:
    left, right = (_shape(spec, mode) for mode in modes)
    for field in TOPOLOGY_FIELDS:
        if left[field] != right[field]:
            mode = modes[0] if left[field] != ABSENT else modes[1]
            yield Difference(
                path_of("topology", field),
                modes,
                _text(left[field]),
                _text(right[field]),
                path_of("topology", mode, field),
            )


def _shape(spec: Spec, mode: str) -> dict[str, Any]:
    topology = spec.topology[mode]
    return {
        "tenancy": topology.tenancy,
        "egress": topology.egress,
        "cloud": "present" if topology.cloud else ABSENT,
        "roles": sorted(name for name, role in topology.roles.items() if role.services),
    }


def _differing(left: Mapping[str, Any], right: Mapping[str, Any]) -> list[str]:
    return sorted(key for key in left.keys() | right.keys() if left.get(key) != right.get(key))


def _text(value: Any) -> str:
    if value is None:
        return ABSENT
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
