"""The command line as its user meets it: output, exit codes, no traceback."""

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml
from jsonschema import Draft202012Validator

from tests.calling import plumb
from tests.core.support import STARTER


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project made by `plumb init` and `plumb build`."""
    project = tmp_path_factory.mktemp("project")
    assert plumb("init", "data", cwd=project).returncode == 0
    done = plumb("build", cwd=project)
    assert done.returncode == 0, done.stdout + done.stderr
    return project


def test_a_fresh_project_has_no_finding(built: Path) -> None:
    done = plumb("check", cwd=built)
    assert done.returncode == 0, done.stdout
    assert done.stdout.startswith("no finding")


def test_an_unchanged_build_writes_nothing(built: Path) -> None:
    done = plumb("build", cwd=built)
    assert "0 written, 0 removed" in done.stdout


def test_init_leaves_a_folder_that_is_not_empty(built: Path) -> None:
    assert plumb("init", "data", cwd=built).returncode == 2


def _edit(file: Path) -> None:
    file.write_text(file.read_text().replace("read_only: true", "read_only: false", 1))


TAMPERINGS = {
    "edited": (_edit, "PLB921"),
    "deleted": (Path.unlink, "PLB922"),
    "added": (lambda file: file.with_name("more.yaml").write_text("x"), "PLB923"),
    "executable": (lambda file: file.chmod(0o755), "PLB924"),
}


@pytest.mark.parametrize("tampering", TAMPERINGS)
def test_drift_is_found_and_build_mends_it(tampering: str, built: Path) -> None:
    change, rule = TAMPERINGS[tampering]
    file = built / "deploy/single/compose.yaml"
    change(file)
    done = plumb("check", "--format", "json", cwd=built)
    assert done.returncode == 1
    assert [found["rule"] for found in json.loads(done.stdout)["findings"]] == [rule]
    file.with_name("more.yaml").unlink(missing_ok=True)
    plumb("build", cwd=built)
    assert plumb("check", cwd=built).returncode == 0


def test_an_edit_is_shown_with_its_origin(built: Path) -> None:
    file = built / "deploy/single/compose.yaml"
    text = file.read_text()
    line = next(number for number, each in enumerate(text.splitlines(), 1) if "mem_limit" in each)
    lines = text.splitlines(keepends=True)
    lines[line - 1] = lines[line - 1].replace("mem_limit: ", "mem_limit: 9")
    file.write_text("".join(lines))
    done = plumb("check", cwd=built)
    file.write_text(text)
    assert f"deploy/single/compose.yaml:{line}" in done.stdout
    assert "limits" in done.stdout
    assert "data/services/" in done.stdout
    assert "plumb build" in done.stdout


def test_a_spec_that_nobody_built_yet_is_one_finding(tmp_path: Path) -> None:
    assert plumb("init", "data", cwd=tmp_path).returncode == 0
    done = plumb("check", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stdout.count(" error ") == 1 and done.stdout.endswith("1 error\n")
    assert re.search(r"PLB922 .* is missing, as are \d+ more", done.stdout)


def test_a_spec_change_without_a_build_is_found(built: Path) -> None:
    service = built / "data/services/web.yaml"
    text = service.read_text()
    service.write_text(text.replace("title: ", "title: New ", 1))
    done = plumb("check", cwd=built)
    service.write_text(text)
    assert done.returncode == 1
    assert "PLB921" in done.stdout


@pytest.mark.parametrize(
    "old, new",
    [
        ("POSTGRES_DB: sample", 'POSTGRES_DB: {template: "{{ nope }}"}'),
        ("POSTGRES_DB: sample", "POSTGRES_DB: {template: \"{{ url('web', 'nope') }}\"}"),
        ("image: postgres", "image: nope"),
        ("segments: [back]", "segments: [nope]"),
    ],
)
def test_what_cannot_be_generated_is_no_fault_of_plumb(old: str, new: str, tmp_path: Path) -> None:
    assert plumb("init", "data", cwd=tmp_path).returncode == 0
    db = tmp_path / "data/services/db.yaml"
    db.write_text(db.read_text().replace(old, new, 1))
    done = plumb("build", "--force", cwd=tmp_path)
    assert done.returncode == 1, done.stderr
    assert "error PLB" in done.stdout
    assert "even with --force" in done.stderr
    assert not (tmp_path / "deploy").exists()


def test_why_leads_to_the_spec(built: Path) -> None:
    lines = (built / "deploy/single/compose.yaml").read_text().splitlines()
    number = next(number for number, line in enumerate(lines, 1) if "mem_limit" in line)
    done = plumb("why", f"deploy/single/compose.yaml:{number}", cwd=built)
    assert done.returncode == 0
    assert ".limits" in done.stdout
    assert "data/services/" in done.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ["why", "nothing.yaml:3"],
        ["why", "deploy/single/compose.yaml:x"],
        ["--spec", "nowhere", "check"],
        ["explain", "PLB000"],
        ["nonsense"],
    ],
)
def test_a_wrong_call_ends_with_two(arguments: list[str], built: Path) -> None:
    assert plumb(*arguments, cwd=built).returncode == 2


def test_explain_knows_every_rule(built: Path) -> None:
    listed = [line.split()[0] for line in plumb("explain", cwd=built).stdout.splitlines()]
    assert len(listed) >= 30
    done = plumb("explain", listed[0].lower(), cwd=built)
    assert "How to fix it" in done.stdout


@pytest.mark.parametrize("format", ["json", "sarif", "github", "junit"])
def test_machine_formats_hold_a_structural_error(format: str, tmp_path: Path) -> None:
    project = tmp_path / "p"
    project.mkdir()
    plumb("init", "data", cwd=project)
    with (project / "data/services/web.yaml").open("a") as stream:
        stream.write("titel: x\n")
    done = plumb("check", "--format", format, cwd=project)
    assert done.returncode == 2
    assert "titel" in done.stdout
    match format:
        case "junit":
            assert ElementTree.fromstring(done.stdout.encode()).get("failures") == "1"
        case "github":
            assert done.stdout.startswith("::error ")
        case _:
            json.loads(done.stdout)


def test_the_starter_is_what_init_writes(built: Path) -> None:
    wanted = {path.relative_to(STARTER): path.read_text() for path in STARTER.rglob("*.yaml")}
    written = {path.relative_to(built / "data"): path.read_text() for path in (built / "data").rglob("*.yaml")}
    assert {path: text.split("\n", 1)[1] for path, text in written.items()} == wanted


def test_each_file_that_init_writes_leads_an_editor_to_its_schema(built: Path) -> None:
    for path in (built / "data").rglob("*.yaml"):
        line, text = path.read_text().split("\n", 1)
        schema = path.parent / line.removeprefix("# yaml-language-server: $schema=")
        Draft202012Validator(json.loads(schema.read_text())).validate(yaml.safe_load(text))


@pytest.mark.parametrize("which", [["--all"], ["--tenant", "acme"], []])
def test_a_spec_without_a_cloud_has_nothing_to_provision(which: list[str], built: Path) -> None:
    done = plumb("provision", "plan", *which, cwd=built)
    assert done.returncode == 2
    assert "no mode of this spec has a `cloud`" in done.stderr
