"""PLB859: alerts of which nobody is told, though others are."""

from collections.abc import Iterator

from plumbline.spec.paths import path_of
from plumbline.spec.spec import Spec
from validators.rules.monitoring_examples import watched
from validators.rules.registry import Violation, rule

_TOLD = "monitoring.yaml:\n"
_NOTIFIED = "  notifications: {{{0}: {{secret: db_password, wait_s: 30, group_s: 300, repeat_s: 3600}}}}\n"


@rule(
    "PLB859",
    title="Severity that nobody is notified of",
    why="An alert of it fires, and nobody is told, although other alerts reach the operators.",
    fix="Add the severity to `notifications` of monitoring.yaml, or give the alert one that is there.",
    failing=watched((_TOLD, _TOLD + _NOTIFIED.format("ticket"))),
    passing=watched((_TOLD, _TOLD + _NOTIFIED.format("page"))),
)
def untold(spec: Spec) -> Iterator[Violation]:
    """Severities of alerts without a notification, where there are notifications."""
    told = spec.monitoring.notifications
    for id, alert in spec.monitoring.alerts.items() if told else ():
        if alert.severity not in told:
            yield Violation(
                path_of("monitoring", "alerts", id, "severity"),
                f"nobody is notified of alerts of severity `{alert.severity}`",
                expected=", ".join(told),
                observed=alert.severity,
            )
