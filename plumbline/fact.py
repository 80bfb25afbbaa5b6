"""Facts: what should be so, what is so, and one diff that turns both into findings."""

from collections.abc import Iterable
from dataclasses import dataclass

from plumbline.finding import Finding, Severity


@dataclass(frozen=True, slots=True, order=True)
class Fact:
    """One attribute of one subject, e.g. `services.redis` · `limits.memory` · `268435456`."""

    subject: str
    attribute: str
    value: str


@dataclass(frozen=True, slots=True)
class Check:
    """A comparison that was made: what was expected, what was seen, and how it ended."""

    subject: str
    attribute: str
    expected: str | None
    observed: str | None

    @property
    def outcome(self) -> str:
        """`matches`, `differs`, or `not deployed` when nothing was seen."""
        if self.expected == self.observed:
            return "matches"
        return "not deployed" if self.observed is None else "differs"


def compare(expected: Iterable[Fact], observed: Iterable[Fact]) -> list[Check]:
    """Every fact of either side, once, in order."""
    want = {(fact.subject, fact.attribute): fact.value for fact in expected}
    have = {(fact.subject, fact.attribute): fact.value for fact in observed}
    return [Check(*key, want.get(key), have.get(key)) for key in sorted(want.keys() | have.keys())]


def findings_of(checks: Iterable[Check], rule_of: dict[str, str]) -> list[Finding]:
    """A finding for every check that does not match; `rule_of` maps the attribute's first part to a rule id."""
    return [
        Finding(
            rule_of.get(check.attribute.split(".")[0], "PLB900"),
            f"{check.subject}: {check.attribute} {_difference(check)}",
            severity=Severity.ERROR,
            subject=check.subject,
            expected=check.expected,
            observed=check.observed,
        )
        for check in checks
        if check.outcome != "matches"
    ]


def _difference(check: Check) -> str:
    if check.expected is None:
        return f"is {check.observed}, and the spec has none"
    if check.observed is None:
        return f"should be {check.expected}, and there is none"
    return f"is {check.observed}, and the spec says {check.expected}"
