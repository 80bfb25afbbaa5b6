"""What becomes of the files below `config/`: those that end in `.j2` are rendered, any other is copied, byte for byte."""

from datetime import date
from pathlib import Path

import pytest

from generators.compose.project import ComposeGenerator
from plumbline.effective.differences import differences
from plumbline.project.artifact import Artifact
from plumbline.spec.paths import path_of
from plumbline.spec.spec import Spec
from plumbline.spec.spec_files import read_spec_files
from tests.rules.two_modes import mode, service, two_modes
from validators.rules import check_rules

ALERTS = 'summary: "{{ $labels.instance }} of {{ .Values.x }} {% job %} {# note"\r\nmore: {{ mode }}'
"""Braces of Prometheus, Helm and others; one line ends as Windows ends it, the last one not at all."""


def with_files(files: dict[str, str], targets: dict[str, str], **more: object) -> Spec:
    config = [{"source": source, "target": target} for target, source in targets.items()]
    return two_modes({"services/web.yaml": service(config=config), **files, **more})


def written(spec: Spec, mode: str = "left") -> dict[str, Artifact]:
    """The configuration of the mode by path below its folder."""
    before = f"deploy/{mode}/config/web/"
    made = [each for each in ComposeGenerator().generate(spec) if each.path.startswith(before)]
    assert len(made) == len({each.path for each in made})
    return {each.path.removeprefix(before): each for each in made}


def rules(spec: Spec) -> list[str]:
    return [each.rule for each in check_rules(spec, date.today())]


def test_what_does_not_end_in_j2_is_copied_as_it_is() -> None:
    spec = with_files({"config/alerts.yml": ALERTS}, {"/etc/alerts.yml": "config/alerts.yml"})
    assert written(spec)["alerts.yml"].content == ALERTS.encode()
    assert {"PLB107", "PLB108"}.isdisjoint(rules(spec))


def test_what_ends_in_j2_is_rendered_under_the_name_without_it() -> None:
    spec = with_files({"config/web.conf.j2": "mode {{ mode }}"}, {"/etc/web.conf": "config/web.conf.j2"})
    assert {mode: written(spec, mode)["web.conf"].content for mode in spec.modes} == {
        "left": b"mode left",
        "right": b"mode right",
    }
    assert [each.path for each in differences(spec)] == ["services.web.config"]


def test_a_copied_file_does_not_differ_by_mode() -> None:
    spec = with_files({"config/web.conf": "mode {{ mode }}"}, {"/etc/web.conf": "config/web.conf"})
    assert not differences(spec)


def test_each_line_of_a_copied_file_comes_from_that_line() -> None:
    made = written(with_files({"config/alerts.yml": ALERTS}, {"/etc/alerts.yml": "config/alerts.yml"}))["alerts.yml"]
    for line in (1, 2):
        paths = {each.path for each in made.sources_of(line)}
        assert path_of("templates", "config/alerts.yml", line) in paths
        assert not any(each.parts[0] == "templates" and each.parts[2] != line for each in paths)
        assert path_of("services", "web", "config", 0) in paths


def test_a_copied_file_keeps_its_bytes_from_the_disk_on(tmp_path: Path) -> None:
    for name in ("copied.txt", "rendered.txt.j2"):
        (tmp_path / "config").mkdir(exist_ok=True)
        (tmp_path / "config" / name).write_bytes("\ufeffa\r\n".encode())
    assert read_spec_files(tmp_path) == {"config/copied.txt": "\ufeffa\r\n", "config/rendered.txt.j2": "a\r\n"}


