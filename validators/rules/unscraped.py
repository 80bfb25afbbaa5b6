"""PLB434: metrics that monitoring reads, of a service that nobody is told to ask."""

import re
from collections.abc import Iterator, Mapping, Sequence

from plumbline.effective.deployment import services_of
from plumbline.effective.monitoring import collectors_in, exported_metrics, known_series
from plumbline.effective.per_spec import per_spec
from plumbline.spec.paths import path_of
from plumbline.spec.spec import Spec
from validators.rules.monitoring_examples import watched
from validators.rules.registry import Violation, rule

_WORD = re.compile(r"[A-Za-z_:][A-Za-z0-9_:]*")


@rule(
    "PLB434",
    title="Service without `metrics` that monitoring reads",
    why="No collector asks it. Alerts and panels about it stay silent, which looks as if all were well.",
    fix="Add `metrics` with the port to the service, or remove what reads its metrics from monitoring.yaml.",
    failing=watched(("services/db.yaml: {metrics: {port: sql}}", "services/db.yaml: {summary: Keeps the state.}")),
    passing=watched(),
)
def not_scraped(spec: Spec) -> Iterator[Violation]:
    """Services whose image exports what alerts, series or panels name, and nobody else does, and that have no `metrics`."""
    for name, (metrics, entries) in unscraped(spec).items():
        collecting = [each for mode in spec.modes for each in collectors_in(spec, mode)]
        also = tuple((path_of("monitoring", section, id), "is for it") for section, id in entries)
        follow: list[tuple[str, ...]] = [(each,) for each in (*metrics, *(id for _, id in entries))]
        follow += [(collector, name) for collector in dict.fromkeys(collecting)]
        shown = f"`{metrics[0]}`" if metrics else f"what `{entries[0][1]}` measures"
        message = f"monitoring reads {shown} of `{name}`, which has no `metrics`"
        field = "health" if spec.services[name].health else "image"
        yield Violation(path_of("services", name, field), message, also=also, explains=tuple(follow))


@per_spec
def unscraped(spec: Spec) -> Mapping[str, tuple[list[str], list[tuple[str, str]]]]:
    """Services without `metrics` in all modes, with the metrics that only they export, and the alerts and series for them."""
    if not any(collectors_in(spec, mode) for mode in spec.modes):
        return {}
    told = {
        series
        for mode in spec.modes
        for collector in collectors_in(spec, mode)
        for series in known_series(spec, mode, collector)
    }
    read = _read(spec) - told
    found = {}
    for name in {name: None for mode in spec.modes for name in services_of(spec, mode)}:
        here = [services[name] for mode in spec.modes if name in (services := services_of(spec, mode))]
        if any(each.metrics for each in here) or name in spec.monitoring.unwatched:
            continue
        exported = {series: metric for each in here for series, metric in exported_metrics(spec, each).items()}
        measures = {metric.measures for metric in exported.values() if metric.measures}
        metrics = sorted(read & exported.keys())
        entries = [
            (section, id)
            for section in ("alerts", "records")
            for id, entry in getattr(spec.monitoring, section).items()
            if (exported and name in entry.services) or _measures_alone(spec, measures, entry.measures)
        ]
        if metrics or entries:
            found[name] = (metrics, entries)
    return found


def _read(spec: Spec) -> set[str]:
    """Words of all expressions of monitoring.yaml, as they are written."""
    monitoring = spec.monitoring
    written = [each.expression for section in (monitoring.alerts, monitoring.records) for each in section.values()]
    written += [
        panel.expression for board in monitoring.dashboards.values() for row in board.rows for panel in row.panels
    ]
    return {word for text in written for word in _WORD.findall(text)}


def _measures_alone(spec: Spec, own: set[str], wanted: Sequence[str]) -> bool:
    """Whether one measures all that is wanted, and nobody else does who has `metrics`."""
    return bool(wanted) and own >= set(wanted) and not any(each >= set(wanted) for each in _measured(spec))


@per_spec
def _measured(spec: Spec) -> tuple[frozenset[str], ...]:
    """What each service with `metrics` measures."""
    return tuple(
        frozenset(each.measures for each in exported_metrics(spec, service).values() if each.measures)
        for mode in spec.modes
        for service in services_of(spec, mode).values()
        if service.metrics
    )
