"""The kinds of facts: each an expected side, an observed side, a rule, and the field of the spec that it comes from.

A new kind is an entry here and a function on each side.
"""

from collections.abc import Callable
from dataclasses import dataclass

from plumbline.fact import Check, Fact, compare
from validators.stack import expected, kernel, observed
from validators.stack.expected import Promise, Values
from validators.stack.observed import Seen


@dataclass(frozen=True)
class Kind:
    """A kind of fact about a service."""

    name: str
    rule: str
    field: str
    """The service's field that a finding points at; empty for the service as a whole."""
    expected: Callable[[Promise], Values]
    observed: Callable[[Seen], Values]
    by_kernel: bool = False
    """Whether the observed side is what the kernel says, which takes a running process."""


STATE = Kind("state", "PLB910", "", expected.state, observed.state)
KINDS = (
    STATE,
    Kind("image", "PLB911", "image", expected.image, observed.image),
    Kind("process", "PLB912", "command", expected.process, observed.process),
    Kind("environment", "PLB913", "environment", expected.environment, observed.environment),
    Kind("mount", "PLB914", "volumes", expected.storage, observed.storage),
    Kind("limit", "PLB915", "limits", expected.limits, observed.limits),
    Kind("security", "PLB916", "capabilities", expected.security, observed.security),
    Kind("network", "PLB917", "segments", expected.networks, observed.networks),
    Kind("port", "PLB918", "publish", expected.ports, observed.ports),
    Kind("host", "PLB917", "needs", expected.hosts, observed.hosts),
    Kind("health", "PLB919", "health", expected.health, observed.health),
    Kind("upkeep", "PLB919", "kind", expected.upkeep, observed.upkeep),
    Kind("kernel", "PLB916", "user", kernel.expected_process, kernel.observed_process, by_kernel=True),
    Kind("cgroup", "PLB915", "limits", kernel.expected_limits, kernel.observed_limits, by_kernel=True),
    Kind("mounted", "PLB914", "volumes", kernel.expected_mounts, kernel.observed_mounts, by_kernel=True),
    Kind("variable", "PLB913", "environment", kernel.expected_environment, kernel.observed_environment, by_kernel=True),
    Kind("listen", "PLB918", "ports", kernel.expected_listening, kernel.observed_listening, by_kernel=True),
    Kind("label", "PLB919", "", expected.labels, observed.labels),
)
BY_NAME = {kind.name: kind for kind in KINDS}
TRIED = {
    "published": ("PLB918", "publish"),
    "reach": ("PLB951", "needs"),
    "name": ("PLB951", "segments"),
    "egress": ("PLB952", "segments"),
    "order": ("PLB941", "needs"),
    "killed": ("PLB942", "health"),
    "without": ("PLB943", "needs"),
    "with_again": ("PLB943", "needs"),
    "written": ("PLB944", "state_test"),
    "read_back": ("PLB944", "state_test"),
    "survives": ("PLB944", "volumes"),
    "returns": ("PLB942", "health"),
    "self_test": ("PLB945", "self_tests"),
    "memory_limit": ("PLB946", "limits"),
    "log_rotation": ("PLB947", ""),
    "kept": ("PLB948", ""),
    "after_faults": ("PLB949", ""),
}
"""Rule and field of the facts that are found by trying, by the attribute's first word."""


def checks_of(promise: Promise, seen: Seen | None) -> list[Check]:
    """Every check of a service. One that is not there has one result, `not deployed`, and not one for each fact."""
    subject = f"services.{promise.name}"
    if seen is None:
        return [Check(subject, STATE.name, STATE.expected(promise)[""], None, deployed=False)]
    return [
        check
        for kind in KINDS
        if seen.kernel is not None or not kind.by_kernel
        for check in compare(
            _facts(subject, kind.name, kind.expected(promise)), _facts(subject, kind.name, kind.observed(seen))
        )
    ]


def _facts(subject: str, kind: str, values: Values) -> list[Fact]:
    return [Fact(subject, f"{kind}.{key}" if key else kind, value) for key, value in values.items()]
