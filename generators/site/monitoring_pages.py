"""The pages about monitoring: who is asked for what, for architects; what each alert means, for operators."""

from collections.abc import Iterable, Iterator
from functools import partial

from generators.markdown import Page, Where, code, codes, fence, link, prose, text
from plumbline.effective.alerting import AlertRule, record_rules, rules_of_alert
from plumbline.effective.deployment import services_of
from plumbline.effective.expression_names import spec_names
from plumbline.effective.monitoring import collectors_in, targets, uncollected
from plumbline.project.artifact import Artifact
from plumbline.runbook.rendering import render_runbook
from plumbline.spec.paths import PathText, path_of
from plumbline.spec.spec import Spec

ALERTS = "docs/operator/alerts.md"
MONITORING = "docs/architect/monitoring.md"
_AT = partial(path_of, "monitoring")
_SEVERITIES = {"page": "act now", "ticket": "on a working day", "heartbeat": "act when it stops"}


def is_monitored(spec: Spec) -> bool:
    """Whether some mode has a collector."""
    return any(collectors_in(spec, mode) for mode in spec.modes)


def rules_by_mode(spec: Spec, alert: str) -> dict[str, list[AlertRule]]:
    """The rules that an alert becomes, by mode."""
    return {
        mode: [
            rule
            for collector in collectors_in(spec, mode)
            for rule in rules_of_alert(spec, mode, collector, alert, spec_names(spec, mode))
        ]
        for mode in spec.modes
    }


def alerts_by_service(spec: Spec) -> dict[str, list[str]]:
    """The alerts that are about a service, in any mode."""
    found: dict[str, list[str]] = {}
    for id in spec.monitoring.alerts:
        about = {rule.labels.get("service") for rules in rules_by_mode(spec, id).values() for rule in rules}
        for name in sorted(filter(None, about)):
            found.setdefault(name, []).append(id)
    return found


def handled_by(spec: Spec, rules: dict[str, list[AlertRule]], folder: str) -> str:
    """Links to the runbooks of an alert."""
    known = dict.fromkeys(id for mode in rules.values() for rule in mode for id in rule.runbooks)
    return runbook_links(spec, known, folder)


def runbook_links(spec: Spec, ids: Iterable[str], folder: str) -> str:
    """Links to runbooks, or a dash."""
    known = (each for each in ids if each in spec.runbooks)
    return ", ".join(link(render_runbook(spec, each).title, f"{folder}runbooks/{each}.md") for each in known) or "–"


def alerts(spec: Spec) -> Iterable[Artifact]:
    """`docs/operator/alerts.md`, where something collects metrics."""
    if not is_monitored(spec):
        return
    page = Page(ALERTS, "Alerts", _AT("alerts"))
    known = {id: rules_by_mode(spec, id) for id in spec.monitoring.alerts}
    page.add("Each alert, what it means, and the runbook that handles it. All of them derive from the spec.")
    page.table(
        ["Alert", "Severity", "After", "Handled by"],
        [
            (
                _AT("alerts", id),
                [
                    link(id, f"#{id}"),
                    text(_SEVERITIES[alert.severity]),
                    f"{alert.for_s} s",
                    handled_by(spec, known[id], ""),
                ],
            )
            for id, alert in spec.monitoring.alerts.items()
        ],
    )
    for id in spec.monitoring.alerts:
        _alert(page, spec, id, known[id])
    if spec.monitoring.out_of_scope:
        page.add(f"For everything that no alert watches, see {link('monitoring', '../architect/monitoring.md')}.")
    yield page.done()


