"""PLB857–PLB859: alerts of which somebody is told, and as often as the spec says."""

from collections.abc import Iterator

from plumbline.spec.paths import path_of
from plumbline.spec.spec import Spec
from validators.rules.monitoring_examples import watched
from validators.rules.registry import Violation, rule

_TOLD = "monitoring.yaml:\n"
_NOTIFIED = "  notifications: {{{0}: {{secret: db_password, wait_s: 30, group_s: 300, repeat_s: 3600}}}}\n"


@rule(
    "PLB859",
    title="Severity without a notification",
    why="An alert of this severity fires, but nobody is notified.",
    fix="Add the severity to `notifications` of monitoring.yaml, or give the alert a severity that is listed there.",
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


_REPEATED = _NOTIFIED.format("page").replace("repeat_s: 3600", "repeat_s: %s")


@rule(
    "PLB857",
    title="`repeat_s` shorter than `group_s`",
    why="Alertmanager evaluates a group every `group_s` seconds, so it cannot repeat a notification sooner.",
    fix="Raise `repeat_s` to a multiple of `group_s`.",
    failing=watched((_TOLD, _TOLD + _REPEATED % 60)),
    passing=watched((_TOLD, _TOLD + _REPEATED % 3600)),
)
def repeated_too_soon(spec: Spec) -> Iterator[Violation]:
    """Notifications with `repeat_s` below `group_s`."""
    for id, each in spec.monitoring.notifications.items():
        if each.repeat_s < each.group_s:
            yield Violation(
                path_of("monitoring", "notifications", id, "repeat_s"),
                f"repeats after {each.repeat_s:g} s, but its group is evaluated every {each.group_s:g} s",
            )


_STALE_S = 300
"""For how long Prometheus takes a sample for the present value."""


@rule(
    "PLB858",
    title="Collection interval longer than a value stays fresh",
    why="After five minutes, Prometheus treats a value as stale. Series then vanish between two collections, and alerts resolve.",
    fix="Set `interval_s` to two minutes or less, so that one lost collection does not matter.",
    failing=watched(("{web: {rules: /etc/rules.yml}}", "{web: {rules: /etc/rules.yml, interval_s: 600}}")),
    passing=watched(("{web: {rules: /etc/rules.yml}}", "{web: {rules: /etc/rules.yml, interval_s: 60}}")),
)
def collected_too_seldom(spec: Spec) -> Iterator[Violation]:
    """Collectors whose interval is more than half of that."""
    for id, each in spec.monitoring.collectors.items():
        if each.interval_s * 2 > _STALE_S:
            yield Violation(
                path_of("monitoring", "collectors", id, "interval_s"),
                f"`{id}` collects every {each.interval_s:g} s, and a value is stale after {_STALE_S} s",
            )
