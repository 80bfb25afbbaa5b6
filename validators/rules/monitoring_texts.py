"""PLB547, PLB548, PLB868: texts of monitoring.yaml that resolve, are PromQL as far as that can be seen, and name what is exported."""

from collections.abc import Iterator
from dataclasses import dataclass

from plumbline.effective.alerting import AlertRule, rules_of_alert, rules_of_record
from plumbline.effective.deployment import services_of
from plumbline.effective.expression_names import spec_names
from plumbline.effective.monitoring import collectors_in, known_series, targets
from plumbline.effective.per_spec import per_spec
from plumbline.expressions.promql import metrics_in, unclosed
from plumbline.expressions.rendering import ExpressionError, render
from plumbline.spec.paths import PathText, path_of
from plumbline.spec.spec import Spec
from plumbline.spec.suggestions import closest
from validators.rules.effective_services import once
from validators.rules.monitoring_examples import watched
from validators.rules.registry import Violation, rule


@dataclass(frozen=True, slots=True)
class UnknownMetric:
    """A name in an expression that stands for nothing."""

    path: PathText
    message: str
    hint: str | None
    name: str


@dataclass(frozen=True, slots=True)
class _Written:
    """An expression as a collector gets it, or why it gets none."""

    path: PathText
    expression: str = ""
    problem: str | None = None


def known_in(spec: Spec, mode: str, collector: str, section: str) -> Iterator[UnknownMetric]:
    """Names in the expressions of `records`, `alerts` or `dashboards` that a collector can't be asked for."""
    known = known_series(spec, mode, collector)
    for each in _expressions(spec, mode, collector, section):
        for name in metrics_in(each.expression):
            if name not in known:
                close = closest(name, known)
                yield UnknownMetric(
                    each.path, f"nothing exports `{name}`", f"did you mean `{close}`?" if close else None, name
                )


def alerts_that_resolve(spec: Spec, mode: str, collector: str) -> list[AlertRule]:
    """The rules of a collector's alerts, without those that PLB548 speaks of."""
    found: list[AlertRule] = []
    for id in spec.monitoring.alerts:
        try:
            found += rules_of_alert(spec, mode, collector, id, spec_names(spec, mode))
        except ExpressionError:
            continue
    return found


@per_spec
def _expressions(spec: Spec, mode: str, collector: str, section: str) -> tuple[_Written, ...]:
    """Those of `records`, `alerts` or `dashboards`."""
    if section == "dashboards":
        return tuple(_of_panels(spec, mode))
    return tuple(_of_rules(spec, mode, collector, section))


def _of_rules(spec: Spec, mode: str, collector: str, section: str) -> Iterator[_Written]:
    names = spec_names(spec, mode)
    made = rules_of_alert if section == "alerts" else rules_of_record
    for id in getattr(spec.monitoring, section):
        path = path_of("monitoring", section, id)
        try:
            expressions = [each.expression for each in made(spec, mode, collector, id, names)]
        except ExpressionError as error:
            yield _Written(path, problem=str(error))
            continue
        yield from (_Written(path, expression) for expression in expressions)


def _of_panels(spec: Spec, mode: str) -> Iterator[_Written]:
    names = spec_names(spec, mode)
    for id, dashboard in spec.monitoring.dashboards.items():
        for at, row in enumerate(dashboard.rows):
            for index, panel in enumerate(row.panels):
                path = path_of("monitoring", "dashboards", id, "rows", at, "panels", index, "expression")
                try:
                    yield _Written(path, render(panel.expression, names))
                except ExpressionError as error:
                    yield _Written(path, problem=str(error))


def _every(spec: Spec) -> Iterator[_Written]:
    for mode in spec.modes:
        for collector in collectors_in(spec, mode):
            for section in ("records", "alerts", "dashboards"):
                yield from _expressions(spec, mode, collector, section)


@rule(
    "PLB547",
    title="Unclosed bracket or quote in a PromQL expression",
    why="The collector rejects the whole rule file, and starts without rules or not at all.",
    fix="Close it. PromQL uses single braces. `promtool check rules` checks the rest of the syntax.",
    failing=watched(("== 0'", "== (0'")),
    passing=watched(),
)
def not_closed(spec: Spec) -> Iterator[Violation]:
    """Expressions of rules and panels with a bracket or a quote of which there is only one."""
    yield from once(
        Violation(each.path, f"`{char}` stands alone in `{each.expression}`")
        for each in _every(spec)
        if (char := unclosed(each.expression))
    )


@rule(
    "PLB548",
    title="Text of an alerting rule that does not resolve",
    why="The collector's configuration cannot be generated.",
    fix="Correct the name. The data reference lists the names that expressions can use.",
    failing=watched(("{{ service_id }}", "{{ servise }}")),
    passing=watched(),
)
def not_resolved(spec: Spec) -> Iterator[Violation]:
    """Alerts, computed series and panels with an expression over the spec that fails."""
    yield from once(Violation(each.path, each.problem) for each in _every(spec) if each.problem)


@rule(
    "PLB868",
    title="Collector without the secret that a service asks for",
    why="The service refuses the requests. It counts as down, and its alert never stops firing.",
    fix="Add the secret to `secrets` of the collector.",
    failing=watched(("{metrics: {port: sql}}", "{metrics: {port: sql, secret: db_password}}")),
    passing=watched(
        ("{metrics: {port: sql}}", "{metrics: {port: sql, secret: db_password}}"),
        ("services/web.yaml:\n", "services/web.yaml:\n  secrets: {db_password: {}}\n"),
    ),
)
def lacks_token(spec: Spec) -> Iterator[Violation]:
    """Services whose metrics a secret opens that the collector does not have."""
    yield from once(
        Violation(
            path_of("services", target.service, "metrics", "secret"),
            f"`{collector}` scrapes `{target.service}` in mode {mode}, but lacks `{target.secret}`",
            f"add `{target.secret}: {{}}` to `secrets` of {collector}",
        )
        for mode in spec.modes
        for collector in collectors_in(spec, mode)
        for target in targets(spec, mode, collector)
        if target.secret and target.secret not in services_of(spec, mode)[collector].secrets
    )
