"""Small edits after which a service asks, starts or looks in vain."""

from datetime import date

import pytest

from plumbline.spec.loading import load_spec
from proofs.wrong_specs import files_of
from tests.rules.edited import edited
from validators.rules import check_rules


def rules_of(spec: str, file: str, old: str, new: str) -> list[str]:
    files = files_of(spec)
    assert old in files[file]
    loaded, problems = load_spec({**files, file: files[file].replace(old, new, 1)})
    assert loaded is not None, problems
    return [each.rule for each in check_rules(loaded, date.today()) if each.rule != "PLB808"]


@pytest.mark.parametrize(
    ("spec", "file", "old", "new", "rules"),
    [
        (
            "starter",
            "services/db.yaml",
            "  POSTGRES_DB",
            "  HOOK: https://hooks.example.net/x\n  POSTGRES_DB",
            ["PLB724"],
        ),
        (
            "three modes",
            "services/db.yaml",
            "summary:",
            "environment: {HOOK: 'https://x.example.net'}\nsummary:",
            ["PLB724"],
        ),
        ("starter", "services/web.yaml", "needs:", "environment: {HOOK: 'https://hooks.example.net'}\nneeds:", []),
        (
            "three modes",
            "services/db.yaml",
            "summary:",
            "command: [serve, '--hook=https://x.example.net']\nsummary:",
            ["PLB724"],
        ),
        (
            "three modes",
            "services/db.yaml",
            "summary:",
            "command: [serve, --hook, 'https://x.example.net']\nsummary:",
            ["PLB724"],
        ),
        (
            "three modes",
            "services/db.yaml",
            "summary:",
            "command: [serve, --root-url, 'https://x.example.net']\nsummary:",
            [],
        ),
        ("starter", "services/web.yaml", "needs:", "entrypoint: []\nneeds:", ["PLB155"]),
        ("starter", "services/web.yaml", "needs:", "entrypoint: [/usr/local/bin/traefik]\nneeds:", []),
        (
            "starter",
            "services/db.yaml",
            "command: [pg_isready, -h, 127.0.0.1, -U, sample]",
            "http: {port: sql, path: /}",
            ["PLB431"],
        ),
        ("starter", "services/db.yaml", "[/tmp, /var/run/postgresql]", "[/tmp]", ["PLB426"]),
        ("starter", "services/db.yaml", "/var/lib/postgresql/data", "/var/lib/postgresql", ["PLB428"]),
    ],
)
def test_specs_of_other_shapes(spec: str, file: str, old: str, new: str, rules: list[str]) -> None:
    assert rules_of(spec, file, old, new) == rules


@pytest.mark.parametrize(
    ("file", "old", "new", "rules"),
    [
        ("parity.yaml", "{service: serving, port: http, path", "{service: redis, port: redis, path", ["PLB431"]),
        ("services/grafana.yaml", "PASSWORD__FILE", "PASSWORD_FILE", ["PLB613"]),
        ("services/serving.yaml", "environment:\n", "environment:\n  K: /run/secret/qdrant_api_key\n", ["PLB114"]),
        ("services/serving.yaml", "environment:\n", "environment:\n  K: /run/secrets/qdrant_api_key\n", []),
        ("services/serving.yaml", "environment:\n", "environment:\n  K: /tmp/qdrant_api_key\n", []),
        ("services/serving.yaml", "environment:\n", "environment:\n  K: htps://x\n", ["PLB156"]),
        ("services/serving.yaml", "environment:\n", "environment:\n  K: https//x\n", ["PLB156"]),
        ("services/serving.yaml", "environment:\n", "environment:\n  K: app://x\n", []),
        ("services/serving.yaml", "environment:\n", "environment:\n  K: a//b\n", []),
        ("services/grafana.yaml", "path: /api/health", "path: /api/helth", ["PLB433"]),
        ("services/qdrant.yaml", "metrics: {port: http", "metrics: {port: grpc", ["PLB433"]),
        ("services/qdrant.yaml", "path: /readyz", "path: '/readyz?x=1'", []),
        ("services/loki.yaml", "path: /ready", "path: /logs/ready", ["PLB433"]),
    ],
)
def test_the_shipped_spec(file: str, old: str, new: str, rules: list[str]) -> None:
    assert edited(file, old, new).rules == rules


def test_a_path_behind_a_prefix_is_answered_where_the_prefix_is_configured() -> None:
    files = files_of("shipped")
    service, config = files["services/loki.yaml"], files["config/loki/loki.yaml.j2"]
    assert "server:\n" in config
    changed = {
        "services/loki.yaml": service.replace("path: /ready", "path: /logs/ready", 1),
        "config/loki/loki.yaml.j2": config.replace("server:\n", "server:\n  http_path_prefix: /logs\n", 1),
    }
    spec, problems = load_spec({**files, **changed})
    assert spec is not None, problems
    assert "PLB433" not in [each.rule for each in check_rules(spec, date.today())]


@pytest.mark.parametrize(("path", "found"), [("/redy", True), ("/ready", False)])
def test_a_command_asks_its_own_server_too(path: str, found: bool) -> None:
    command = f"  command: [wget, -q, 'http://127.0.0.1:3100{path}']"
    rules = edited("services/loki.yaml", "  http: {port: http, path: /ready}", command).rules
    assert ("PLB433" in rules) == found
