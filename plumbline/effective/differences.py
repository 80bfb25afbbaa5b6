"""What differs between two modes, as spec paths: the basis of the parity matrix."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any, get_origin

from plumbline.effective.config_files import config_text
from plumbline.effective.deployment import field_path, services_of
from plumbline.effective.expression_names import service_names
from plumbline.effective.per_spec import per_spec
from plumbline.expressions.rendering import ExpressionError, render
from plumbline.spec.paths import PathText, inner_path, path_of
from plumbline.spec.spec import Spec
from schema.platform import NetworkInMode
from schema.service import Override, Service
from schema.types import Model, Template, is_documentation

SERVICE_FIELDS = tuple(Override.model_fields)
"""Fields of a service that a mode can change: all of them are compared."""

MAPS = tuple(name for name in SERVICE_FIELDS if get_origin(Service.model_fields[name].annotation) is dict)
"""Those of them that are compared key by key."""

UNORDERED = ("segments", "after", "tmpfs", "capabilities", "tolerates")
"""Lists whose order says nothing."""

FOR_READERS = ("title", "summary", "scaling")
"""Fields of a topology that say in words what other fields say too."""

OF_THE_CLOUD = ("server_type", "fallbacks", "first_host")
"""Fields of a role that only a mode with a cloud has: that it has one is the difference."""

ABSENT = "absent"
_DEPTH = 3
"""Parts of a topology's path below which values are compared as a whole: a role's size is one difference."""


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


@per_spec
def differences(spec: Spec) -> tuple[Difference, ...]:
    """Every difference between each pair of modes, in order of paths."""
    found: list[Difference] = []
    for left, right in combinations(spec.modes, 2):
        found += _services(spec, (left, right))
        found += _networks(spec, (left, right))
        found += _topology(spec, (left, right))
    return tuple(sorted(found))


def _services(spec: Spec, modes: tuple[str, str]) -> Iterator[Difference]:
    left, right = (services_of(spec, mode) for mode in modes)
    for name in sorted(left.keys() | right.keys()):
        if name in left and name in right:
            yield from _fields(spec, modes, name)
        else:
            states = ("present", ABSENT) if name in left else (ABSENT, "present")
            yield Difference(path_of("services", name), modes, *states, source=path_of("services", name))


def _fields(spec: Spec, modes: tuple[str, str], name: str) -> Iterator[Difference]:
    ours, theirs = (_plain_service(spec, mode, name) for mode in modes)
    if ours is theirs:
        return
    for field in SERVICE_FIELDS:
        one, other = ours[field], theirs[field]
        if one == other:
            continue
        if isinstance(one, dict) and isinstance(other, dict) and field in MAPS:
            for key in _differing(one, other):
                source = _source(spec, modes, name, field, key)
                values = _texts(one.get(key), other.get(key))
                yield Difference(path_of("services", name, field, key), modes, *values, source)
        else:
            source = _source(spec, modes, name, field, None)
            yield Difference(path_of("services", name, field), modes, *_texts(one, other), source)


def _source(spec: Spec, modes: tuple[str, str], name: str, field: str, key: str | None) -> PathText:
    """The override that makes the difference, or the common value where its text differs by itself."""
    paths = [field_path(name, spec.services[name], mode, field, key) for mode in modes]
    return next((path for path in paths if "modes" in path.parts[2:3]), paths[0])


@per_spec
def _plain_service(spec: Spec, mode: str, name: str) -> Mapping[str, Any]:
    """The fields of a service in a mode as plain data; modes in which they are all the same share one."""
    service, plain = services_of(spec, mode)[name], _Plain(spec, mode, name)
    found = {field: plain.field(service, field) for field in SERVICE_FIELDS}
    seen = _plain_forms(spec, name)
    same = next((each for each in seen if each == found), None)
    if same is None:
        seen.append(found)
    return same or found


@per_spec
def _plain_forms(spec: Spec, name: str) -> list[dict[str, Any]]:
    """The forms of a service that were seen so far."""
    return []


class _Plain:
    """A mode's view of a service as plain data, with every template evaluated."""

    def __init__(self, spec: Spec, mode: str, service_id: str):
        self.templates = spec.templates
        self.names = service_names(spec, mode, service_id)

    def field(self, service: Service, field: str) -> Any:
        value = self._value(getattr(service, field))
        if field in UNORDERED:
            return sorted(value)
        if field == "config":
            return [{**file, "text": self._file(file["source"])} for file in value]
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

    def _file(self, source: str) -> str:
        text = self.templates.get(source, "")
        try:
            return config_text(source, text, self.names)
        except ExpressionError:
            return text  # as below

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


