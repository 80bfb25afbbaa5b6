"""Specs in which one value is another: an oracle of where a line comes from that knows nothing of recorded sources."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Literal, get_args, get_origin

from plumbline.spec.paths import SpecPath
from plumbline.spec.references import ids_by_kind, references
from plumbline.spec.sections import SECTIONS
from plumbline.spec.spec import Spec
from schema.types import Model, Template

_DIGIT = re.compile(r"[0-9](?=[^0-9]*$)")


def leaves(spec: Spec) -> Iterator[tuple[SpecPath, Any]]:
    """Every scalar that is written in the spec's files, as (path as in `Spec.at`, value)."""
    for section in SECTIONS:
        value = getattr(spec, section.name)
        for name, model in value.items() if section.folder else [("", value)]:
            path = (section.name, name) if section.folder else (section.name,)
            yield from ((_short(each), leaf) for each, leaf in _below(model, path) if spec.has(each))


def _below(value: Any, path: SpecPath) -> Iterator[tuple[SpecPath, Any]]:
    if isinstance(value, Template):
        yield path, value
    elif isinstance(value, Model):
        for name in type(value).model_fields:
            yield from _below(getattr(value, name), (*path, name))
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _below(item, (*path, key))
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from _below(item, (*path, index))
    elif value is not None:
        yield path, value


def value_at(spec: Spec, path: SpecPath) -> Any:
    """The value at a path; None where there is none."""
    value: Any = spec
    for part in _inside(spec, path):
        value = _child(value, part)
    return value


def with_value(spec: Spec, path: SpecPath, new: Any) -> Spec:
    """The spec with another value at a path, None to take it away where it is an entry; nothing validates it."""
    changed: Spec = _with(spec, _inside(spec, path), new)
    return changed


def _inside(spec: Spec, path: SpecPath) -> SpecPath:
    """The path by the fields of models: `images.x` is `images.images.x`."""
    section = str(path[0])
    model = getattr(spec, section)
    if len(path) > 1 and isinstance(model, Model) and path[1] not in type(model).model_fields:
        return (section, section, *path[1:])
    return path


def _child(value: Any, part: str | int) -> Any:
    if isinstance(value, Mapping):
        return value.get(part)
    if isinstance(value, tuple):
        return value[part] if isinstance(part, int) and part < len(value) else None
    return getattr(value, str(part), None)


def _with(value: Any, path: SpecPath, new: Any) -> Any:
    if not path:
        return new
    part, rest = path[0], path[1:]
    child = _with(_child(value, part), rest, new)
    if isinstance(value, Mapping):
        return {key: child if key == part else item for key, item in value.items() if key != part or child is not None}
    if isinstance(value, tuple):
        return tuple(
            child if index == part else item for index, item in enumerate(value) if index != part or child is not None
        )
    if isinstance(value, Spec):
        return replace(value, **{str(part): child})
    return value.model_copy(update={part: child})


def others(spec: Spec, path: SpecPath, value: Any, kinds: Mapping[SpecPath, str]) -> Iterator[Any]:
    """Values of the same form to put in place of a leaf's; `kinds` are the paths that refer to something."""
    if kind := kinds.get(path):
        yield from [each for each in ids_by_kind(spec)[kind] if each != value]
        return
    if choices := _choices(spec, path):
        yield from (each for each in choices if each != value)
        return
    match value:
        case bool():
            yield not value
        case int() | float():
            yield value + 1
        case Template():
            yield value.model_copy(update={"template": value.template + "9"})
        case str():
            if found := _DIGIT.search(value):
                yield value[: found.start()] + str((int(found[0]) + 1) % 10) + value[found.end() :]
            else:
                yield value + "q"


def _choices(spec: Spec, path: SpecPath) -> tuple[Any, ...]:
    parent = value_at(spec, path[:-1])
    if not isinstance(parent, Model):
        return ()
    annotation = type(parent).model_fields[str(path[-1])].annotation
    for each in (annotation, *get_args(annotation)):
        if get_origin(each) is Literal:
            return get_args(each)
    return ()


def kinds_of(spec: Spec) -> dict[SpecPath, str]:
    """What each reference of the spec refers to, by its path."""
    return {_short(each.path): each.kind for each in references(spec) if not each.is_key}


def _short(path: SpecPath) -> SpecPath:
    """`images.images.x` as `images.x`."""
    return path[1:] if len(path) > 1 and path[0] == path[1] else path
