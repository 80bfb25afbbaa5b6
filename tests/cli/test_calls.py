"""How plumb is called: completion, suggestions, general options, exit codes, colours, and reports for machines."""

import errno
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

from plumbline.cli.exit_codes import EXIT_CODES, EXIT_CODES_TOLD, spec_folder
from plumbline.spec.compose_words import COMPOSE_WORDS
from schema.service import Service
from tests.calling import plumb
from validators.rules import RULES

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("calls")
    assert plumb("init", "data", cwd=folder).returncode == 0
    assert plumb("build", cwd=folder).returncode == 0
    return folder


def asked(project: Path, environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return plumb(*arguments, cwd=project, environment=environment)


def completed(project: Path, shell: str, *words: str) -> list[str]:
    """What click's protocol says for the last word."""
    current = words[-1] if shell == "fish" else str(len(words) - 1)
    environment = {"COMP_WORDS": " ".join(words), "COMP_CWORD": current, "_PLUMB_COMPLETE": f"{shell}_complete"}
    if shell == "fish":
        environment["COMP_WORDS"] = " ".join(words[:-1])
    done = asked(project, environment)
    assert done.returncode == 0, done.stderr
    return done.stdout.replace(",", "\n").replace("\t", "\n").split()


COMPLETIONS = {
    "commands": (("plumb", "ch"), "check"),
    "modes": (("plumb", "verify", "stack", "--mode", "si"), "single"),
    "rules": (("plumb", "explain", "PLB10"), "PLB101"),
    "files": (("plumb", "why", "deploy/single/c"), "deploy/single/compose.yaml"),
}


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
@pytest.mark.parametrize("case", COMPLETIONS)
def test_words_complete_by_the_spec(case: str, shell: str, project: Path) -> None:
    words, expected = COMPLETIONS[case]
    assert expected in completed(project, shell, *words)


def test_tenants_and_runbooks_complete() -> None:
    assert "acme" in completed(ROOT, "bash", "plumb", "provision", "plan", "--tenant", "ac")
    assert "offline-install" in completed(ROOT, "bash", "plumb", "runbook", "show", "offline-i")


def test_a_spec_that_cannot_be_read_completes_nothing(tmp_path: Path) -> None:
    assert completed(tmp_path, "bash", "plumb", "verify", "stack", "--mode", "") == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_asks_plumb(shell: str, project: Path) -> None:
    done = plumb("completion", shell, cwd=project)
    assert done.returncode == 0
    assert f"_PLUMB_COMPLETE={shell}_complete" in done.stdout
    if program := shutil.which(shell):
        assert subprocess.run([program, "-n"], input=done.stdout, text=True, check=False).returncode == 0


def test_bash_itself_completes(project: Path, tmp_path: Path) -> None:
    program = tmp_path / "plumb"
    program.write_text(
        f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -c "from plumbline.cli import main; main()" "$@"\n'
    )
    program.chmod(0o755)
    (tmp_path / "script").write_text(plumb("completion", "bash", cwd=project).stdout)
    asks = 'source "$1/script"; COMP_WORDS=(plumb verify stack --mode si); COMP_CWORD=4; _plumb_completion plumb; echo "${COMPREPLY[@]}"'
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "-c", asks, "bash", str(tmp_path)],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "single\n", done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("chek",), "did you mean `plumb check`?"),
        (("bild",), "did you mean `plumb build`?"),
        (("explain", "PLB1"), "PLB101"),
        (("explain", "x"), "lists them"),
        (("why", "deploy/single/compose.yml"), "did you mean `deploy/single/compose.yaml`?"),
        (("why", "deploy/single/compose.yaml:99999"), "no line 99999"),
        (("why", "deploy/single/compose.yaml:٣"), "FILE:LINE"),
    ],
)
def test_a_wrong_word_is_answered(arguments: tuple[str, ...], said: str, project: Path) -> None:
    done = plumb(*arguments, cwd=project)
    assert done.returncode == 2
    assert said in done.stdout + done.stderr


def test_the_root_of_a_project_stands_for_its_spec(project: Path, tmp_path: Path) -> None:
    done = plumb("--spec", str(project), "check", cwd=tmp_path)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("words", [("-q", "check"), ("check", "-q"), ("check", "--quiet", "--no-drift")])
