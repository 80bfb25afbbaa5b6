"""A picture that is slow, or fails, keeps nothing else from being written."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from plumbline.cli import main
from plumbline.project import diagrams

pytestmark = pytest.mark.slow

Call = Callable[..., tuple[int, str]]


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Call:
    """`plumb` in a new project."""
    monkeypatch.chdir(tmp_path)

    def called(*words: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["plumb", *words])
        with pytest.raises(SystemExit) as left:
            main()
        return int(left.value.code or 0), "".join(capsys.readouterr())

    called("init", "data")
    return called


def test_what_is_deployed_is_written_before_a_slow_picture(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as hurried:
        hurried.setattr(diagrams, "_SECONDS", 0.001)
        code, said = call("build")
    assert code == 3
    assert "everything else is written" in said
    assert (tmp_path / "deploy/single/compose.yaml").is_file()
    assert (tmp_path / "docs/index.md").is_file()
    assert not list((tmp_path / "docs").rglob("*.svg"))
    code, said = call("check", "--fresh")
    assert {word for word in said.split() if word.startswith("PLB9")} == {"PLB925"}
    code, said = call("build")
    assert (code, " 0 removed" in said) == (0, True)
    assert call("check", "--fresh")[0] == 0
    listed = json.loads((tmp_path / "generated.json").read_text())
    assert all(each.relative_to(tmp_path).as_posix() in listed for each in (tmp_path / "docs").rglob("*.svg"))


def test_one_picture_that_fails_leaves_the_others(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = diagrams._drawn
    with monkeypatch.context() as failing:
        failing.setattr(
            diagrams,
            "_drawn",
            lambda program, each: diagrams.NotDrawn("no") if "topology" in each.path else drawn(program, each),
        )
        code, said = call("build")
    made = {each.name for each in (tmp_path / "docs").rglob("*.svg")}
    assert code == 3
    assert made
    assert not any("topology" in name for name in made)
    assert "topology" in said
    # what was drawn before stays until it is drawn anew
    assert call("build")[0] == 0
    topology = tmp_path / "data/topology/single.yaml"
    topology.write_text(topology.read_text().replace("  host:\n", "  node:\n"))
    before = {each: each.read_bytes() for each in (tmp_path / "docs").rglob("*.svg")}
    with monkeypatch.context() as failing:
        failing.setattr(diagrams, "_drawn", lambda program, each: diagrams.NotDrawn("no"))
        assert call("build")[0] == 3
    assert {each: each.read_bytes() for each in (tmp_path / "docs").rglob("*.svg")} == before
