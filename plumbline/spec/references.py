"""The ids that exist in a spec, by kind, and every place where a value refers to one."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, reduce
from typing import Annotated, Any, get_args, get_origin

from pydantic.fields import FieldInfo

from plumbline.spec.paths import PathText, SpecPath
from plumbline.spec.sections import SECTIONS
from plumbline.spec.spec import Spec
from schema.types import REFERENCE_KEY, Model


@dataclass(frozen=True, slots=True)
class SpecReference:
    """A value, or a key, that names something else of the spec."""

    path: SpecPath
    kind: str
    target: str
    is_key: bool


_DEFINED: dict[str, tuple[str, ...]] = {
    "service": ("services",),
    "image": ("images", "images"),
    "model": ("models", "models"),
    "network": ("networks", "networks"),
    "secret": ("secrets", "secrets"),
    "mode": ("topology",),
    "requirement": ("requirements", "requirements"),
    "divergence": ("parity", "divergences"),
    "flow": ("parity", "flows"),
    "symptom": ("monitoring", "symptoms"),
    "alert": ("monitoring", "alerts"),
    "decision": ("platform", "open_decisions"),
    "runbook": ("runbooks",),
    "place": ("platform", "places"),
    "tenant": ("tenants", "tenants"),
    "location": ("catalogue", "locations"),
    "line of server types": ("catalogue", "lines"),
    "server type": ("catalogue", "server_types"),
    "operating system": ("catalogue", "images"),
}
"""Spec path of the map that has the ids of a kind, where it is one."""


def definition(kind: str, id: str) -> PathText | None:
    """Spec path at which an id of a kind is defined; None where that is no single map."""
    return PathText((*_DEFINED[kind], id)) if kind in _DEFINED else None


def ids_by_kind(spec: Spec) -> dict[str, list[str]]:
    """Ids that a reference of each kind may name, sorted."""
    roles = {role for topology in spec.topology.values() for role in topology.roles}
    zones = {place.zone for place in spec.catalogue.locations.values()}
    found = {kind: sorted(reduce(getattr, path, spec)) for kind, path in _DEFINED.items()}  # type: ignore[call-overload]
    return found | {"role": sorted(roles), "network zone": sorted(zones)}


def references(spec: Spec) -> Iterator[SpecReference]:
    """Every reference of the spec, in the order of its files."""
    for section in SECTIONS:
        value = getattr(spec, section.name)
        if section.folder:
            for name, model in value.items():
                yield from _in_model(model, (section.name, name))
        else:
            yield from _in_model(value, (section.name,))


def _in_model(model: Model, path: SpecPath) -> Iterator[SpecReference]:
    for name, annotation in _fields(type(model)):
        yield from _in_value(getattr(model, name), annotation, (*path, name))


@cache
def _fields(model: type[Model]) -> tuple[tuple[str, Any], ...]:
    return tuple((name, _annotation(field)) for name, field in model.model_fields.items())


def _annotation(field: FieldInfo) -> Any:
    """The field's type with the metadata that Pydantic moved to the field put back."""
    return (
        Annotated[(field.annotation, *field.metadata, field)]
        if field.metadata or field.json_schema_extra
        else field.annotation
    )


def _in_value(value: Any, annotation: Any, path: SpecPath) -> Iterator[SpecReference]:
    if value is None:
        return
    if isinstance(value, Model):
        yield from _in_model(value, path)
    elif isinstance(value, dict):
        key_type, value_type = _arguments(annotation, dict)
        for key, item in value.items():
            if kind := _kind(key_type):
                yield SpecReference((*path, key), kind, key, True)
            yield from _in_value(item, value_type, (*path, key))
    elif isinstance(value, tuple):
        item_type = _arguments(annotation, tuple)[0]
        for index, item in enumerate(value):
            yield from _in_value(item, item_type, (*path, index))
    elif isinstance(value, str) and (kind := _kind(annotation)):
        yield SpecReference(path, kind, value, False)


@cache
def _kind(annotation: Any) -> str | None:
    """The kind that an annotation says a string refers to."""
    if get_origin(annotation) is Annotated:
        for extra in get_args(annotation)[1:]:
            known = getattr(extra, "json_schema_extra", None)
            if isinstance(known, dict) and REFERENCE_KEY in known:
                return str(known[REFERENCE_KEY])
    if get_origin(annotation) in (dict, tuple):
        return None
    return next((kind for inner in get_args(annotation)[:8] if (kind := _kind(inner))), None)


@cache
def _arguments(annotation: Any, wanted: type) -> tuple[Any, ...]:
    if get_origin(annotation) is wanted:
        return get_args(annotation)
    for inner in get_args(annotation):
        if found := _arguments(inner, wanted):
            return found
    return ()
