"""PLB160: names in Alertmanager's files that it, or an alert, has."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from plumbline.spec.spec import Spec
from plumbline.spec.suggestions import closest
from validators.rules.effective_services import once
from validators.rules.proxy_config import Read, dig, files_of_program, violation_at
from validators.rules.registry import Violation, rule

_KEYS = frozenset(
    {"active_time_intervals", "continue", "group_by", "group_interval", "group_wait", "match", "match_re", "matchers", "mute_time_intervals",
     "receiver", "repeat_interval", "routes"}
)  # fmt: skip
_LABELS = frozenset({"alertname", "instance", "job", "service", "severity"})
"""Labels that generated alerts have."""
_MATCHER = re.compile(r"[\s{]*([A-Za-z_]\w*)\s*(=~|!~|!=|=)([^}]*)")
_ROUTES = """
images.yaml:
  images:
    alertmanager: {{repository: docker.io/prom/alertmanager, tag: v0.28.1, digest: "sha256:{1}", licence: Apache-2.0,
                    lifecycle: {{state: supported}}, http_client: wget}}
config/alertmanager.yml: "{{route: {{receiver: {0}}}, receivers: [{{name: page}}]}}"
services/tell.yaml:
  {{title: Tell, summary: Tells., image: alertmanager, ports: {{http: 9093}}, segments: [back],
    config: [{{source: config/alertmanager.yml, target: /etc/alertmanager/alertmanager.yml}}]}}
topology/single.yaml: {{roles: {{host: {{services: [web, db, tell]}}}}}}
"""


@rule(
    "PLB160",
    title="Undefined name in Alertmanager's file",
    why="With an undefined receiver or key, Alertmanager does not start. A matcher for a label that no alert has never matches.",
    fix="Correct the name, or define it.",
    failing=_ROUTES.format("pager", "0f" * 32),
    passing=_ROUTES.format("page", "0f" * 32),
)
def unknown_to_alertmanager(spec: Spec) -> Iterator[Violation]:
    """Receivers and keys of routes that are none, and matchers of a label or an alert that is one but for its spelling."""
    yield from once(
        found
        for _, files in files_of_program(spec, "alertmanager")
        for read in files
        if "route" in read[1]
        for found in _unknown(spec, read)
    )


def _unknown(spec: Spec, read: Read) -> Iterator[Violation]:
    text, file = read
    receivers = {str(dig(each, "name")) for each in dig(file, "receivers") or ()}
    labels = {*_LABELS, *(label for alert in spec.monitoring.alerts.values() for label in getattr(alert, "labels", ()))}
    for route in _routes(dig(file, "route")):
        for key in sorted(set(map(str, route)) - _KEYS):
            yield violation_at(text, key, f"a route has no key `{key}`", _KEYS)
        name = dig(route, "receiver")
        if isinstance(name, str) and name not in receivers:
            yield violation_at(text, name, f"there is no receiver `{name}`", receivers)
    alerts = sorted(spec.monitoring.alerts)
    for matcher in _matchers(file):
        found = _MATCHER.match(matcher)
        value = found[3].strip(' "') if found else ""
        if found and _is_misspelt(found[1], sorted(labels)):
            yield violation_at(text, found[1], f"no alert has a label `{found[1]}`", labels)
        elif found and found[1] == "alertname" and "~" not in found[2] and _is_misspelt(value, alerts):
            yield violation_at(text, value, f"there is no alert `{value}`", alerts)


def _is_misspelt(name: str, known: Sequence[str]) -> bool:
    return name not in known and closest(name, known) is not None


def _routes(route: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(route, dict):
        yield route
        for below in route.get("routes") or ():
            yield from _routes(below)


def _matchers(file: Mapping[str, Any]) -> Iterator[str]:
    for route in _routes(dig(file, "route")):
        yield from map(str, route.get("matchers") or ())
    for each in dig(file, "inhibit_rules") or ():
        for field in ("source_matchers", "target_matchers"):
            yield from map(str, dig(each, field) or ())
