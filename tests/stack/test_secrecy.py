"""Where secrets' values turn up."""

from pathlib import Path

import pytest

from plumbline.effective.deployment import Deployment
from plumbline.stack.layout import Node
from plumbline.stack.project import ComposeProject
from validators.rules.examples import example_spec
from validators.stack.secrecy import generated_files, secret_checks

VALUE = "s3cr3t-v4lu3"
KERNEL = {"environment": {"A": "b"}, "arguments": ["db --quiet"]}


def project(use: str = "variable: POSTGRES_PASSWORD_FILE") -> ComposeProject:
    spec = example_spec(f"services/db.yaml: {{secrets: {{db_password: {{{use}}}}}}}")
    deployment = Deployment("single", "host", {"db": spec.services["db"]}, "deploy/single", "starter-single")
    return ComposeProject("p", Node(deployment), "/nowhere", {})


def container(text: str = "") -> dict[str, object]:
    return {"Config": {"Labels": {"com.docker.compose.service": "db"}, "Env": [text]}}


@pytest.mark.parametrize(
    ("kind", "holder", "described", "kernel", "log", "file"),
    [
        ("inspect", "db", f"PASSWORD={VALUE}", KERNEL, "", ""),
        ("environment", "db", "", KERNEL | {"environment": {"P": VALUE}}, "", ""),
        ("arguments", "db", "", KERNEL | {"arguments": [f"db --password={VALUE}"]}, "", ""),
        ("log", "db", "", KERNEL, f"my password is {VALUE}!", ""),
        ("file", "compose.yaml", "", KERNEL, "", f"password: {VALUE}"),
    ],
)
def test_it_is_found(kind: str, holder: str, described: str, kernel: dict[str, object], log: str, file: str) -> None:
    values = {"db_password": VALUE}
    checks = secret_checks(
        project(), values, [container(described)], {"db": kernel}, {"db": log}, {"compose.yaml": file}
    )
    found = {check.attribute: check.observed for check in checks if check.outcome != "matches"}
    assert found == {f"kept.{kind}": f"present in {holder}"}
    assert VALUE not in str(checks)


def test_where_it_is_nowhere_else_everything_matches() -> None:
    checks = secret_checks(project(), {"db_password": VALUE}, [container()], {"db": KERNEL}, {"db": "up"}, {"a": "b"})
    assert len(checks) == 5
    assert all(check.outcome == "matches" for check in checks)


def test_where_the_spec_itself_puts_it_is_no_finding() -> None:
    kernel = KERNEL | {"environment": {"POSTGRES_PASSWORD": VALUE}}
    seen = [container(f"POSTGRES_PASSWORD={VALUE}")]
    holds = project("environment: POSTGRES_PASSWORD")
    checks = secret_checks(holds, {"db_password": VALUE}, seen, {"db": kernel}, {}, {})
    assert all(check.outcome == "matches" for check in checks)


def test_the_folder_of_secrets_is_where_they_belong(tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "config").mkdir()
    for name in ("secrets/db_password", "config/db.conf", ".env", "compose.yaml"):
        (tmp_path / name).write_text(name)
    assert generated_files(tmp_path) == {"compose.yaml": "compose.yaml", "config/db.conf": "config/db.conf"}
