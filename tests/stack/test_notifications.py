"""Debian's Alertmanager of the pinned version with the generated configuration: who is told, once, and of what not."""

import json
import re
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from plumbline.effective.alerting import AlertRule, alert_rules
from plumbline.effective.config_files import config_text
from plumbline.effective.expression_names import service_names, spec_names
from plumbline.spec.spec import Spec
from tests.gateway.standing import free_ports
from tests.lab.fixtures import not_run
from tests.lab.packages import CannotInstall, install
from tests.stack.conftest import shipped_spec
from tests.stack.test_collector import collecting, impatient
from tests.stack.waiting import until

pytestmark = [pytest.mark.live, pytest.mark.slow]
NOTIFIER = "alertmanager"


class Webhooks:
    """What the operators' webhooks were sent, each by the path of its address."""

    def __init__(self, port: int):
        self.port = port
        self.sent: list[tuple[str, dict[str, Any]]] = []
        webhooks = self

        class WebhookHandler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                webhooks.sent.append((self.path, body))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", port), WebhookHandler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def told(self, path: str) -> set[tuple[str, str]]:
        """Each alert that a webhook was told to fire, and its service."""
        return {
            (alert["labels"]["alertname"], alert["labels"].get("service", ""))
            for at, body in self.sent
            if at == path
            for alert in body["alerts"]
            if alert["status"] == "firing"
        }


def settings(spec: Spec) -> str:
    """The generated configuration."""
    (file,) = spec.services[NOTIFIER].config
    return config_text(file.source, spec.templates[file.source], service_names(spec, "online", NOTIFIER))


@pytest.fixture(scope="module", autouse=True)
def programs() -> None:
    """Both are installed: the notifier in the pinned version, which has its own tool beside it."""
    try:
        install("prometheus", "prometheus-alertmanager")
    except CannotInstall as error:
        not_run(error)


@contextmanager
def notifying(folder: Path) -> Iterator[tuple[int, Webhooks]]:
    """Alertmanager as the spec has it, but for patience; its port, and what it calls."""
    own, hooks = free_ports(2)
    webhooks = Webhooks(hooks)
    text = re.sub(r"/run/secrets/(\w+)", rf"{folder}/\1", settings(shipped_spec()))
    text = re.sub(r"group_(wait|interval): \d+s", r"group_\1: 1s", text)
    (folder / "alertmanager.yml").write_text(text)
    for name in shipped_spec().services[NOTIFIER].secrets:
        (folder / name).write_text(f"http://127.0.0.1:{hooks}/{name}\n")
    call = ["prometheus-alertmanager", f"--config.file={folder / 'alertmanager.yml'}"]
    call += [f"--storage.path={folder / 'data'}", "--cluster.listen-address=", f"--web.listen-address=127.0.0.1:{own}"]
    with (folder / "log").open("w") as log, subprocess.Popen(call, stdout=log, stderr=log) as process:
        try:
            until(lambda: process.poll() is not None or ready(own), "Alertmanager")
            assert process.poll() is None, (folder / "log").read_text()
            yield own, webhooks
        finally:
            process.terminate()
            webhooks.server.shutdown()


def ready(port: int) -> bool:
    """What the health check of the spec asks."""
    path = shipped_spec().services[NOTIFIER].health
    assert path is not None and path.http is not None
    try:
        with urlopen(f"http://127.0.0.1:{port}{path.http.path}", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def fire(port: int, *alerts: dict[str, str]) -> None:
    """Hand over alerts, as Prometheus does."""
    now = datetime.now(UTC)
    body = [
        {"labels": each, "startsAt": now.isoformat(), "endsAt": (now + timedelta(minutes=9)).isoformat()}
        for each in alerts
    ]
    asked = Request(
        f"http://127.0.0.1:{port}/api/v2/alerts", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urlopen(asked, timeout=5) as answer:
        assert answer.status == 200


def alert(name: str, severity: str, service: str) -> dict[str, str]:
    """Labels of one."""
    return {"alertname": name, "severity": severity, "service": service}


def test_its_own_tool_accepts_the_configuration_and_refuses_a_slip(tmp_path: Path) -> None:
    for text, code in (
        (settings(shipped_spec()), 0),
        (settings(shipped_spec()).replace("receiver: page", "receiver: pge"), 1),
    ):
        (tmp_path / "alertmanager.yml").write_text(text)
        call = ["amtool", "check-config", str(tmp_path / "alertmanager.yml")]
        done = subprocess.run(call, capture_output=True, text=True, check=False)
        assert done.returncode == code, done.stdout + done.stderr


def test_each_severity_has_its_webhook_and_what_is_down_is_told_alone(tmp_path: Path) -> None:
    with notifying(tmp_path) as (port, webhooks):
        fire(port, alert("service-down", "page", "minio"))
        until(lambda: ("service-down", "minio") in webhooks.told("/alert_webhook_url"), "the page")
        fire(
            port,
            alert("disk-filling", "ticket", "minio"),
            alert("disk-filling", "ticket", "qdrant"),
            alert("heartbeat", "heartbeat", "prometheus"),
            {"alertname": "of-no-known-severity"},
        )
        until(lambda: ("of-no-known-severity", "") in webhooks.told("/alert_webhook_url"), "the unknown one")
        until(lambda: ("disk-filling", "qdrant") in webhooks.told("/alert_webhook_url"), "the ticket")
        until(lambda: webhooks.told("/alert_heartbeat_url") == {("heartbeat", "prometheus")}, "the heartbeat")
        assert ("disk-filling", "minio") not in webhooks.told("/alert_webhook_url")
        assert not {name for name, _ in webhooks.told("/alert_webhook_url")} & {"heartbeat"}


def test_a_service_that_stops_is_told_to_the_operators_and_the_heartbeat_goes_on(
    programs: Path, tmp_path: Path
) -> None:
    for name in ("notifier", "collector"):
        (tmp_path / name).mkdir()
    with (
        notifying(tmp_path / "notifier") as (port, webhooks),
        collecting(impatient(), "online", tmp_path / "collector", notifier=port) as running,
    ):
        heartbeat = [each.fires for each in _rules(running.spec, "heartbeat")]
        running.exporters.samples["prometheus"] = [sample for samples in heartbeat for sample in samples]
        until(lambda: ("heartbeat", "prometheus") in webhooks.told("/alert_heartbeat_url"), "the heartbeat")
        assert webhooks.told("/alert_webhook_url") == set()
        running.exporters.down = {"loki"}
        until(lambda: ("service-down", "loki") in webhooks.told("/alert_webhook_url"), "the page")


def _rules(spec: Spec, id: str) -> list[AlertRule]:

    return [each for each in alert_rules(spec, "online", "prometheus", spec_names(spec, "online")) if each.id == id]
