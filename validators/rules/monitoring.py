"""PLB860–PLB867: alerts that somebody gets, handles and can believe."""

from collections.abc import Iterator

from plumbline.effective.alerting import AlertRule, Subject, runbooks_of, subjects
from plumbline.effective.deployment import services_of
from plumbline.effective.monitoring import collectors_in, targets
from plumbline.effective.per_spec import per_spec
from plumbline.expressions.promql import metrics_in
from plumbline.spec.paths import path_of
from plumbline.spec.spec import Spec
from validators.rules.effective_services import once
from validators.rules.monitoring_examples import watched
from validators.rules.monitoring_texts import alerts_that_resolve, known_in
from validators.rules.registry import Violation, rule
from validators.rules.unscraped import unscraped
from validators.rules.written import Where, of_services


def _collecting(spec: Spec) -> Iterator[tuple[str, str]]:
    """Each mode with each of its collectors."""
    for mode in spec.modes:
        for collector in collectors_in(spec, mode):
            yield mode, collector


@per_spec
def _subjects_of(spec: Spec, mode: str, collector: str, alert: str) -> tuple[Subject, ...]:
    return tuple(subjects(spec, mode, collector, spec.monitoring.alerts[alert], {}))


@rule(
    "PLB860",
    title="Alert that no runbook handles",
    why="The person on call has to work out at night what could have been written down by day.",
    fix="Name a runbook for the mode in `runbooks`, or a symptom that has one, or give the reason in `unanswered`.",
    failing=watched(("      runbooks: [start]\n", "")),
    passing=watched(),
)
def unanswered(spec: Spec) -> Iterator[Violation]:
    """Alerts that can fire in a mode for which none of their runbooks is, without a reason."""
    yield from once(
        Violation(
            path_of("monitoring", "alerts", id), f"`{id}` can fire in mode {mode}, but no runbook handles it there"
        )
        for mode, collector in _collecting(spec)
        for id, alert in spec.monitoring.alerts.items()
        if id not in spec.monitoring.unanswered
        if _subjects_of(spec, mode, collector, id) and not runbooks_of(spec, mode, alert)
    )


@rule(
    "PLB861",
    title="Alert that can never fire",
    why=(
        "It applies to no service, or only to the collector that would have to evaluate it while down. The service "
        "looks monitored, but is not."
    ),
    fix="Correct `each`, `services` or `measures`, or add `metrics` to the service and to the contract of its image.",
    failing=watched(("services: [db]", "services: [web]"), ("unwatched: {web", "unwatched: {db: it is, web")),
    passing=watched(),
)
def never_fires(spec: Spec) -> Iterator[Violation]:
    """Alerts and series that are made for nothing, and alerts by which a collector would say that it is down itself."""
    yield from once(_never_fires(spec))


def _never_fires(spec: Spec) -> Iterator[Violation]:
    known = list(_collecting(spec))
    for section in ("alerts", "records") if known else ():
        for id, entry in getattr(spec.monitoring, section).items():
            if any(True for mode, name in known for _ in subjects(spec, mode, name, entry, {})):
                continue
            if any(name not in spec.services for name in entry.services):
                continue  # PLB101 says so
            field = "measures" if entry.measures else "services" if entry.services else "each"
            yield Violation(
                path_of("monitoring", section, id, field), f"no collector scrapes a service that `{id}` is for"
            )
    for mode, collector in known:
        for each in alerts_that_resolve(spec, mode, collector):
            if each.labels.get("service") == collector and metrics_in(each.expression) == ["up"]:
                field = "services" if spec.monitoring.alerts[each.id].services else "each"
                message = f"`{each.id}` reports that `{collector}` is down, but `{collector}` itself evaluates it"
                yield Violation(path_of("monitoring", "alerts", each.id, field), message, "write `each: others`")


@rule(
    "PLB862",
    title="Metric in a rule that nothing exports",
    why="The expression never has a result, so the alert never fires.",
    fix="Correct the name, or add it to `metrics` in the image's contract, with its source.",
    failing=watched(("expression: 'pg_up{", "expression: 'pg_upp{")),
    passing=watched(),
)
def unknown_in_rule(spec: Spec) -> Iterator[Violation]:
    """Names in expressions of alerts and computed series that no collected image exports and no record computes."""
    yield from once(
        Violation(path_of(found.path, "expression"), found.message, found.hint, explains=((found.name,),))
        for mode, collector in _collecting(spec)
        for section in ("records", "alerts")
        for found in known_in(spec, mode, collector, section)
    )


@rule(
    "PLB863",
    title="Dashboard panel with an unknown metric",
    why="The panel says «no data», which people read as «nothing happens».",
    fix="Correct the name, or add it to `metrics` in the image's contract, with its source.",
    failing=watched(("expression: up}", "expression: uptime}")),
    passing=watched(),
)
def unknown_in_panel(spec: Spec) -> Iterator[Violation]:
    """Names in panels that no collector of any mode can be asked for: a dashboard is the same in each mode."""
    known = list(_collecting(spec))
    found = [
        {(each.path, each.message, each.hint, each.name) for each in known_in(spec, mode, collector, "dashboards")}
        for mode, collector in known
    ]
    for path, message, hint, name in sorted(set.intersection(*found)) if found else ():
        yield Violation(path, message, hint, explains=((name,),))


