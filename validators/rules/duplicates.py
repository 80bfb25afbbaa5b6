"""PLB554: entries of lists that stand twice."""

from collections.abc import Callable, Hashable, Iterator, Mapping
from functools import cache
from typing import Any, get_args

from plumbline.spec.paths import SpecPath, path_of
from plumbline.spec.sections import SECTIONS
from plumbline.spec.spec import Spec
from schema.cloud import FirewallRule
from schema.platform import Waiver
from schema.topology import Availability, Scaling
from schema.types import Model
from validators.rules.registry import Violation, rule

_MAY_REPEAT = frozenset({"command", "entrypoint", "read", "restore", "run", "steps", "then", "write"})
"""Fields of words of a command, and of steps that come one after the other."""
_TOLD_BY_OTHERS = frozenset(
    {
        ("services", "config"),
        ("services", "exports"),
        ("services", "mounts"),
        ("services", "shares"),
        ("services", "tmpfs"),
        ("tenants", "transitions"),
        ("topology", "services"),
        ("update", "batches_percent"),
        ("update", "canaries"),
        ("update", "drain"),
        ("update", "migrations"),
    }
)
"""Sections and fields whose entries another rule compares: PLB135, PLB142, PLB401, PLB420, PLB531, PLB537 or PLB550."""
_ALIKE: Mapping[type[Model], Callable[[Any], object]] = {
    FirewallRule: lambda each: (each.protocol, each.port, each.peers),
    Scaling: lambda each: (each.role, each.direction),
    Availability: lambda each: each.failure,
    Waiver: lambda each: (each.rule, each.subject),
}
"""What makes two entries the same, where their words may differ."""

_TWICE = "requirements.yaml: {{requirements: {{RUN-02: {{title: It runs., proofs: [{{kind: rule, ref: PLB101}}, {{kind: rule, ref: {0}}}]}}}}}}"


@rule(
    "PLB554",
    title="Duplicate entry",
    why="One of the two was meant to be different: a second proof, port, option or runbook is missing.",
    fix="Correct one of them, or delete it.",
    failing=_TWICE.format("PLB101"),
    passing=_TWICE.format("PLB102"),
)
def stands_twice(spec: Spec) -> Iterator[Violation]:
    """Entries of any list of the spec that are alike, and fallbacks of a role that are its own server type."""
    for section in SECTIONS:
        yield from _in_value(getattr(spec, section.name), (section.name,))
    for mode, topology in spec.topology.items():
        for name, role in topology.roles.items():
            if role.server_type in role.fallbacks:
                own = path_of("topology", mode, "roles", name, "server_type")
                path = path_of("topology", mode, "roles", name, "fallbacks", role.fallbacks.index(role.server_type))
                yield Violation(path, "this is the role's own server type", also=((own, "its own"),))


def _in_value(value: object, path: SpecPath) -> Iterator[Violation]:
    if isinstance(value, Model):
        for name in _fields(type(value)):
            yield from _in_value(getattr(value, name), (*path, name))
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield from _in_value(each, (*path, key))
    elif isinstance(value, tuple):
        if path[-1] not in _MAY_REPEAT and not any((path[0], part) in _TOLD_BY_OTHERS for part in path):
            yield from _repeated(value, path)
        for index, each in enumerate(value):
            yield from _in_value(each, (*path, index))


def _repeated(entries: tuple[object, ...], path: SpecPath) -> Iterator[Violation]:
    keys = [_ALIKE[type(each)](each) if isinstance(each, Model) and type(each) in _ALIKE else each for each in entries]
    seen: dict[Hashable, int] = {}
    for index, key in enumerate(map(_hashable, keys)):
        if (first := seen.setdefault(key, index)) != index:
            also = ((path_of(*path, first), "the first"),)
            yield Violation(path_of(*path, index), "this entry is listed twice", also=also)


def _hashable(key: object) -> Hashable:
    """What two entries have in common that are equal; one that holds a map is known by its text."""
    try:
        hash(key)
    except TypeError:
        return repr(key)
    return key


@cache
def _fields(model: type[Model]) -> tuple[str, ...]:
    """The fields of a model that hold a list somewhere."""
    held = {name: field.annotation for name, field in model.model_fields.items()}
    return tuple(name for name, annotation in held.items() if _holds_a_list(annotation, ()))


def _holds_a_list(annotation: Any, above: tuple[Any, ...]) -> bool:
    if annotation in above:
        return False
    if isinstance(annotation, type) and issubclass(annotation, Model):
        inside = [field.annotation for field in annotation.model_fields.values()]
    else:
        inside = list(get_args(annotation))
    return _is_a_list(annotation) or any(_holds_a_list(each, (*above, annotation)) for each in inside)


def _is_a_list(annotation: Any) -> bool:
    return getattr(annotation, "__origin__", None) is tuple
