"""`release.json`: what an update compares. It says what changed in what a container is made of, and in nothing else."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from generators.release_facts import ReleaseFactsGenerator, release_facts
from plumbline.effective.deployment import deployments
from plumbline.spec.loading import load_spec
from plumbline.spec.spec import Spec
from schema.release import ReleaseFacts
from tests.core.support import starter_files
from tests.rules.edited import shipped
from tests.rules.three_modes import three_modes

ROOT = Path(__file__).parents[2]
MADE_OF = ("image", "reference", "digest", "entry", "files")


def spec_with(file: str = "", old: str = "", new: str = "") -> Spec:
    files = shipped()
    if file:
        assert old in files[file], f"{file} does not hold {old!r}"
        files = files | {file: files[file].replace(old, new)}
    spec, findings = load_spec(files)
    assert spec, findings
    return spec


def facts(spec: Spec, mode: str = "offline") -> dict[str, Any]:
    return release_facts(spec, deployments(spec, mode)[0]).model_dump()


@pytest.mark.parametrize(
    ("file", "old", "new", "service", "field"),
    [
        ("images.yaml", "tag: 8.2.10-alpine", "tag: 8.2.11-alpine", "redis", "reference"),
        ("images.yaml", "b51665e66f00", "b51665e66f01", "redis", "digest"),
        ("services/serving.yaml", "http: 8080", "http: 8090", "serving", "entry"),
        ("services/clamav.yaml", "memory_mib: ", "memory_mib: 1", "clamav", "entry"),
        ("config/redis/redis.conf.j2", "appendonly yes", "appendonly no", "redis", "files"),
    ],
)
def test_a_change_shows_in_what_the_service_is_made_of(file: str, old: str, new: str, service: str, field: str) -> None:
    before, after = facts(spec_with())["services"], facts(spec_with(file, old, new))["services"]
    assert [each for each in MADE_OF if before[service][each] != after[service][each]] == [field]


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("update.yaml", "drain: [parse-worker, ", "drain: ["),
        ("services/parse-worker.yaml", "title: Parse worker", "title: Worker that parses"),
        ("platform.yaml", 'version: "1.0"', 'version: "1.1"'),
        ("services/parse-worker.yaml", "minio: s3, postgres: sql}", "minio: s3}"),
    ],
)
def test_what_no_container_is_made_of_makes_none_anew(file: str, old: str, new: str) -> None:
    before, after = facts(spec_with()), facts(spec_with(file, old, new))
    for name, service in before["services"].items():
        assert [service[each] for each in MADE_OF] == [after["services"][name][each] for each in MADE_OF], name


@pytest.mark.parametrize("spec", [spec_with(), load_spec(starter_files())[0], three_modes()])
def test_each_deployment_has_one_that_is_read_back_a_line_per_service(spec: Spec) -> None:
    written = {each.path: each.content.decode() for each in ReleaseFactsGenerator().generate(spec)}
    assert len(written) == len(deployments(spec))
    for text in written.values():
        read = ReleaseFacts.model_validate_json(text)
        for name, service in read.services.items():
            (line,) = (each for each in text.splitlines() if each.startswith(f'"{name}": {{"image"'))
            assert json.loads("{" + line.removesuffix(",") + "}")[name] == service.model_dump(mode="json")
            assert set(service.needs) <= read.services.keys() - {name}


def test_what_the_shipped_stores_keep_is_said_with_its_version() -> None:
    services = release_facts(spec_with(), deployments(spec_with(), "offline")[0]).services
    said = services["postgres"].data
    assert said and (said.version.split(".")[0], said.read_by) == ("16", "same-major")
    assert services["serving"].data is None and services["parse-worker"].drained


def test_the_schema_takes_what_is_committed() -> None:
    schema = json.loads((ROOT / "schema/json/release.json").read_text())
    files = sorted((ROOT / "deploy").rglob("release.json"))
    assert len(files) == len(deployments(spec_with()))
    for file in files:
        Draft202012Validator(schema).validate(json.loads(file.read_text()))


def copies(spec: Spec, mode: str = "offline") -> dict[str, Any]:
    every = [release_facts(spec, each).services for each in deployments(spec, mode)]
    return {
        name: each.second_copy for services in every for name, each in services.items() if each.second_copy is not None
    }


def test_what_answers_and_keeps_nothing_gets_a_second_copy() -> None:
    assert copies(spec_with()) == {"intake-gateway": ("127.0.0.1:8080:8080",), "nomic-embed": (), "serving": ()}
    lan = copies(spec_with("services/intake-gateway.yaml", "address: 127.0.0.1", "address: 0.0.0.0"))
    assert lan["intake-gateway"] == ("0.0.0.0:8080:8080",)


def test_so_it_is_where_a_roll_out_brings_the_release() -> None:
    gateway = {"intake-gateway": ("0.0.0.0:443:8080",), "serving": ()}
    assert copies(spec_with(), "online") == gateway | {"node-metrics": ("${PRIVATE_ADDRESS:?}:12346:12346",)}
    # by whom another mode, or a shared role, is updated nothing is known of
    assert (
        copies(
            spec_with(
                "update.yaml",
                "rollout: {canaries: [acme], batches_percent: [10, 50, 100], health_timeout_s: 300}\n",
                "",
            ),
            "online",
        )
        == {}
    )


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("update.yaml", "drain: [", "drain: [intake-gateway, "),
        ("services/intake-gateway.yaml", "http: {port: http, path: /health}", 'command: ["true"]'),
    ],
)
def test_others_change_in_place(file: str, old: str, new: str) -> None:
    assert "intake-gateway" not in copies(spec_with(file, old, new))
