"""The result of comparing a project: data, and a finding for each failed check. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from plumbline.report.fact import Check, Outcome
from plumbline.spec.finding import Finding
from plumbline.spec.spec import Spec
from validators.cloud.checks import Judged
from validators.cloud.rules import CLOUD_RULES


@dataclass(frozen=True)
class CloudReport:
    """Everything about one look at a project."""

    platform: str
    tenants: tuple[str, ...]
    began: str
    """UTC, ISO 8601."""
    seconds: dict[str, float]
    """Duration of each phase: `read`, `compare`."""
    spec_revision: str
    """First 12 digits of the SHA-256 over the spec's files."""
    objects: int
    """How many objects the project holds."""
    unknown_fields: tuple[str, ...]
    """Fields in the API's answers that this version does not know, and so does not compare: `server.gpu`."""
    checks: tuple[Check, ...]
    findings: tuple[Finding, ...]

    def count(self, outcome: Outcome) -> int:
        """How many checks ended so."""
        return sum(1 for check in self.checks if check.outcome == outcome)


def findings_of(spec: Spec, judged: Iterable[Judged]) -> list[Finding]:
    """A finding for each check that does not match; what has no rule is only said in the report."""
    return [_finding(spec, each) for each in judged if each.rule and each.check.outcome != "matches"]


def _finding(spec: Spec, judged: Judged) -> Finding:
    check, rule = judged.check, CLOUD_RULES[judged.rule]
    return Finding(
        rule.id,
        f"{subject_with_tenant(check)}: {judged.says or check.difference}",
        severity=rule.severity,
        location=spec.key_at(judged.path),
        hint=rule.fix,
        subject=check.subject,
        expected=check.expected,
        observed=check.observed,
    )


def subject_with_tenant(check: Check) -> str:
    """The subject, with its tenant."""
    return f"{check.where}: {check.subject}" if check.where else check.subject
