"""The tutorial, followed in an empty folder: its files and commands do what it says."""

import re
import shlex
from pathlib import Path

import yaml

from tests.calling import ROOT, plumb

PAGE = (ROOT / "docs/architect/tutorial.md").read_text("utf-8")
_YAML = re.compile(r"^```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_SHELL = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_it_is_followed_to_its_end(tmp_path: Path) -> None:
    begin, check_fails, build_again, why = (block.splitlines() for block in _SHELL.findall(PAGE))
    service, line = _YAML.findall(PAGE)
    assert [_run(each, tmp_path) for each in begin] == [0, 0, 0]

    status = tmp_path / "sample/data/services/status.yaml"
    status.write_text(service)
    topology = tmp_path / "sample/data/topology/single.yaml"
    before, _, last = topology.read_text().rstrip("\n").rpartition("\n")
    assert yaml.safe_load(last)["services"] == yaml.safe_load(line)["services"][:-1]
    topology.write_text(f"{before}\n    {line}")
    assert [_run(each, tmp_path) for each in check_fails] == [1]
    assert [_run(each, tmp_path) for each in build_again] == [0, 0]
    compose = yaml.safe_load((tmp_path / "sample/deploy/single/compose.yaml").read_text())
    assert list(compose["services"]["status"]["depends_on"]) == ["web"]
    assert (tmp_path / "sample/docs/architect/services/status.md").is_file()

    status.write_text(service.replace("needs: {web: http}", "needs: {web: htp}"))
    wrong = plumb("--spec", "sample/data", "check", "--no-drift", cwd=tmp_path)
    assert wrong.returncode == 1
    assert re.search(r"PLB\d+", wrong.stdout + wrong.stderr)
    assert _rule_of(PAGE) in wrong.stdout + wrong.stderr
    status.write_text(service)
    assert [_run(each, tmp_path) for each in why] == [0]


def _run(line: str, folder: Path) -> int:
    program, *words = shlex.split(line)
    assert program == "plumb"
    return plumb(*words, cwd=folder).returncode


def _rule_of(page: str) -> str:
    """The rule that it says the mistake breaks."""
    found = re.search(r"plumb explain (PLB\d+)", page)
    assert found
    return found[1]
