"""`monitoring.yaml`: who collects which metrics, what is alerted on, and which runbook handles it.

Targets, rules and dashboards derive from it and from the services; nothing here lists a target.
"""

from typing import Annotated, Literal

from pydantic import Field

from schema.forms import form
from schema.types import ContainerPath, Id, Int, Model, RunbookId, Seconds, SecretId, ServiceId, Text, Title, reference

Each = Literal["scraped", "others", "health", "limits", "volumes", "backups", "restores"]
"""What a rule is made for. Of the services whose metrics are collected: all, all but the collector itself, those with a health check,
those with limits, and those with volumes, once for each volume. Of backups.yaml: each backup, and each restore that is tested, of
nodes with a service that tells the node's own metrics."""
RecordName = Annotated[
    str,
    form(
        r"^[a-zA-Z_][a-zA-Z0-9_]*(:[a-zA-Z0-9_]+)+$",
        "a name with a colon, as recorded series have, e.g. service:memory:ratio",
    ),
]
SymptomId = Annotated[str, reference("symptom")]
AlertId = Annotated[str, reference("alert")]


Severity = Literal["page", "ticket", "heartbeat"]


class Notification(Model):
    """How operators are notified of alerts of a severity."""

    secret: SecretId
    """The secret with the address of the webhook that gets them."""
    wait_s: Seconds
    """Seconds that the first alert of a group waits for others."""
    group_s: Seconds
    """Seconds between two notifications of a group that has changed."""
    repeat_s: Annotated[Int, Field(ge=1, le=432_000)]
    """Seconds between two notifications of a group that still fires: at most 120 hours, after which Alertmanager forgets them."""


class Collector(Model):
    """A service that collects the metrics of the others."""

    interval_s: Seconds = 30
    """Seconds between two collections, and between two evaluations of the rules."""
    rules: ContainerPath
    """Where it reads its rules: the target of one of its configuration files, which has all that `alerts()` and `records()` give."""


class Sample(Model):
    """A series of a rule's test, in the form of promtool."""

    series: Text
    """The series, with expressions, e.g. `up{service="{{ service_id }}"}`."""
    values: Text
    """Its values, one each collection, with expressions, e.g. `1x5 0x20`."""


class Selected(Model):
    """What a rule is made for. Give at most one of `each` and `services`; with neither there is one rule for all."""

    each: Each | None = None
    """What it is made for; `service` and `service_id`, and of a volume `volume` and `volume_gb`, are names in its texts; of a backup
    `backup`, `backup_id`, and `missed_s`, the seconds after which it is missed."""
    services: tuple[ServiceId, ...] = ()
    """Services that it is made for, by id."""
    measures: tuple[Id, ...] = ()
    """It is made only for services whose images export metrics that measure these (`metrics` in contracts). `metric('memory')` in its
    texts is the name of the one that does."""


class Record(Selected):
    """A series that is computed at each evaluation, under a name of its own."""

    title: Title
    """What it is."""
    expression: Text
    """PromQL, with expressions over the spec. Braces of PromQL are single ones."""
    samples: Annotated[tuple[Sample, ...], Field(min_length=1)]
    """Series of its test."""
    gives: Text
    """Value that the test's series come to, with expressions."""


class Alert(Selected):
    """A state that somebody has to act on."""

    title: Text
    """What is wrong, on one line, with expressions."""
    means: Text
    """What it means for whoever uses the system, with expressions."""
    expression: Text
    """PromQL that has a result while the alert's condition holds, with expressions over the spec. Braces of PromQL are single ones."""
    for_s: Annotated[Int, Field(ge=0, le=604_800)]
    """Seconds for which the condition must hold before it fires."""
    severity: Severity
    """`page`: somebody has to act now; `ticket`: on a working day; `heartbeat`: it fires all the time, and its end is the alarm."""
    runbooks: tuple[RunbookId, ...] = ()
    """Runbooks that handle it; there has to be one for each mode in which it can fire."""
    symptom: SymptomId | None = None
    """The symptom that it is a sign of; its runbooks handle it too."""
    fires: Annotated[tuple[Sample, ...], Field(min_length=1)]
    """Series with which it fires."""
    silent: Annotated[tuple[Sample, ...], Field(min_length=1)]
    """Series with which it does not."""


class Panel(Model):
    """A picture of a dashboard."""

    title: Title
    """What it shows."""
    expression: Text
    """PromQL, with expressions over the spec."""
    legend: Text | None = None
    """Name of each series, in the form of the dashboards' program, with single braces for a label, e.g. `{service}`."""
    unit: Literal["short", "bytes", "percentunit", "s", "reqps"] = "short"
    """Unit of its values."""
    kind: Literal["timeseries", "stat"] = "timeseries"
    """A curve, or the last value."""


class PanelRow(Model):
    """Panels side by side."""

    title: Title
    """What they are about."""
    panels: Annotated[tuple[Panel, ...], Field(min_length=1)]
    """From left to right."""


class Dashboard(Model):
    """A page of panels."""

    title: Title
    """What it shows."""
    summary: Text
    """Who it is for."""
    rows: Annotated[tuple[PanelRow, ...], Field(min_length=1)]
    """From top to bottom."""


class Symptom(Model):
    """Something that an operator sees, and where it leads."""

    title: Title
    """What the operator sees, in the operator's words."""
    means: Text
    """What it means."""
    runbooks: tuple[RunbookId, ...] = ()
    """Runbooks that handle it."""
    first: Text | None = None
    """What to do where no runbook handles it."""


class Monitoring(Model):
    """`monitoring.yaml`."""

    collectors: dict[ServiceId, Collector] = {}
    """Services that collect metrics. A collector collects from every service with `metrics` on nodes of the same scope: those
    of its tenant, or those that all tenants share."""
    notifications: dict[Severity, Notification] = {}
    """Notifications by severity; configuration files read them as `spec.monitoring.notifications`."""
    records: dict[RecordName, Record] = {}
    """Computed series by name."""
    alerts: dict[Id, Alert] = {}
    """Alerts by id."""
    dashboards: dict[Id, Dashboard] = {}
    """Dashboards by id."""
    unanswered: dict[AlertId, Text] = {}
    """Why an alert has no runbook, by the alert's id."""
    unwatched: dict[ServiceId, Text] = {}
    """Why no alert watches a service with a health check, by the service's id."""
    symptoms: dict[Id, Symptom] = {}
    """What operators see, by id; the index of symptoms leads from there to runbooks."""
    out_of_scope: tuple[Text, ...] = ()
    """What is not watched yet, and what it would take, for the page."""
