"""What a check has to say. Every check yields findings, and every reporter reads them."""

from dataclasses import dataclass, field
from enum import StrEnum

from plumbline.location import Location


class Severity(StrEnum):
    """How bad a finding is; `error` fails a check, `warning` and `note` do not."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, where, and how to mend it."""

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
