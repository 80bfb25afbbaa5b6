"""Commands that look at a whole spec, on specs that are not the shipped one: a clear answer, and no crash."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.calling import plumb
from tests.rules.three_modes import files as three_modes_files
from tests.rules.three_modes import three_modes
from tests.rules.two_modes import texts_of


@pytest.fixture(scope="module")
def starter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `plumb init` makes: one mode, no tenants, no parity.yaml."""
    project = tmp_path_factory.mktemp("starter")
    assert plumb("init", "data", cwd=project).returncode == 0
    return project


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three modes, no tenants, a matrix with probes."""
    assert three_modes()
    project = tmp_path_factory.mktemp("three")
    for name, text in texts_of(three_modes_files()).items():
        file = project / "data" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return project


def _with_parity(project: Path, parity: dict[str, Any] | None) -> Path:
    file = project / "data" / "parity.yaml"
    file.unlink(missing_ok=True)
    if parity:
        file.write_text(yaml.safe_dump(parity))
    return project


FEATURE = {"title": "Web", "status": {"single": "full"}, "parity": "full", "paths": ["services.web"]}


@pytest.mark.parametrize(
    ("parity", "said"),
    [
        (None, "parity.yaml has no feature"),
        ({"features": {"web": FEATURE}, "divergences": {}}, "none of the 1 features in parity.yaml has a probe"),
    ],
    ids=["no matrix", "no probe"],
)
def test_parity_without_a_question_stands_nothing_up(starter: Path, parity: dict[str, Any] | None, said: str) -> None:
    done = plumb("verify", "parity", cwd=_with_parity(starter, parity))
    assert done.returncode == 2
    assert f"there is nothing to ask: {said}" in done.stderr


def test_a_tenant_of_a_spec_without_tenants_is_refused_in_whole_words(starter: Path) -> None:
    done = plumb("verify", "parity", "--tenant", "x", cwd=starter)
    assert (done.returncode, "the spec has no tenants" in done.stderr) == (2, True)


def test_parity_of_three_modes_without_tenants_asks_for_the_engine(
    three: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{three}/no-engine.sock")
    done = plumb("verify", "parity", cwd=three)
    assert done.returncode == 3, done.stderr


def test_a_site_without_pages_says_how_to_make_them(three: Path) -> None:
    done = plumb("site", "build", cwd=three)
    assert done.returncode == 3
    assert "run `plumb build`" in done.stderr


@pytest.mark.slow
def test_the_site_of_any_spec_is_built(three: Path, starter: Path) -> None:
    for project, title in ((three, "Shop"), (_with_parity(starter, None), "Sample")):
        assert plumb("build", cwd=project).returncode == 0
        done = plumb("site", "build", cwd=project)
        assert done.returncode == 0, done.stdout + done.stderr
        assert f"<title>{title}</title>" in (project / "site" / "index.html").read_text("utf-8")