@rule(
    "PLB864",
    title="Collector that cannot reach a service",
    why="It cannot collect the metrics. The service counts as down, and its alert never stops firing.",
    fix="Add the service to the collector's `needs`, or put both in one segment.",
    failing=watched() + "networks.yaml: {networks: {front: {modes: {single: {internal: false}}}}}\n"
    "services/back.yaml: {title: Back, summary: Alone., image: postgres, ports: {sql: 5432}, metrics: {port: sql}, segments: []}\n"
    "topology/single.yaml: {roles: {host: {services: [web, db, back]}}}\n",
    passing=watched(),
)
def out_of_reach(spec: Spec) -> Iterator[Violation]:
    """Services that a collector is to ask, without a shared segment on one node, and without a need across nodes."""
    yield from once(found for mode, collector in _collecting(spec) for found in _unreached(spec, mode, collector))


def _unreached(spec: Spec, mode: str, collector: str) -> Iterator[Violation]:
    services = services_of(spec, mode)
    roles = spec.topology[mode].roles
    own = services[collector]
    for target in targets(spec, mode, collector):
        other = services[target.service]
        beside = any({collector, target.service} <= {*role.services} for role in roles.values())
        shared = set(own.segments) & set(other.segments)
        if target.service == collector or (beside and shared):
            continue
        if not beside and own.needs.get(target.service) == target.port:
            continue
        why = (
            "share no segment"
            if beside
            else f"are on different nodes, and `{collector}` does not need its `{target.port}`"
        )
        yield Violation(
            path_of("services", target.service, "metrics"),
            f"`{collector}` collects the metrics of `{target.service}` in mode {mode}, but they {why}",
        )


@rule(
    "PLB865",
    title="Health check that no alert watches",
    why="The service can be unhealthy for days, and nobody is notified.",
    fix="Add `metrics` to the service and an alert for it, or give the reason in `unwatched` of monitoring.yaml.",
    failing=watched(("  unwatched: {web: it collects}\n", "")),
    passing=watched(),
)
def unwatched(spec: Spec) -> Iterator[Violation]:
    """Services with a health check, in a mode with a collector, that no alert is made for."""
    yield from once(
        Violation(path_of("services", name, "health"), f"no alert watches `{name}` in mode {mode}")
        for mode in spec.modes
        if collectors_in(spec, mode)
        for name, service in services_of(spec, mode).items()
        if service.health and name not in spec.monitoring.unwatched and name not in _watched_in(spec, mode)
        if name not in unscraped(spec)  # PLB434 says so
    )


@per_spec
def _watched_in(spec: Spec, mode: str) -> frozenset[str]:
    """Services of which some alert is made."""
    return frozenset(
        subject.service
        for collector in collectors_in(spec, mode)
        for alert in spec.monitoring.alerts
        for subject in _subjects_of(spec, mode, collector, alert)
        if subject.service
    )


@rule(
    "PLB866",
    title="Reason for a gap that no longer exists",
    why="It says that an alert has no runbook, or that nobody watches a service, although that is no longer true.",
    fix="Remove the entry.",
    failing=watched(("  unwatched: {web", "  unanswered: {db-down: none}\n  unwatched: {web")),
    passing=watched(),
)
def idle_reason(spec: Spec) -> Iterator[Violation]:
    """Reasons about alerts that have a runbook wherever they fire, and about services that are watched wherever they run."""
    known = list(_collecting(spec))
    for id in spec.monitoring.unanswered:
        alert = spec.monitoring.alerts.get(id)
        modes = [mode for mode, name in known if alert and _subjects_of(spec, mode, name, id)]
        if alert and modes and all(runbooks_of(spec, mode, alert) for mode in modes):
            yield Violation(path_of("monitoring", "unanswered", id), f"`{id}` has a runbook in every mode", at_key=True)
    for name in spec.monitoring.unwatched:
        placed = [mode for mode in {mode for mode, _ in known} if name in services_of(spec, mode)]
        if placed and all(name in _watched_in(spec, mode) for mode in placed):
            yield Violation(path_of("monitoring", "unwatched", name), f"an alert watches `{name}`", at_key=True)


@rule(
    "PLB867",
    title="Collector that does not load its rules",
    why="The rule file exists, but the collector never evaluates it.",
    fix="Write all of `alerts()` to the file that `rules` names, and name that file in the collector's configuration.",
    failing=watched(("rule_files: [/etc/rules.yml]", "rule_files: []")),
    passing=watched(),
)
def not_loaded(spec: Spec) -> Iterator[Violation]:
    """Collectors whose `rules` is no configuration file of theirs, lacks an alert, or is named by no other file or word of theirs."""
    yield from once(_not_loaded(spec))


def _not_loaded(spec: Spec) -> Iterator[Violation]:
    for placed, texts in of_services(spec):
        collector = spec.monitoring.collectors.get(placed.id)
        if collector is None or not all(text.resolves for text in texts):
            continue  # PLB107 says the latter
        path = path_of("monitoring", "collectors", placed.id, "rules")
        file = next((each for each in placed.service.config if each.target == collector.rules), None)
        if file is None:
            yield Violation(path, f"`{placed.id}` has no configuration file at {collector.rules} in mode {placed.mode}")
            continue
        held = next((each.shown for each in texts if each.where == Where.CONFIG and each.name == file.source), "")
        rules: list[AlertRule] = alerts_that_resolve(spec, placed.mode, placed.id)
        if lacking := [each.id for each in rules if each.id not in held]:
            yield Violation(path, f"{file.source} has no rule for alert `{lacking[0]}`")
        elsewhere = (each for each in texts if each.where in (Where.CONFIG, Where.COMMAND) and each.name != file.source)
        # a path may be relative to the folder of the file that names it
        name = collector.rules.rpartition("/")[2]
        if not any(name in each.shown for each in elsewhere):
            yield Violation(path, f"the configuration of `{placed.id}` does not name {collector.rules}")
