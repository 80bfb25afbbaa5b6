"""Debian's Prometheus with the generated configuration: it asks every target, has every rule, and each alert fires by a fault."""

import json
import re
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest

from plumbline.effective.alerting import AlertRule, RenderedSample, alert_rules
from plumbline.effective.backups import tells_node_metrics
from plumbline.effective.config_files import config_text
from plumbline.effective.expression_names import service_names, spec_names
from plumbline.effective.monitoring import ScrapeTarget, targets
from plumbline.expressions.rendering import value_text
from plumbline.spec.loading import load_spec
from plumbline.spec.spec import Spec
from tests.gateway.standing import free_ports
from tests.lab.fixtures import not_run
from tests.lab.packages import CannotInstall, install
from tests.rules.edited import shipped
from tests.stack.waiting import until

pytestmark = [pytest.mark.live, pytest.mark.slow]

COLLECTOR = "prometheus"
MODES = ("online", "offline")
KEY = "k" * 32
_SAMPLE = re.compile(r"(?P<name>[\w:]+)\{(?P<labels>[^}]*)\}")
_VALUES = re.compile(r"(?P<first>-?[0-9.]+)(?:\+(?P<more>[0-9]+))?x")
_SERVICE = re.compile(r'service="[^"]*",?')


def impatient() -> Spec:
    """The shipped spec, whose collector asks each second, and whose alerts wait for one."""
    text = shipped()["monitoring.yaml"]
    text = re.sub(r"for_s: \d+", "for_s: 1", text.replace("interval_s: 30", "interval_s: 1"))
    spec, findings = load_spec(shipped() | {"monitoring.yaml": text})
    assert spec is not None, findings
    return spec


class Exporters:
    """Every target at once: what each tells, and how often it was asked."""

    def __init__(self, asked: tuple[ScrapeTarget, ...], port: int):
        self.samples: dict[str, list[RenderedSample]] = {}
        self.down: set[str] = set()
        self.by_host = {each.service: each for each in asked}
        self.rounds: dict[str, int] = dict.fromkeys(self.by_host, 0)
        self.refused: set[str] = set()
        self.began = time.time()
        self.server = ThreadingHTTPServer(("127.0.0.1", port), self._handler())
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def text(self, service: str) -> str:
        """What a service tells now; what grows has grown with each time."""
        self.rounds[service] += 1
        lines = []
        for each in self.samples.get(service, []):
            found, values = _SAMPLE.fullmatch(each.series), _VALUES.match(each.values)
            if found and values and found["name"] != "up":
                value = float(values["first"]) + float(values["more"] or 0) * self.rounds[service]
                if found["name"].endswith("_timestamp_seconds"):  # a test of promtool begins at 0, a real collector now
                    value += self.began
                # as an image does: labels of its own, beside the service's, which the collector adds
                own = ",".join(filter(None, (_SERVICE.sub("", found["labels"]), 'server="one:9000"')))
                lines.append(f"{found['name']}{{{own}}} {value}")
        return "\n".join(lines) + "\n"

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        exporters = self

        class TargetHandler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                _, service, path = self.path.split("/", 2)
                target = exporters.by_host[service]
                known = f"/{path}" == target.path
                if target.secret and self.headers.get("Authorization") != f"Bearer {KEY}":
                    exporters.refused.add(service)
                    known = False
                self.send_response(200 if known and service not in exporters.down else 503)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.end_headers()
                if known:
                    self.wfile.write(exporters.text(service).encode())

            def log_message(self, *_: object) -> None:
                """Nothing."""

        return TargetHandler


class RunningCollector:
    """A collector that runs."""

    def __init__(self, spec: Spec, mode: str, port: int, exporters: Exporters):
        self.spec, self.mode, self.port, self.exporters = spec, mode, port, exporters

    def get(self, path: str, **asked: str) -> Any:
        """What its interface answers."""
        with urlopen(f"http://127.0.0.1:{self.port}{path}?{urlencode(asked)}", timeout=30) as answer:
            return json.load(answer)["data"]

    def firing(self, id: str) -> set[str]:
        """Services or backups for which an alert fires."""
        alerts = self.get("/api/v1/alerts")["alerts"]
        return {
            subject(each["labels"])
            for each in alerts
            if each["labels"]["alertname"] == id and each["state"] == "firing"
        }

    def told_by(self, rules: list[AlertRule], samples: Callable[[AlertRule], tuple[RenderedSample, ...]]) -> None:
        """Have the exporters tell what rules are tested with: of a service itself, of a backup whoever tells for its node."""
        node = next((id for id, each in self.spec.services.items() if tells_node_metrics(self.spec, each)), "")
        told: dict[str, list[RenderedSample]] = {}
        for rule in rules:
            told.setdefault(rule.labels.get("service", node), []).extend(samples(rule))
        self.exporters.samples = told


