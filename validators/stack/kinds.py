"""The kinds of facts: each an expected side, an observed side, a rule, and the field of the spec that it comes from.

A new kind is an entry here and a function on each side.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from plumbline.report.fact import Check, Fact, compare
from validators.stack import expected, kernel, observed
from validators.stack.expected import ExpectedService, Values
from validators.stack.observed import ObservedService


class Takes(Enum):
    """What a trial takes beside a stack that stands."""

    NOTHING = "nothing"
    OWN_STACK = "a stack that is started for it (no --attach)"
    FAULTS = "--faults"


@dataclass(frozen=True)
class FactKind:
    """A kind of fact about a service."""

    name: str
    rule: str
    field: str
    """The service's field that a finding points at; empty for the service as a whole."""
    expected: Callable[[ExpectedService], Values]
    observed: Callable[[ObservedService], Values]
    by_kernel: bool = False
    """Whether the observed side is what the kernel says, which takes a running process."""


STATE = FactKind("state", "PLB910", "", expected.state, observed.state)
KINDS = (
    STATE,
    FactKind("image", "PLB911", "image", expected.image, observed.image),
    FactKind("process", "PLB912", "command", expected.process, observed.process),
    FactKind("environment", "PLB913", "environment", expected.environment, observed.environment),
    FactKind("mount", "PLB914", "volumes", expected.storage, observed.storage),
    FactKind("limit", "PLB915", "limits", expected.limits, observed.limits),
    FactKind("security", "PLB916", "capabilities", expected.security, observed.security),
    FactKind("network", "PLB917", "segments", expected.networks, observed.networks),
    FactKind("port", "PLB918", "publish", expected.ports, observed.ports),
    FactKind("host", "PLB917", "needs", expected.hosts, observed.hosts),
    FactKind("health", "PLB919", "health", expected.health, observed.health),
    FactKind("upkeep", "PLB919", "kind", expected.upkeep, observed.upkeep),
    FactKind("kernel", "PLB916", "user", kernel.expected_process, kernel.observed_process, by_kernel=True),
    FactKind("cgroup", "PLB915", "limits", kernel.expected_limits, kernel.observed_limits, by_kernel=True),
    FactKind("mounted", "PLB914", "volumes", kernel.expected_mounts, kernel.observed_mounts, by_kernel=True),
    FactKind(
        "variable", "PLB913", "environment", kernel.expected_environment, kernel.observed_environment, by_kernel=True
    ),
    FactKind("listen", "PLB918", "ports", kernel.expected_listening, kernel.observed_listening, by_kernel=True),
    FactKind("label", "PLB919", "", expected.labels, observed.labels),
)
BY_NAME = {kind.name: kind for kind in KINDS}


@dataclass(frozen=True)
class Trial:
    """A kind of fact that is found by trying."""

    rule: str
    field: str
    """As a kind's."""
    title: str
    """What a report says that was left out."""
    takes: Takes = Takes.NOTHING


TRIED = {
    "processes": Trial("PLB955", "user", "every process"),
    "names": Trial("PLB956", "segments", "names and addresses in containers"),
    "files": Trial("PLB957", "config", "configuration and secrets on the disk"),
    "running": Trial("PLB958", "running", "settings that services run with"),
    "whole": Trial("PLB954", "", "every setting of the engine"),
    "published": Trial("PLB918", "publish", "published ports"),
    "reach": Trial("PLB951", "needs", "who reaches whom"),
    "name": Trial("PLB951", "segments", "names"),
    "egress": Trial("PLB952", "segments", "egress"),
    "leak": Trial("PLB952", "segments", "names that are asked for outside", Takes.OWN_STACK),
    "order": Trial("PLB941", "needs", "start order", Takes.OWN_STACK),
    "kept": Trial("PLB948", "", "secrets", Takes.OWN_STACK),
    "killed": Trial("PLB942", "health", "kills", Takes.FAULTS),
    "without": Trial("PLB943", "needs", "lost needs", Takes.FAULTS),
    "with_again": Trial("PLB943", "needs", "needs that come back", Takes.FAULTS),
    "written": Trial("PLB944", "state_test", "writing state", Takes.FAULTS),
    "read_back": Trial("PLB944", "state_test", "reading state", Takes.FAULTS),
    "survives": Trial("PLB944", "volumes", "state that survives", Takes.FAULTS),
    "returns": Trial("PLB942", "health", "restarts", Takes.FAULTS),
    "self_test": Trial("PLB945", "self_tests", "self-tests", Takes.FAULTS),
    "memory_limit": Trial("PLB946", "limits", "memory", Takes.FAULTS),
    "log_rotation": Trial("PLB947", "", "logs", Takes.FAULTS),
    "after_faults": Trial("PLB949", "", "the stack after faults", Takes.FAULTS),
}
"""By the attribute's first word. What is tried, and what a report says was left out, are both taken from here."""


def tried_with(takes: Takes) -> list[str]:
    """Titles of the trials that take something."""
    return [trial.title for trial in TRIED.values() if trial.takes is takes]


def checks_of(declared: ExpectedService, seen: ObservedService | None) -> list[Check]:
    """Every check of a service. One that is not there has one result, `not deployed`, and not one for each fact."""
    subject = f"services.{declared.name}"
    if seen is None:
        return [Check(subject, STATE.name, STATE.expected(declared)[""], None, deployed=False)]
    return [
        check
        for kind in KINDS
        if seen.kernel is not None or not kind.by_kernel
        for check in compare(
            _facts(subject, kind.name, kind.expected(declared)), _facts(subject, kind.name, kind.observed(seen))
        )
    ]


def _facts(subject: str, kind: str, values: Values) -> list[Fact]:
    return [Fact(subject, f"{kind}.{key}" if key else kind, value) for key, value in values.items()]
