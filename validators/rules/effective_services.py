"""What the rules about services share: effective services of every mode, each finding once."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from plumbline.effective.deployment import field_path, services_of
from plumbline.spec.paths import PathText
from plumbline.spec.spec import Spec
from schema.service import Service
from schema.types import Value
from validators.rules.registry import Violation


@dataclass(frozen=True, slots=True)
class Placed:
    """A service as it is in a mode in which some role runs it."""

    spec: Spec
    mode: str
    id: str
    service: Service

    def path(self, field: str, key: str | None = None) -> PathText:
        """The spec path that the field of the effective service comes from."""
        return field_path(self.id, self.spec.services[self.id], self.mode, field, key)


def placed_services(spec: Spec) -> Iterator[Placed]:
    """Every effective service of every mode."""
    for mode in spec.modes:
        for name, service in services_of(spec, mode).items():
            yield Placed(spec, mode, name, service)


def once(violations: Iterable[Violation]) -> Iterator[Violation]:
    """Each violation of a path once, although several modes inherit it."""
    seen: set[tuple[str, str]] = set()
    for violation in violations:
        key = (violation.path, violation.message)
        if key not in seen:
            seen.add(key)
            yield violation


def raw(value: Value) -> str:
    """A value as it is written."""
    return value if isinstance(value, str) else value.template
