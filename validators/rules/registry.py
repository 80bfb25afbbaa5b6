"""What a rule is, and the list of them all."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from plumbline.spec.finding import Finding, Related, Severity
from plumbline.spec.location import Location
from plumbline.spec.paths import PathText, parts_of
from plumbline.spec.spec import Spec

Check = Callable[..., Iterator["Violation"]]
"""Takes the spec, and the day where the rule is `dated`: no rule reads a clock."""
AnyCheck = TypeVar("AnyCheck", bound=Check)


@dataclass(frozen=True, slots=True)
class Violation:
    """What a rule's check yields: the spec path, and what is wrong there."""

    path: PathText
    message: str
    hint: str | None = None
    expected: str | None = None
    observed: str | None = None
    at_key: bool = False
    """Mark the key rather than the value."""
    location: Location | None = None
    """Where it is, for what no spec path names: a line of a template."""
    also: tuple[tuple[PathText | Location, str], ...] = ()
    """Other places that it is about, and what is to be seen there."""
    explains: tuple[tuple[str, ...], ...] = ()
    """Ids at fault: findings that speak of all of one of these follow from this one."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A static rule. `failing` and `passing` are its documentation and its tests.

    An example is YAML: a map from file to a fragment that is merged into the starter spec (`plumb init`); a null removes a key.
    """

    id: str
    title: str
    why: str
    fix: str
    failing: str
    passing: str
    check: Check
    severity: Severity = Severity.ERROR
    dated: bool = False
    """Whether its answer depends on the day."""

    def findings(self, spec: Spec, today: date | None = None) -> Iterator[Finding]:
        """The rule's findings in a spec. A dated rule is handed the day, and raises ValueError without one."""
        if self.dated and today is None:
            raise ValueError(f"rule {self.id} depends on the day, and is given none")
        for found in self.check(spec, today) if self.dated else self.check(spec):
            yield Finding(
                rule=self.id,
                message=found.message,
                severity=self.severity,
                location=found.location or _location(spec, found),
                hint=found.hint or self.fix,
                subject=found.path,
                expected=found.expected,
                observed=found.observed,
                related=tuple(Related(message, _place(spec, place)) for place, message in found.also),
                explains=found.explains,
            )


def _location(spec: Spec, found: Violation) -> Location:
    parts = parts_of(found.path)
    return spec.key_at(parts) if found.at_key else spec.at(parts)


def _place(spec: Spec, place: PathText | Location) -> Location:
    return place if isinstance(place, Location) else spec.at(place)


RULES: dict[str, Rule] = {}
"""Every rule by id, filled by the `rule` decorator when `validators.rules` is imported."""


def rule(
    id: str,
    *,
    title: str,
    why: str,
    fix: str,
    failing: str,
    passing: str,
    severity: Severity = Severity.ERROR,
    dated: bool = False,
) -> Callable[[AnyCheck], AnyCheck]:
    """Register a check as a rule."""

    def register(check: AnyCheck) -> AnyCheck:
        if id in RULES:
            raise ValueError(f"rule {id} is defined twice")
        RULES[id] = Rule(id, title, why, fix, failing, passing, check, severity, dated)
        return check

    return register