def test_general_options_stand_anywhere(words: tuple[str, ...], project: Path) -> None:
    done = plumb(*words, cwd=project)
    assert (done.returncode, done.stdout) == (0, "")


COLOURS = {
    "forced": ({"FORCE_COLOR": "1"}, True),
    "forced the other way": ({"CLICOLOR_FORCE": "1"}, True),
    "not forced": ({"FORCE_COLOR": "0"}, False),
    "refused": ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
    "no terminal": ({}, False),
}


@pytest.fixture(scope="module")
def wrong(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("wrong")
    plumb("init", "data", cwd=folder)
    file = folder / "data/services/web.yaml"
    file.write_text(file.read_text().replace("segments: [", "segments: [nowhere, ", 1))
    yield folder


@pytest.mark.parametrize("case", COLOURS)
def test_colours_follow_the_environment(case: str, wrong: Path) -> None:
    environment, coloured = COLOURS[case]
    known = dict.fromkeys(("FORCE_COLOR", "CLICOLOR_FORCE", "NO_COLOR"), "")
    done = asked(wrong, {**known, **environment}, "check", "--no-drift")
    assert ("\x1b[" in done.stdout) is coloured
    assert done.returncode == 1


def test_exit_codes_are_said_once_for_all(project: Path) -> None:
    told = " ".join(plumb("--help", cwd=project).stdout.split())
    assert EXIT_CODES_TOLD in told
    assert EXIT_CODES_TOLD in " ".join((ROOT / "README.md").read_text("utf-8").split())
    assert set(EXIT_CODES) == {0, 1, 2, 3, 4, 70, 130}


def test_sarif_describes_what_it_found(wrong: Path) -> None:
    log = json.loads(plumb("check", "--format", "sarif", "--no-drift", cwd=wrong).stdout)
    (run,) = log["runs"]
    driver = run["tool"]["driver"]
    assert driver["semanticVersion"]
    for result in run["results"]:
        rule = driver["rules"][result["ruleIndex"]]
        assert rule["id"] == result["ruleId"]
        assert rule["name"].isalnum()
        assert rule["shortDescription"]["text"] == RULES[rule["id"]].title
        assert rule["help"]["text"] and rule["help"]["markdown"] and rule["fullDescription"]["text"]
        assert result["partialFingerprints"]


def test_a_fingerprint_stays_where_lines_move(wrong: Path) -> None:
    def prints() -> list[dict[str, str]]:
        log = json.loads(plumb("check", "--format", "sarif", "--no-drift", cwd=wrong).stdout)
        return [each["partialFingerprints"] for each in log["runs"][0]["results"]]

    before = prints()
    file = wrong / "data/services/web.yaml"
    file.write_text("# a line more\n" + file.read_text())
    assert prints() == before


def test_junit_has_a_case_for_each_rule_that_passed(project: Path, wrong: Path) -> None:
    suites = ElementTree.fromstring(plumb("check", "--format", "junit", cwd=project).stdout.encode())
    names = [case.get("classname") for case in suites.iter("testcase")]
    assert set(RULES) <= set(names)
    assert suites.get("tests") == str(len(names))
    suites = ElementTree.fromstring(plumb("check", "--format", "junit", "--no-drift", cwd=wrong).stdout.encode())
    failed = {case.get("classname") for case in suites.iter("testcase") if len(case)}
    assert "PLB101" in failed
    assert not failed & {case.get("classname") for case in suites.iter("testcase") if not len(case)}


@pytest.mark.parametrize("word", ["ulimits", "restart", "env_file", "container_name", "depends_on", "labels"])
def test_a_word_of_compose_is_answered(word: str, tmp_path: Path) -> None:
    plumb("init", "data", cwd=tmp_path)
    with (tmp_path / "data/services/web.yaml").open("a") as stream:
        stream.write(f"{word}: x\n")
    assert COMPOSE_WORDS[word] in " ".join(plumb("check", cwd=tmp_path).stdout.split())


def test_no_word_of_compose_is_a_field() -> None:
    assert not COMPOSE_WORDS.keys() & Service.model_fields.keys()


def test_a_folder_that_may_not_be_looked_at_is_for_the_reading_to_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(path: object, **_: object) -> os.stat_result:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    monkeypatch.setattr(os, "stat", refused)
    assert spec_folder("somewhere") == Path("somewhere")