@per_spec
def _joined(spec: Spec, mode: str) -> dict[str, NetworkInMode]:
    """Networks that services of the mode join, as they are there."""
    names = {name for service in services_of(spec, mode).values() for name in service.segments}
    known = spec.networks.networks
    return {name: known[name].modes[mode] for name in sorted(names) if name in known and mode in known[name].modes}


def _topology(spec: Spec, modes: tuple[str, str]) -> Iterator[Difference]:
    """What differs around the services that both modes run: entry, egress, roles, cloud."""
    both = frozenset(services_of(spec, modes[0]).keys() & services_of(spec, modes[1]).keys())
    clouds = all(spec.topology[mode].cloud for mode in modes)
    left, right = (_shape(spec, mode, both, clouds) for mode in modes)
    yield from _parts(("topology",), modes, left, right)


@per_spec
def _shape(spec: Spec, mode: str, services: frozenset[str], clouds: bool) -> Mapping[str, Any]:
    """A topology as plain data, without what is for readers, and without roles that run nothing."""
    topology = spec.topology[mode]
    shape: dict[str, Any] = _data(topology)
    shape["roles"] = {}
    for name, role in topology.roles.items():
        if role.services:
            shape["roles"][name] = _data(role) | {"services": sorted(set(role.services) & services)}
            if not clouds:
                shape["roles"][name] |= dict.fromkeys(OF_THE_CLOUD)
    return shape


def _data(value: Any) -> Any:
    """A value as plain data, without fields that are for readers alone."""
    if isinstance(value, Model):
        return {
            name: _data(getattr(value, name))
            for name, field in type(value).model_fields.items()
            if name not in FOR_READERS and not is_documentation(field)
        }
    if isinstance(value, Mapping):
        return {key: _data(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [_data(item) for item in value]
    return value


def _parts(
    path: tuple[str, ...], modes: tuple[str, str], left: Mapping[str, Any], right: Mapping[str, Any]
) -> Iterator[Difference]:
    """Differences of two maps: of their parts where both have them, as a whole where one has none."""
    for key in _differing(left, right):
        values = ours, theirs = left.get(key), right.get(key)
        if len(path) < _DEPTH and isinstance(ours, dict) and isinstance(theirs, dict):
            yield from _parts((*path, key), modes, ours, theirs)
            continue
        mode = modes[0] if values[0] is not None else modes[1]
        source = path_of("topology", mode, *path[1:], key)
        yield Difference(inner_path(*path, key), modes, *_texts(*values), source)


def _texts(one: Any, other: Any) -> tuple[str, str]:
    """Both values for a reader: of two maps only what differs, of one alone that it is there."""
    if isinstance(one, dict) and isinstance(other, dict):
        keys = _differing(one, other)
        return _text({key: one.get(key) for key in keys}), _text({key: other.get(key) for key in keys})
    if one is None or other is None:
        return _presence(one), _presence(other)
    return _text(one), _text(other)


def _presence(value: Any) -> str:
    return "present" if isinstance(value, dict) else _text(value)


def _differing(left: Mapping[str, Any], right: Mapping[str, Any]) -> list[str]:
    return sorted(key for key in left.keys() | right.keys() if left.get(key) != right.get(key))


def _text(value: Any) -> str:
    if value is None:
        return ABSENT
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
