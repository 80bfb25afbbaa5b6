"""The exported schemas accept what Pydantic accepts, and reject the same mistakes of structure."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from generators.json_schema import schema_of
from plumbline.spec.loading import load_spec
from plumbline.spec.sections import SECTIONS, Section
from tests.core.support import starter_files

ROOT = Path(__file__).parents[2]
DATA = ROOT / "data"
FILES = [
    (section, path)
    for section in SECTIONS
    for path in (sorted((DATA / section.name).glob("*.yaml")) if section.folder else [DATA / f"{section.name}.yaml"])
    if path.exists()
]


def _validator(schema: str) -> Draft202012Validator:
    return Draft202012Validator(json.loads(schema))


@pytest.mark.parametrize(("section", "path"), FILES, ids=lambda value: getattr(value, "name", None))
def test_the_data_is_accepted_by_both_schemas(section: Section, path: Path) -> None:
    data = yaml.safe_load(path.read_text())
    for folder in ("json", "project"):
        errors = list(_validator((ROOT / "schema" / folder / f"{section.schema}.json").read_text()).iter_errors(data))
        assert errors == [], folder


def test_check_jsonschema_accepts_every_service() -> None:
    files = [str(path) for section, path in FILES if section.name == "services"]
    call = [sys.executable, "-m", "check_jsonschema", "--schemafile", str(ROOT / "schema/json/service.json"), *files]
    done = subprocess.run(call, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


MISTAKES = {
    "unknown field": {"titel": "x"},
    "number for text": {"title": 3},
    "text for a number": {"ports": {"http": "80"}},
    "port out of range": {"ports": {"http": 99999}},
    "key of the wrong form": {"ports": {"HTTP port": 80}},
    "unknown choice": {"kind": "servce"},
    "user by name": {"user": "root"},
    "relative path": {"volumes": {"data": "data"}},
    "no memory": {"limits": {"memory_mib": 0, "cpus": 1}},
    "list for a map": {"environment": ["A=b"]},
    "wrong variable name": {"environment": {"A-B": "c"}},
    "unknown field in a mode": {"modes": {"single": {"imagee": "x"}}},
    "boolean as text": {"per_node": "yes"},
    "whole number as text": {"stop_grace_s": "10"},
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_what_pydantic_rejects_the_schema_rejects(mistake: str) -> None:
    files = starter_files()
    service = yaml.safe_load(files["services/web.yaml"]) | MISTAKES[mistake]
    _, findings = load_spec({**files, "services/web.yaml": yaml.safe_dump(service)})
    assert findings, "Pydantic accepts it"
    assert list(_validator(schema_of("service")).iter_errors(service)), "the JSON Schema accepts it"


def test_every_field_is_described() -> None:
    for section in SECTIONS:
        schema = json.loads(schema_of(section.schema))
        for part in (schema, *schema.get("$defs", {}).values()):
            for name, field in part.get("properties", {}).items():
                assert field.get("description"), f"{section.schema}: {part.get('title')}.{name}"


def test_the_project_schema_knows_the_ids() -> None:
    service = json.loads((ROOT / "schema/project/service.json").read_text())
    names = sorted(path.stem for path in (DATA / "services").glob("*.yaml"))
    assert service["properties"]["needs"]["propertyNames"]["enum"] == names
