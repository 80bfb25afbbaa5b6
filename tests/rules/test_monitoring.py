"""Rules about monitoring on the shipped spec with one thing changed, on the starter, and on one with three modes."""

from datetime import date, timedelta

import pytest

from generators.registry import generate
from plumbline.effective.alerting import alert_rules
from plumbline.effective.expression_names import spec_names
from plumbline.effective.monitoring import collectors_in, targets, uncollected
from plumbline.spec.loading import load_spec
from plumbline.spec.spec import Spec
from tests.rules.edited import shipped
from tests.rules.three_modes import three_modes
from tests.rules.two_modes import service
from validators.rules import RULES
from validators.rules.examples import example_spec
from validators.rules.monitoring_examples import watched

FILES = ("docs/operator/alerts.md", "docs/operator/symptoms.md", "docs/architect/monitoring.md")


def found(spec: Spec, rule: str) -> list[str]:
    return [each.message for each in RULES[rule].findings(spec, date.today())]


@pytest.mark.parametrize(
    ("file", "old", "new", "rule", "said"),
    [
        (
            "monitoring.yaml",
            "  serving: No source says that the platform's images export metrics.\n",
            "",
            "PLB865",
            "serving",
        ),
        ("monitoring.yaml", "unwatched:\n", "unwatched:\n  qdrant: nobody\n", "PLB866", "qdrant"),
        ("monitoring.yaml", "services: [loki]", "services: [postgres]", "PLB861", "logs-lost"),
        ("monitoring.yaml", "expression: up{", "expression: is_up{", "PLB862", "is_up"),
        ("monitoring.yaml", "each: others", "each: scraped", "PLB861", "prometheus"),
        (
            "monitoring.yaml",
            "expression: minio_cluster_usage_total_bytes",
            "expression: minio_size",
            "PLB863",
            "minio_size",
        ),
        ("contracts/minio.yaml", "  minio_node_drive_total_bytes:", "  minio_drive_bytes:", "PLB548", ""),
        (
            "services/qdrant.yaml",
            "segments: [etl-internal, monitoring]",
            "segments: [etl-internal]",
            "PLB864",
            "offline",
        ),
        (
            "services/prometheus.yaml",
            "  online: {needs: {alertmanager: http, loki: http, node-metrics: http}}\n",
            "",
            "PLB864",
            "loki",
        ),
        ("services/prometheus.yaml", "secrets: {qdrant_api_key: {}}\n", "", "PLB868", "qdrant_api_key"),
        ("services/qdrant.yaml", "metrics: {port: http", "metrics: {port: htp", "PLB106", "htp"),
        (
            "config/prometheus/prometheus.yml.j2",
            'rule_files: ["{{ collector.rules }}"]',
            "rule_files: []",
            "PLB867",
            "does not name",
        ),
        ("config/prometheus/rules.yml.j2", "- alert: {{ rule.id }}", "- alert: it", "PLB867", "service-down"),
    ],
)
def test_a_slip_in_the_shipped_spec_is_found(file: str, old: str, new: str, rule: str, said: str) -> None:
    assert old in shipped()[file]
    spec, findings = load_spec(shipped() | {file: shipped()[file].replace(old, new, 1)})
    assert spec is not None, findings
    messages = found(spec, rule)
    if not said:  # what is renamed on both sides is as right as before
        assert messages == []
        return
    assert any(said in message for message in messages), messages


@pytest.mark.parametrize("field", ["runbooks: [no-such]", "symptom: no-such"])
def test_a_runbook_or_a_symptom_that_does_not_exist_is_a_reference_like_others(field: str) -> None:
    spec = example_spec(watched(("runbooks: [start]", field)))
    assert any("no-such" in message for message in found(spec, "PLB101"))


def test_an_alert_is_made_for_each_service_that_it_selects_and_tells_its_own_limits() -> None:
    spec, _ = load_spec(shipped())
    assert spec is not None
    rules = list(alert_rules(spec, "offline", "prometheus", spec_names(spec, "offline")))
    down = [rule.labels["service"] for rule in rules if rule.id == "service-down"]
    assert down == [each.service for each in targets(spec, "offline", "prometheus") if each.service != "prometheus"]
    assert "loki" not in down
    near = next(rule for rule in rules if rule.id == "volume-beyond-its-room" and rule.labels["service"] == "minio")
    room = spec.services["minio"].volume_gb["data"]
    assert near.expression.endswith(f"> {room * 900_000_000}")


def test_an_agent_on_other_nodes_is_said_to_be_uncollected() -> None:
    spec, _ = load_spec(shipped())
    assert spec is not None
    assert [(each.service, each.why) for each in uncollected(spec, "online")] == [
        ("alloy", "on nodes of worker, db, which have no collector")
    ]
    assert uncollected(spec, "offline") == []


def test_a_spec_without_monitoring_has_no_page_and_no_file_of_it() -> None:
    for spec in (example_spec(""), three_modes()):
        paths = {artifact.path for artifact in generate(spec)}
        assert not paths & {*FILES}
        assert not any(path.startswith("deploy/tests") for path in paths)