def test_braces_that_are_no_expression_are_said_to_be_copied_elsewhere() -> None:
    spec = with_files({"config/alerts.yml.j2": ALERTS}, {"/etc/alerts.yml": "config/alerts.yml.j2"})
    found = [each for each in check_rules(spec, date.today()) if each.rule == "PLB107"]
    assert len(found) == 1
    assert "{% raw %}" in (found[0].hint or "")
    assert "copied unchanged" in (found[0].hint or "")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a\n{{ address('web', 'http') }}\n", 2),
        ("{% if placed('web') %}\na\n{% endif %}\n", 1),
        ("a: {{ spec.platform.name }}", 1),
        ("{% for name in spec.services %}{{ name }}{% endfor %}", 1),
        ("a: {{ mode }}", 1),
        ("{{ $labels.instance }}", None),
        ("{{ .Values.service }}", None),
        ("{{ port }} {{ host }}", None),
        ('{{ service "web" }}', None),
        ("{{ user }} {{ port('a', 'b') + user }}", None),
        ("{% endif %}{{ unclosed", None),
    ],
)
def test_an_expression_of_the_spec_in_a_copied_file_is_said_at_its_line(text: str, line: int | None) -> None:
    spec = with_files({"config/web.conf": text}, {"/etc/web.conf": "config/web.conf"})
    found = [each for each in check_rules(spec, date.today()) if each.rule == "PLB120"]
    places = {(each.location.file, each.location.line) for each in found if each.location}
    assert places == ({("config/web.conf", line)} if line else set())


def test_one_source_may_stand_at_two_places() -> None:
    spec = with_files({"config/a.yml": "a: 1\n"}, {"/etc/a.yml": "config/a.yml", "/opt/a.yml": "config/a.yml"})
    assert list(written(spec)) == ["a.yml"]
    assert "PLB121" not in rules(spec)


TENANTS = {"tenants.yaml": {"tenants": {"acme": {"title": "Acme", "octet": 1, "state": "ACTIVE"}}}}


@pytest.mark.parametrize(
    "targets",
    [
        {"/etc/a.yml": "config/one/a.yml", "/opt/a.yml": "config/two/a.yml"},
        {"/etc/a.yml": "config/one/a.yml", "/opt/a.yml": "config/one/a.yml.j2"},
        {"/etc/web/acme.yml": "config/one/a.yml", "/etc/web/{tenant}.yml": "config/two/a.yml"},
        {"/etc/web/{tenant}.yml": "config/one/a.yml", "/opt/web/{tenant}.conf": "config/two/a.yml"},
        {"/etc/web/{tenant}.yml": "config/one/a.yml", "/opt/other": "config/two/web"},
    ],
)
def test_two_files_that_would_be_written_to_one_place_are_an_error(targets: dict[str, str]) -> None:
    files = dict.fromkeys(("config/one/a.yml", "config/one/a.yml.j2", "config/two/a.yml", "config/two/web"), "a: 1\n")
    assert "PLB121" in rules(with_files(files, targets, **TENANTS))


def test_a_secret_in_a_copied_file_is_found_within_braces_too() -> None:
    text = 'settings = {{password = "hunter2222"}}\n'
    for name, found in (("config/web.lua", True), ("config/web.lua.j2", False)):
        assert ("PLB603" in rules(with_files({name: text}, {"/etc/web.lua": name}))) == found


def test_two_files_at_one_place_in_the_container_are_an_error() -> None:
    config = [{"source": f"config/{name}.yml", "target": "/etc/a.yml"} for name in "ab"]
    wrong = two_modes({"services/web.yaml": service(config=config), "config/a.yml": "a: 1\n", "config/b.yml": "b: 1\n"})
    assert "PLB420" in rules(wrong)


def test_a_service_that_a_copied_file_seems_to_name_is_no_need() -> None:
    for name, found in (("config/web.conf", False), ("config/web.conf.j2", True)):
        spec = with_files(
            {name: "{{ address('db', 'sql') }}"},
            {"/etc/web.conf": name},
            **{"services/db.yaml": service(ports={"sql": 5432})},
            **{f"topology/{each}.yaml": mode(["web", "db"]) for each in ("left", "right")},
        )
        assert ("PLB116" in rules(spec)) == found
