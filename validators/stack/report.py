"""The result of a verification as data, with a finding for each failed check. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from plumbline.effective.deployment import field_path
from plumbline.report.fact import Check
from plumbline.spec.finding import Finding
from plumbline.spec.location import Location
from plumbline.spec.paths import path_of
from plumbline.spec.spec import Spec
from plumbline.stack.engine import Versions
from validators.stack.kinds import BY_NAME, TRIED
from validators.stack.reach import Row
from validators.stack.rules import STACK_RULES
from validators.stack.whole.checks import WHOLE
from validators.stack.whole_project import RULE as PROJECT_RULE


@dataclass(frozen=True)
class StackReport:
    """Everything about one verification of one mode."""

    platform: str
    mode: str
    began: str
    """UTC, ISO 8601."""
    seconds: dict[str, float]
    """Duration of each phase: `up`, `check`, each trial of `--faults`, `down`."""
    engine: Versions
    spec_revision: str
    """First 12 digits of the SHA-256 over the spec's files."""
    stand_ins: dict[str, str]
    """What really ran, by image id."""
    substitutes: tuple[str, ...]
    """Models that had a small substitute."""
    moved: dict[str, str]
    """Networks that had another subnet than the spec's."""
    moved_ports: dict[str, str]
    """Publications that had another port than the spec's, which another stack or program held, and where they were."""
    passed: tuple[str, ...]
    """What differed and did not any more when it was looked at again: late health checks, ways open for a moment."""
    ignored: tuple[str, ...]
    """Differences that the spec accepts for a time, with the reason."""
    untried: tuple[str, ...]
    """What was left out, and how to have it."""
    narrowed: tuple[str, ...]
    """Publications that were bound to one address where the spec says every interface."""
    warnings: tuple[str, ...]
    table: tuple[Row, ...]
    """Who reached whom."""
    checks: tuple[Check, ...]
    findings: tuple[Finding, ...]
    weakened: Mapping[str, int] = field(default_factory=dict)
    """In how many ways stand-ins differ from their image, by image id; the page about images says in which."""

    def count(self, outcome: str) -> int:
        """How many checks ended so."""
        return sum(1 for check in self.checks if check.outcome == outcome)


def subject_with_node(check: Check) -> str:
    """The subject, with its node where there are several."""
    return f"{check.where}: {check.subject}" if check.where else check.subject


def finding_of(spec: Spec, mode: str, check: Check, evidence: tuple[str, ...] = ()) -> Finding:
    """The finding of a check that does not match, at the place of the spec that it is about."""
    rule = STACK_RULES[_rule_and_field(check)[0]]
    return Finding(
        rule.id,
        f"{subject_with_node(check)}: {check.difference}",
        severity=rule.severity,
        location=_location(spec, mode, check),
        hint=rule.fix,
        subject=check.subject,
        expected=check.expected,
        observed=check.observed,
        evidence=evidence,
    )


def _rule_and_field(check: Check) -> tuple[str, str]:
    """The rule that a check belongs to, and the field of its service that it is about."""
    word = check.attribute.partition(".")[0]
    if word in TRIED and (word != WHOLE or check.subject.startswith("services.")):
        return TRIED[word].rule, TRIED[word].field
    if not check.subject.startswith("services."):
        return PROJECT_RULE, ""
    field = {"process.user": "user", "process.entrypoint": "entrypoint"}.get(check.attribute, BY_NAME[word].field)
    return BY_NAME[word].rule, field


def _location(spec: Spec, mode: str, check: Check) -> Location | None:
    section, _, name = check.subject.partition(".")
    if section == "networks" and name in spec.networks.networks:
        return spec.at(path_of("networks", name, "modes", mode))
    if section == "secrets":
        return spec.key_at(path_of("secrets", name))
    if section != "services":
        return None
    field = _rule_and_field(check)[1]
    if not field:
        return spec.key_at(path_of("services", name))
    key = check.attribute.partition(".")[2]
    inner = key if field == "environment" and check.expected is not None else None
    return spec.at(field_path(name, spec.services[name], mode, field, inner))
