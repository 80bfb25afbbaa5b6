"""Rules of a collector, derived from the spec: one for each service or volume that an entry of monitoring.yaml is made for. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from plumbline.effective.backups import shared_kept, told_on
from plumbline.effective.deployment import services_of
from plumbline.effective.monitoring import measuring, targets
from plumbline.expressions.rendering import ExpressionError, render
from plumbline.spec.spec import Spec
from schema.monitoring import Alert, Record, Sample, Selected
from schema.service import Service

Names = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Subject:
    """What a rule is made for."""

    service: str | None
    """None: one rule for all."""
    volume: str | None
    names: Names
    backup: str | None = None

    @property
    def labels(self) -> dict[str, str]:
        """Labels that say so."""
        found = {"service": self.service, "volume": self.volume, "backup": self.backup}
        return {name: value for name, value in found.items() if value}


@dataclass(frozen=True, slots=True)
class RenderedSample:
    """A series of a test."""

    series: str
    values: str


@dataclass(frozen=True, slots=True)
class AlertRule:
    """An alert for one service or volume, ready to be written."""

    id: str
    labels: Mapping[str, str]
    title: str
    means: str
    expression: str
    for_s: int
    runbooks: tuple[str, ...]
    fires: tuple[RenderedSample, ...]
    silent: tuple[RenderedSample, ...]

    @property
    def annotations(self) -> dict[str, str]:
        """What an alert tells whoever gets it."""
        handled = {"runbooks": ", ".join(self.runbooks)} if self.runbooks else {}
        return {"title": self.title, "means": self.means, **handled}


@dataclass(frozen=True, slots=True)
class RecordRule:
    """A computed series of one service or volume, ready to be written."""

    name: str
    labels: Mapping[str, str]
    expression: str
    samples: tuple[RenderedSample, ...]
    gives: str


def alert_rules(spec: Spec, mode: str, collector: str, names: Names) -> Iterator[AlertRule]:
    """Every alert of a collector. Raises ExpressionError where a text does not resolve."""
    for id in spec.monitoring.alerts:
        yield from rules_of_alert(spec, mode, collector, id, names)


def rules_of_alert(spec: Spec, mode: str, collector: str, id: str, names: Names) -> Iterator[AlertRule]:
    """The rules that one alert becomes. Raises ExpressionError where a text does not resolve."""
    alert = spec.monitoring.alerts[id]
    for subject in subjects(spec, mode, collector, alert, names):
        yield AlertRule(
            id,
            {**subject.labels, "severity": alert.severity},
            render(alert.title, subject.names).strip(),
            render(alert.means, subject.names).strip(),
            render(alert.expression, subject.names).strip(),
            alert.for_s,
            runbooks_of(spec, mode, alert),
            _samples(alert.fires, subject.names),
            _samples(alert.silent, subject.names),
        )


def record_rules(spec: Spec, mode: str, collector: str, names: Names) -> Iterator[RecordRule]:
    """Every computed series of a collector. Raises ExpressionError where a text does not resolve."""
    for name in spec.monitoring.records:
        yield from rules_of_record(spec, mode, collector, name, names)


def rules_of_record(spec: Spec, mode: str, collector: str, name: str, names: Names) -> Iterator[RecordRule]:
    """The rules that one computed series becomes. Raises ExpressionError where a text does not resolve."""
    record: Record = spec.monitoring.records[name]
    for subject in subjects(spec, mode, collector, record, names):
        yield RecordRule(
            name,
            subject.labels,
            render(record.expression, subject.names).strip(),
            _samples(record.samples, subject.names),
            render(record.gives, subject.names).strip(),
        )


def runbooks_of(spec: Spec, mode: str, alert: Alert) -> tuple[str, ...]:
    """Runbooks of the mode that handle an alert: its own, then its symptom's."""
    symptom = spec.monitoring.symptoms.get(alert.symptom or "")
    known = dict.fromkeys((*alert.runbooks, *(symptom.runbooks if symptom else ())))
    return tuple(each for each in known if each in spec.runbooks and mode in spec.runbooks[each].modes)


def subjects(spec: Spec, mode: str, collector: str, rule: Selected, names: Names) -> Iterator[Subject]:
    """What a rule is made for in a mode, with the names that its texts know."""
    if rule.each is None and not rule.services:
        yield Subject(None, None, dict(names))
        return
    if rule.each in ("backups", "restores"):
        yield from _backups(spec, mode, rule, names)
        return
    services = services_of(spec, mode)
    asked = {each.service for each in targets(spec, mode, collector)}
    for name, service in services.items():
        if name not in asked or (rule.each == "others" and name == collector):
            continue
        if not _is_selected(spec, name, service, rule):
            continue
        known = {**names, "service": service, "service_id": name, "metric": _metric(spec, name, service)}
        if rule.each == "volumes":
            for volume in service.volumes:
                room = service.volume_gb.get(volume, 0)
                yield Subject(name, volume, {**known, "volume": volume, "volume_gb": room})
        else:
            yield Subject(name, None, known)


def _backups(spec: Spec, mode: str, rule: Selected, names: Names) -> Iterator[Subject]:
    """Those that are told, with those of shared nodes; of restores, those of stores that are tested."""
    test = spec.backups.test
    told = tuple(told_on(spec, mode))
    shared = shared_kept(spec, mode) if told and rule.each == "backups" else ()
    for each in (*told, *shared):
        hours = each.what.every_h if rule.each == "backups" else test.every_h if test and each.store else None
        if hours is not None:
            known = {"backup": each.what, "backup_id": each.name, "missed_s": hours * 3600 * spec.backups.missed_after}
            yield Subject(None, None, {**names, **known}, backup=each.name)


def _is_selected(spec: Spec, name: str, service: Service, rule: Selected) -> bool:
    has = {
        None: name in rule.services,
        "scraped": True,
        "others": True,
        "health": service.health is not None,
        "limits": service.limits is not None,
        "volumes": bool(service.volumes),
    }
    return has[rule.each] and all(measuring(spec, service, each) for each in rule.measures)


def _metric(spec: Spec, name: str, service: Service) -> Any:
    def metric(measure: str) -> str:
        found = measuring(spec, service, str(measure))
        if found is None:
            raise ExpressionError(
                f"the contract of image {service.image!r} of service {name!r} has no metric that measures {measure!r}"
            )
        return found

    return metric


def _samples(samples: tuple[Sample, ...], names: Names) -> tuple[RenderedSample, ...]:
    return tuple(RenderedSample(render(each.series, names), render(each.values, names)) for each in samples)