def subject(labels: Mapping[str, str]) -> str:
    """What a rule or an alert is about."""
    return labels.get("service") or labels["backup"]


@contextmanager
def collecting(spec: Spec, mode: str, folder: Path, notifier: int | None = None) -> Iterator[RunningCollector]:
    """Prometheus with the files of the spec, which hands alerts to a port, where one is given. What it calls by name stands at one address; each path tells which target is meant."""
    names = service_names(spec, mode, COLLECTOR)
    own, others = free_ports(2)
    asked = targets(spec, mode, COLLECTOR)
    texts = {
        Path(file.target).name: config_text(file.source, spec.templates[file.source], names)
        for file in spec.services[COLLECTOR].config
    }
    settings = texts["prometheus.yml"].replace(spec.monitoring.collectors[COLLECTOR].rules, str(folder / "rules.yml"))
    settings = re.sub(r"/run/secrets/\w+", str(folder / "key"), settings)
    if notifier is not None:
        asks, separator, rest = settings.partition("rule_files:")
        settings = re.sub(r'"alertmanager:\d+"', f'"127.0.0.1:{notifier}"', asks) + separator + rest
    for each in asked:
        settings = settings.replace(f'"{each.address}"', f'"127.0.0.1:{others}"')
        job = f"  - job_name: {each.service}\n    metrics_path: "
        assert job in settings
        settings = settings.replace(f"{job}{each.path}\n", f"{job}/{each.service}{each.path}\n")
    (folder / "rules.yml").write_text(texts["rules.yml"])
    (folder / "prometheus.yml").write_text(settings)
    (folder / "key").write_text(KEY)
    exporters = Exporters(asked, others)
    program = [shutil.which("prometheus") or "prometheus", f"--config.file={folder / 'prometheus.yml'}"]
    program += [f"--storage.tsdb.path={folder / 'data'}", f"--web.listen-address=127.0.0.1:{own}"]
    with (folder / "log").open("w") as log, subprocess.Popen(program, stdout=log, stderr=log) as process:
        try:
            running = RunningCollector(spec, mode, own, exporters)
            until(lambda: process.poll() is not None or answers(running), "Prometheus")
            assert process.poll() is None, (folder / "log").read_text()
            yield running
        finally:
            process.terminate()
            exporters.server.shutdown()


def answers(running: RunningCollector) -> bool:
    try:
        return len(running.get("/api/v1/query", query="up")["result"]) == len(running.exporters.by_host)
    except OSError:
        return False


@pytest.fixture(scope="module", params=MODES)
def running(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCollector]:
    try:
        install("prometheus")
    except CannotInstall as error:
        not_run(error)
    with collecting(impatient(), request.param, tmp_path_factory.mktemp("collector")) as found:
        yield found


def test_it_asks_every_target_and_shows_its_key_where_one_is_asked_for(running: RunningCollector) -> None:
    up = {each["metric"]["service"]: each["value"][1] for each in running.get("/api/v1/query", query="up")["result"]}
    assert up == dict.fromkeys(running.exporters.by_host, "1")
    assert running.exporters.refused == set()


def test_it_has_the_rules_that_the_spec_expects_of_it(running: RunningCollector) -> None:
    rules = [rule for group in running.get("/api/v1/rules")["groups"] for rule in group["rules"]]
    assert [rule["name"] for rule in rules if rule["health"] == "err"] == []
    query = running.spec.services[COLLECTOR].running["rules"]
    names = service_names(running.spec, running.mode, COLLECTOR)
    assert str(len(rules)) == value_text(query.answers["loaded rules"], names)


@pytest.mark.parametrize("id", load_spec(shipped())[0].monitoring.alerts)  # type: ignore[union-attr]
def test_each_alert_fires_by_its_fault_and_ends_with_it(running: RunningCollector, id: str) -> None:
    rules: list[AlertRule] = [
        each
        for each in alert_rules(running.spec, running.mode, COLLECTOR, spec_names(running.spec, running.mode))
        if each.id == id
    ]
    meant = {subject(rule.labels) for rule in rules}
    exporters = running.exporters
    running.told_by(rules, lambda rule: rule.silent)
    until(lambda: running.firing(id) == set(), f"{id} to be silent")
    running.told_by(rules, lambda rule: rule.fires)
    exporters.down = meant if any(each.series.startswith("up{") for rule in rules for each in rule.fires) else set()
    until(lambda: running.firing(id) == meant, f"{id} of {meant}")
    exporters.down = set()
    running.told_by(rules, lambda rule: rule.silent)
    if "increase(" not in "".join(rule.expression for rule in rules):  # that goes on until its window is over
        until(lambda: running.firing(id) == set(), f"{id} to end")
