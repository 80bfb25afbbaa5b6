"""PLB90x: findings accepted for a time, and the end of that time."""

from collections.abc import Iterable, Iterator
from datetime import date

from plumbline.spec.finding import Finding
from plumbline.spec.paths import path_of
from plumbline.spec.spec import Spec
from schema.platform import Waiver
from validators.rules.registry import RULES, Violation, rule

UNUSED = "PLB902"
_FAR = """
waivers.yaml:
  waivers: [{{rule: PLB304, subject: images.postgres, reason: "{reason}", expires: "{day}"}}]
images.yaml:
  images: {{postgres: {{lifecycle: {{state: {state}}}}}}}
"""


@rule(
    "PLB901",
    title="Expired waiver",
    why="A waiver accepts a finding until a date, so that somebody looks again. After that date, the finding counts.",
    fix="Fix the waived finding, or renew the waiver with a new date and a reason that still holds.",
    failing=_FAR.format(reason="no successor chosen", day="2001-01-01", state="end-of-life"),
    passing=_FAR.format(reason="no successor chosen", day="2999-01-01", state="end-of-life"),
    dated=True,
)
def expired(spec: Spec, day: date) -> Iterator[Violation]:
    """Waivers and ignored facts whose last day is over."""
    today = day.isoformat()
    for index, waiver in enumerate(spec.waivers.waivers):
        if waiver.expires < today:
            yield Violation(
                path_of("waivers", "waivers", index, "expires"),
                f"the waiver of {waiver.rule} expired on {waiver.expires}",
            )
    for index, ignored in enumerate(spec.waivers.ignored):
        if ignored.expires < today:
            message = f"{ignored.subject}: {ignored.fact} is no longer ignored since {ignored.expires}"
            yield Violation(path_of("waivers", "ignored", index, "expires"), message)


@rule(
    UNUSED,
    dated=True,
    title="Waiver without a finding",
    why="It would hide the next finding of that rule there, which nobody has reviewed.",
    fix="Delete the waiver, or correct its rule and subject.",
    failing=_FAR.format(reason="no successor chosen", day="2999-01-01", state="supported"),
    passing=_FAR.format(reason="no successor chosen", day="2999-01-01", state="end-of-life"),
)
def unused(spec: Spec, today: date) -> Iterator[Violation]:
    """Waivers of findings that do not exist."""
    for index, waiver in enumerate(spec.waivers.waivers):
        known = RULES.get(waiver.rule)
        if known is None or not any(_accepts(waiver, found.subject) for found in known.findings(spec, today)):
            yield Violation(
                path_of("waivers", "waivers", index), f"no finding of {waiver.rule} is about {waiver.subject}"
            )


def without_waived(spec: Spec, findings: Iterable[Finding], today: date) -> list[Finding]:
    """The findings that no current waiver accepts."""
    current = [waiver for waiver in spec.waivers.waivers if waiver.expires >= today.isoformat()]
    return [
        found
        for found in findings
        if not any(waiver.rule == found.rule and _accepts(waiver, found.subject) for waiver in current)
    ]


def _accepts(waiver: Waiver, subject: str) -> bool:
    return subject == waiver.subject or subject.startswith((f"{waiver.subject}.", f"{waiver.subject}["))
