"""Whether a spec path leads anywhere, in the forms in which parity.yaml writes paths."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from plumbline.effective.deployment import services_of
from plumbline.spec.paths import parse_path
from plumbline.spec.spec import Spec
from schema.types import Model


def exists(spec: Spec, path: str) -> bool:
    """Whether a path with `*` for any one part names something.

    Services are looked up as they are in each mode too, and `topology.x` means `x` of any mode.
    """
    try:
        section, *parts = map(str, parse_path(path))
    except ValueError:
        return False
    return any(_leads(root, tuple(parts)) for root in _roots(spec, section))


def _roots(spec: Spec, section: str) -> Iterator[Any]:
    if section not in _sections():
        return
    root = getattr(spec, section)
    yield root
    if isinstance(root, Model) and section in type(root).model_fields:
        yield getattr(root, section)
    if section == "services":
        yield from (services_of(spec, mode) for mode in spec.modes)
    if section == "topology":
        yield from spec.topology.values()


@cache
def _sections() -> frozenset[str]:
    return frozenset(Spec.__dataclass_fields__) - {"templates", "trees"}


def _leads(value: Any, parts: tuple[str, ...]) -> bool:
    if not parts:
        return value is not None
    return any(_leads(child, parts[1:]) for child in _children(value, parts[0]))


def _children(value: Any, part: str) -> Iterator[Any]:
    for name, child in _entries(value):
        if part in ("*", name):
            yield child


def _entries(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Model):
        return ((name, getattr(value, name)) for name in type(value).model_fields)
    if isinstance(value, Mapping):
        return iter(value.items())
    if isinstance(value, tuple):
        return ((item if isinstance(item, str) else str(index), item) for index, item in enumerate(value))
    return iter(())
