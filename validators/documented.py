"""Rules about reality (the disk, a running stack): a reason and a fix like any other rule, but no example in YAML."""

from dataclasses import dataclass

from plumbline.spec.finding import Severity


@dataclass(frozen=True, slots=True)
class RealityRule:
    """A rule whose findings come from a comparison with something outside the spec."""

    id: str
    title: str
    why: str
    fix: str
    severity: Severity = Severity.ERROR
    failing: str = ""
    passing: str = ""
