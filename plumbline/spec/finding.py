"""What a check reports. Every check yields findings, and every reporter reads them."""

from dataclasses import dataclass, field
from enum import StrEnum

from plumbline.spec.location import Location


class Severity(StrEnum):
    """How bad a finding is; `error` fails a check, `warning` and `note` do not."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Related:
    """Another place that a finding is about: the other end of it, or what follows from it."""

    message: str
    location: Location | None = None
    rule: str = ""
    """The rule that found it, where that is a finding which follows."""

    def __str__(self) -> str:
        return " ".join(filter(None, (f"{self.location}:" if self.location else "", self.rule, self.message)))


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, where, and how to fix it."""

    rule: str
    message: str
    severity: Severity = Severity.ERROR
    location: Location | None = None
    hint: str | None = None
    subject: str = ""
    expected: str | None = None
    observed: str | None = None
    evidence: tuple[str, ...] = field(default=())
    """Lines that show it: a diff, a command's output, the places that something came from."""
    related: tuple[Related, ...] = ()
    explains: tuple[tuple[str, ...], ...] = ()
    """Ids at fault: what speaks of all of one of these follows from this finding."""


class InputError(Exception):
    """The input, or the call, is wrong: exit code 2. Holds findings."""

    def __init__(self, findings: list[Finding]):
        super().__init__("; ".join(finding.message for finding in findings))
        self.findings = findings


class EnvironmentMissing(Exception):
    """The machine lacks something: exit code 3. Says what, and how to get it."""

    def __init__(self, message: str, hint: str):
        super().__init__(message)
        self.hint = hint
