"""Rules and dashboards of the shipped spec, by promtool: every rule has a test that can fail, and each dashboard is JSON."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from generators.registry import generate
from generators.rule_tests import FOLDER
from plumbline.effective.alerting import alert_rules, record_rules
from plumbline.effective.expression_names import spec_names
from plumbline.effective.monitoring import collectors_in
from plumbline.spec.loading import load_spec
from plumbline.spec.spec import Spec
from plumbline.spec.spec_files import read_spec_files
from tests.lab.fixtures import not_run
from tests.lab.packages import CannotInstall, install

DATA = Path(__file__).parents[2] / "data"


@pytest.fixture(scope="module")
def promtool() -> str:
    """Debian's, of the package that the stand-in has too."""
    try:
        install("prometheus")
    except CannotInstall as error:
        not_run(error)
    return shutil.which("promtool") or "promtool"


@pytest.fixture(scope="module")
def spec() -> Spec:
    """The shipped one."""
    spec, findings = load_spec(read_spec_files(DATA))
    assert spec is not None, findings
    return spec


@pytest.fixture(scope="module")
def built(spec: Spec, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project's deployment, written out."""
    root = tmp_path_factory.mktemp("project")
    for artifact in generate(spec):
        if artifact.path.startswith("deploy/"):
            (root / artifact.path).parent.mkdir(parents=True, exist_ok=True)
            (root / artifact.path).write_bytes(artifact.content)
    return root


def written_in(built: Path) -> list[Path]:
    return sorted((built / FOLDER).iterdir())


def asked(promtool: str, *words: str) -> tuple[int, str]:
    done = subprocess.run([promtool, *words], capture_output=True, text=True, check=False, timeout=300)
    return done.returncode, done.stdout + done.stderr


def test_every_rule_is_tested_both_ways(spec: Spec, built: Path) -> None:
    for file in written_in(built):
        tests = yaml.safe_load(file.read_text())["tests"]
        mode, _, collector = file.stem.split("-", 2)
        names = spec_names(spec, mode)
        alerts = list(alert_rules(spec, mode, collector, names))
        fired = [test["alert_rule_test"][0]["exp_alerts"] for test in tests if "alert_rule_test" in test]
        assert sum(map(bool, fired)) == len(alerts) == sum(not each for each in fired)
        assert sum("promql_expr_test" in test for test in tests) == len(
            list(record_rules(spec, mode, collector, names))
        )


def test_each_mode_with_a_collector_has_tests_and_rules_beside_them(spec: Spec, built: Path) -> None:
    with_collector = [mode for mode in spec.modes if collectors_in(spec, mode)]
    assert [file.stem.partition("-")[0] for file in written_in(built)] == sorted(with_collector)
    for file in written_in(built):
        (rules,) = yaml.safe_load(file.read_text())["rule_files"]
        assert yaml.safe_load((file.parent / rules).read_text())["groups"]


def test_dashboards_are_json_with_panels_that_do_not_overlap(spec: Spec, built: Path) -> None:
    files = list(built.rglob("config/grafana/*.json"))
    assert len(files) == len(spec.monitoring.dashboards) * sum("grafana" in role.services for topology in spec.topology.values() for role in topology.roles.values())  # fmt: skip
    for file in files:
        panels = json.loads(file.read_text())["panels"]
        assert len({panel["id"] for panel in panels}) == len(panels)
        taken = [
            (x, y)
            for panel in panels
            for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
            for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
        ]
        assert len(taken) == len(set(taken))
        assert max(x for x, _ in taken) < 24


@pytest.mark.live
def test_promtool_takes_the_configuration_and_its_tests_pass(promtool: str, built: Path) -> None:
    for file in written_in(built):
        assert asked(promtool, "test", "rules", str(file))[0] == 0
        (rules,) = yaml.safe_load(file.read_text())["rule_files"]
        written = (file.parent / rules).resolve()
        assert asked(promtool, "check", "rules", str(written))[0] == 0
        settings = written.with_name("prometheus.yml")
        assert asked(promtool, "check", "config", "--syntax-only", str(settings))[0] == 0


@pytest.mark.live
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('up{service="qdrant"} == 0', 'up{service="qdrant"} == 2'),
        ("> 0.9", "> 1.9"),
        ("for: 120s", "for: 1200s"),
        ('service:disk_free:ratio{service="minio"} < 0.05', 'service:disk_free:ratio{service="minio"} < 0.5'),
        ("/ 369098752", "/ 269098752"),
    ],
)
def test_promtool_sees_a_rule_that_was_changed(promtool: str, built: Path, tmp_path: Path, old: str, new: str) -> None:
    shutil.copytree(built / "deploy", tmp_path / "deploy")
    file = written_in(tmp_path)[0]
    rules = file.parent / yaml.safe_load(file.read_text())["rule_files"][0]
    text = rules.read_text()
    assert old in text
    rules.write_text(text.replace(old, new))
    assert asked(promtool, "test", "rules", str(file))[0] != 0