def test_a_collector_in_one_of_three_modes() -> None:
    """Targets, pages and tests of rules are that mode's alone, and no rule asks anything of the others."""
    eye = service(
        ports={"http": 9090},
        segments=["back"],
        needs={"db": "sql"},
        metrics={"port": "http"},
        config=[
            {"source": "config/rules.yml.j2", "target": "/etc/rules.yml"},
            {"source": "config/eye.yml", "target": "/etc/eye.yml"},
        ],
    )
    changes = {
        "services/eye.yaml": eye,
        "services/db.yaml": service(
            ports={"sql": 5432}, segments=["back"], volumes={"data": "/var/lib/db"}, metrics={"port": "sql"}
        ),
        "config/eye.yml": "rules: /etc/rules.yml\n",
        "config/rules.yml.j2": "{% for rule in alerts() %}{{ rule.id }}\n{% endfor %}",
        "monitoring.yaml": {
            "collectors": {"eye": {"rules": "/etc/rules.yml"}},
            "alerts": {
                "down": {
                    "title": "{{ service.title }} is down",
                    "means": "Nothing.",
                    "each": "others",
                    "expression": 'up{service="{{ service_id }}"} == 0',
                    "for_s": 60,
                    "severity": "page",
                    "fires": [{"series": 'up{service="{{ service_id }}"}', "values": "0x9"}],
                    "silent": [{"series": 'up{service="{{ service_id }}"}', "values": "1x9"}],
                }
            },
            "unanswered": {"down": "a sample"},
        },
    }
    plain = three_modes()
    single = plain.topology["single"].model_dump(exclude_defaults=True) | {"entry": {"service": "web"}}
    single["roles"]["host"]["services"] = ["web", "db", "eye"]
    spec = three_modes({**changes, "topology/single.yaml": single})
    assert {mode: collectors_in(spec, mode) for mode in spec.modes} == {"dev": [], "single": ["eye"], "cluster": []}
    paths = {artifact.path for artifact in generate(spec)}
    assert {*FILES} <= paths
    assert [path for path in paths if path.startswith("deploy/tests")] == [
        "deploy/tests/monitoring/single-host-eye.yaml"
    ]
    for rule in (*(f"PLB86{each}" for each in (0, 1, 2, 3, 4, 6, 7, 8)), "PLB547", "PLB548"):
        assert found(spec, rule) == [], rule
    assert found(spec, "PLB865") == [f"no alert watches `{each}` in mode single" for each in ("eye", "web")]


def test_a_runbook_for_one_mode_does_not_handle_an_alert_in_another() -> None:
    """And the mode is named; a reason takes the place of the runbook."""
    old = "runbooks: [offline-sick-service, online-sick-service]"
    text = shipped()["monitoring.yaml"]
    assert old in text
    text = text.replace(old, "runbooks: [offline-sick-service]")
    spec, _ = load_spec(shipped() | {"monitoring.yaml": text})
    assert spec is not None
    assert any("`service-down` can fire in mode online" in message for message in found(spec, "PLB860"))
    text = text.replace("unanswered:\n", "unanswered:\n  service-down: a sample\n")
    spec, _ = load_spec(shipped() | {"monitoring.yaml": text})
    assert spec is not None
    assert not any("`service-down`" in message for message in found(spec, "PLB860"))


def test_a_collector_is_asked_for_no_secret_of_the_stores_that_others_need() -> None:
    """It asks MinIO for metrics alone; a service that asks for more needs the keys."""
    spec, _ = load_spec(shipped())
    assert spec is not None
    assert found(spec, "PLB609") == []
    service = shipped()["services/minio.yaml"].replace("metrics: {port: s3", "metrics: {port: console")
    spec, _ = load_spec(shipped() | {"services/minio.yaml": service})
    assert spec is not None
    assert any("`prometheus` needs `minio`" in message for message in found(spec, "PLB609"))


def test_a_service_on_several_nodes_is_asked_on_the_first_alone_and_that_is_said() -> None:
    files = shipped()
    worker = files["services/parse-worker.yaml"].replace("limits:", "metrics: {port: health}\nlimits:", 1)
    spec, findings = load_spec(files | {"services/parse-worker.yaml": worker})
    assert spec is not None, findings
    said = {each.service: each.why for each in uncollected(spec, "online")}
    assert said["parse-worker"] == "on other nodes of worker than the first"
    assert uncollected(spec, "offline") == []


def test_prices_are_old_a_day_after_the_limit_and_only_where_something_is_ordered() -> None:
    spec, _ = load_spec(shipped())
    assert spec is not None
    recorded = date.fromisoformat(spec.catalogue.date)
    limit = spec.catalogue.max_age_days

    def of(spec: Spec, days: int) -> list[str]:
        return [each.message for each in RULES["PLB869"].findings(spec, recorded + timedelta(days=days))]

    assert of(spec, limit) == []
    assert of(spec, limit + 1) == [f"the prices are from {recorded}, {limit + 1} days old"]
    # nothing is ordered there, and the starter has no catalogue
    assert of(three_modes(), 10_000) == of(example_spec(""), 10_000) == []
