"""Compose output: valid, in the least number of edges, and every value exactly as it went in."""

import json
import subprocess
from pathlib import Path
from typing import Any

import networkx
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from generators.compose.project import ComposeGenerator
from plumbline.spec.loading import load_spec
from plumbline.spec.spec import Spec
from tests.core.support import starter_files
from tests.generators.nasty import NASTY, texts

ROOT = Path(__file__).parents[2]
COMMITTED = sorted(ROOT.glob("deploy/**/compose.yaml"))
names = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,12}", fullmatch=True)


def starter_with(environment: dict[str, str], words: list[str]) -> Spec:
    """The starter spec with these variables, arguments and health command in its database."""
    files = starter_files()
    service = yaml.safe_load(files["services/db.yaml"])
    service |= {"environment": environment, "command": words, "health": {"command": words}}
    text = json.dumps(service, ensure_ascii=False)
    # YAML 1.1 folds these as line breaks unless they are escaped
    for char in "\x85\u2028\u2029\ufeff":
        text = text.replace(char, f"\\u{ord(char):04x}")
    files["services/db.yaml"] = text
    spec, findings = load_spec(files)
    assert spec, findings
    return spec


def compose_text(spec: Spec) -> str:
    """The one compose file of a spec with one deployment."""
    return next(
        each.content.decode() for each in ComposeGenerator().generate(spec) if each.path.endswith("compose.yaml")
    )


def unescaped(value: str) -> str:
    """What Compose makes of a value in which every `$` is doubled."""
    return value.replace("$$", "$")


@given(environment=st.dictionaries(names, texts, max_size=5), words=st.lists(texts, min_size=1, max_size=5))
def test_values_come_out_as_they_went_in(environment: dict[str, str], words: list[str]) -> None:
    service = yaml.safe_load(compose_text(starter_with(environment, words)))["services"]["db"]
    for name, value in environment.items():
        assert unescaped(service["environment"][name]) == value
        assert "$" not in service["environment"][name].replace("$$", "")
    assert [unescaped(word) for word in service["command"]] == words
    assert [unescaped(word) for word in service["healthcheck"]["test"]] == ["CMD", *words]


def config_of(text: str, folder: Path, environment: dict[str, str]) -> Any:
    """What `docker compose config` makes of a file."""
    file = folder / "compose.yaml"
    file.write_text(text)
    done = subprocess.run(
        ["docker", "compose", "--file", str(file), "--profile", "*", "config", "--format", "json"],
        capture_output=True,
        text=True,
        env={**environment, "HOME": "/nonexistent", "X": "wrong"},
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert "variable is not set" not in done.stderr
    return json.loads(done.stdout)


@pytest.mark.live
@settings(max_examples=20)
@given(values=st.lists(texts, min_size=30, max_size=60))
def test_compose_reads_them_as_they_went_in(lab: dict[str, str], tmp_path_factory: Any, values: list[str]) -> None:
    values = [*NASTY, *values]
    environment = {f"V{number}": value for number, value in enumerate(values)}
    text = compose_text(starter_with(environment, values))
    service = config_of(text, tmp_path_factory.mktemp("compose"), lab)["services"]["db"]
    # config writes what it would read again, so `$` comes out doubled
    assert {name: unescaped(service["environment"][name]) for name in environment} == environment
    assert [unescaped(word) for word in service["command"]] == values


@pytest.mark.live
@pytest.mark.parametrize("file", COMMITTED, ids=lambda path: str(path.parent.relative_to(ROOT)))
def test_compose_takes_every_committed_project(lab: dict[str, str], tmp_path: Path, file: Path) -> None:
    text = file.read_text()
    addresses = dict.fromkeys(
        ("PRIVATE_ADDRESS", "DB_ADDRESS", "GATEWAY_ADDRESS", "WORKER_ADDRESS", "DB_HEAVY_ADDRESS"), "10.1.1.2"
    )
    config = config_of(text, tmp_path, {**lab, **addresses})
    assert config["services"].keys() == yaml.safe_load(text)["services"].keys()


@pytest.mark.parametrize("file", COMMITTED, ids=lambda path: str(path.parent.relative_to(ROOT)))
def test_the_compose_specification_allows_every_committed_project(file: Path) -> None:
    call = ["check-jsonschema", "--builtin-schema", "vendor.compose-spec", str(file)]
    done = subprocess.run(
        [str(ROOT / ".venv" / "bin" / call[0]), *call[1:]], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("file", COMMITTED, ids=lambda path: str(path.parent.relative_to(ROOT)))
def test_waits_are_their_transitive_reduction(file: Path) -> None:
    services = yaml.safe_load(file.read_text())["services"]
    graph: networkx.DiGraph[str] = networkx.DiGraph()
    graph.add_nodes_from(services)
    graph.add_edges_from((name, other) for name, service in services.items() for other in service.get("depends_on", {}))
    assert set(graph.edges) == set(networkx.transitive_reduction(graph).edges)


def test_a_diamond_of_needs_loses_its_shortcut() -> None:
    files = starter_files()
    topology = next(name for name in files if name.startswith("topology/"))
    layout = yaml.safe_load(files[topology])
    role = next(iter(layout["roles"].values()))
    role["services"] = [*role["services"], "middle"]
    files[topology] = yaml.safe_dump(layout)
    web = yaml.safe_load(files["services/web.yaml"])
    files["services/middle.yaml"] = yaml.safe_dump({**web, "publish": {}, "title": "Middle"})
    files["services/web.yaml"] = yaml.safe_dump({**web, "needs": {"db": "sql", "middle": "http"}})
    spec, findings = load_spec(files)
    assert spec, findings
    services = yaml.safe_load(compose_text(spec))["services"]
    assert list(services["web"]["depends_on"]) == ["middle"]
    assert list(services["middle"]["depends_on"]) == ["db"]
