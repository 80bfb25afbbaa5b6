"""Rules about reality (the disk, a running stack): they have no example in YAML, but a reason and a remedy like any other."""

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