def _alert(page: Page, spec: Spec, id: str, rules: dict[str, list[AlertRule]]) -> None:
    at = _AT("alerts", id)
    page.add(f"## {text(id)}", at)
    told = [(mode, rule) for mode, each in rules.items() for rule in each]
    if not told:
        page.add("No service has it in any mode.", at)
        return
    _, first = told[0]
    page.add(prose(first.means), path_of(at, "means"))
    answer = handled_by(spec, rules, "")
    reason = spec.monitoring.unanswered.get(id)
    if reason and answer == "–":
        page.add(f"No runbook handles it: {prose(reason)}", _AT("unanswered", id))
    else:
        handling = sorted({each for _, rule in told for each in rule.runbooks})
        names = [path_of("runbooks", each, "title") for each in handling]
        page.add(f"Handled by: {answer}.", [path_of(at, "runbooks"), path_of(at, "symptom"), _AT("symptoms"), *names])
    modes: dict[tuple[str, str], list[str]] = {}
    for mode, rule in told:
        modes.setdefault((rule.title, rule.expression), []).append(mode)
    # each rule is about a service, and says its name
    where = [path_of(at, "title"), path_of(at, "expression"), path_of("services")]
    page.table(
        ["It says", "Condition and duration", "Modes"],
        [(where, [text(title), code(expression), codes(named)]) for (title, expression), named in modes.items()],
    )


def monitoring(spec: Spec) -> Iterable[Artifact]:
    """`docs/architect/monitoring.md`, where something collects metrics."""
    if not is_monitored(spec):
        return
    page = Page(MONITORING, "Monitoring", _AT("collectors"))
    page.add(
        "Which collector reads which metrics, and which rules use them. Targets and rules derive from the "
        "spec: every service with `metrics` is a target. The meaning of each alert is "
        f"on the page {link('Alerts', '../operator/alerts.md')}."
    )
    for mode in spec.modes:
        for collector in collectors_in(spec, mode):
            _collector(page, spec, mode, collector)
    page.section("## Not collected, not watched", ["Service", "Why"], list(_gaps(spec)))
    for index, each in enumerate(spec.monitoring.out_of_scope):
        if not index:
            page.add("## What is not watched yet")
        page.add(f"- {prose(each)}", _AT("out_of_scope", index))
    for id, dashboard in spec.monitoring.dashboards.items():
        page.add(f"## Dashboard: {text(dashboard.title)}", _AT("dashboards", id, "title"))
        page.add(prose(dashboard.summary), _AT("dashboards", id, "summary"))
        page.table(
            ["Row", "Panel", "Shows"],
            [
                (
                    _AT("dashboards", id, "rows", at, "panels", index),
                    [text(row.title), text(panel.title), code(panel.expression)],
                )
                for at, row in enumerate(dashboard.rows)
                for index, panel in enumerate(row.panels)
            ],
        )
    yield page.done()


def _collector(page: Page, spec: Spec, mode: str, collector: str) -> None:
    service, settings = services_of(spec, mode)[collector], spec.monitoring.collectors[collector]
    page.add(f"## {text(service.title)}, {text(mode)}", _AT("collectors", collector))
    page.add(
        f"It scrapes each target every {settings.interval_s:g} s, and reads its rules from {code(settings.rules)}.",
        [_AT("collectors", collector, each) for each in ("interval_s", "rules")],
    )
    page.table(
        ["Service", "Asked at", "Authenticates with"],
        [
            (
                path_of("services", each.service, "metrics"),
                [
                    link(each.service, f"services/{each.service}.md"),
                    code(each.url),
                    code(each.secret) if each.secret else "–",
                ],
            )
            for each in targets(spec, mode, collector)
        ],
    )
    computed: dict[str, list[str]] = {}
    for each in record_rules(spec, mode, collector, spec_names(spec, mode)):
        computed.setdefault(each.name, []).append(each.expression)
    for name, expressions in computed.items():
        page.add(f"### {text(name)}", _AT("records", name))
        page.add(prose(spec.monitoring.records[name].title), _AT("records", name, "title"))
        page.add(fence("\n".join(expressions)), _AT("records", name, "expression"))


def _gaps(spec: Spec) -> Iterator[tuple[Where, list[str]]]:
    found: dict[tuple[str, str], tuple[PathText, list[str]]] = {}
    for mode in spec.modes:
        for each in uncollected(spec, mode):
            path = path_of("services", each.service, "metrics")
            found.setdefault((each.service, f"its metrics are not collected: {each.why}"), (path, []))[1].append(mode)
    for (service, why), (path, modes) in found.items():
        yield path, [code(service), f"{prose(why)} ({codes(modes)})"]
    for service, why in spec.monitoring.unwatched.items():
        yield _AT("unwatched", service), [code(service), prose(why)]
