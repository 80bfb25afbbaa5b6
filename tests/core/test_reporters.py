"""What machines read: JUnit XML by its schema, and SARIF with pages that exist."""

import json
import re
from dataclasses import asdict, replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from generators.site.rule_pages import RulePageGenerator
from plumbline.cli.common import _more
from plumbline.cli.site import _with_evidence
from plumbline.effective.published import page_address
from plumbline.report import REPORTERS
from plumbline.report.fact import Check
from plumbline.spec.finding import Finding, Related
from plumbline.spec.loading import load_spec
from plumbline.spec.location import Location
from proofs.wrong_specs import files_of
from validators.all_rules import ALL_RULES
from validators.check_reports import as_json, junit
from validators.cloud.rendering import as_markdown
from validators.cloud.report import CloudReport

ROOT = Path(__file__).parents[2]
COUNTS = {"tests", "failures", "errors"}
SCHEMA: dict[str, tuple[set[str], set[str], set[str]]] = {
    "testsuites": (set(), {"name", "time", *COUNTS}, {"testsuite"}),
    "testsuite": (
        {"name", *COUNTS},
        {"time", "skipped", "timestamp", "hostname", "id", "package", "group", "file", "log", "url"},
        {"testsuite", "properties", "testcase", "system-out", "system-err"},
    ),
    "testcase": ({"name"}, {"time", "classname", "group"}, {"skipped", "error", "failure", "system-out", "system-err"}),
    "properties": (set(), set(), {"property"}),
    "property": ({"name", "value"}, set(), set()),
    "failure": (set(), {"type", "message"}, set()),
    "skipped": (set(), {"type", "message"}, set()),
}
"""Of each element what it must have, may have, and may hold: junit-10.xsd of Jenkins' xUnit plugin, as far as it is used."""
SUREFIRE_TIME = re.compile(r"(([0-9]{0,3},)*[0-9]{3}|[0-9]{0,3})*(\.[0-9]*)?")


def against_schema(element: ElementTree.Element) -> list[str]:
    """What the schema refuses of an element and all below it."""
    must, may, holds = SCHEMA[element.tag]
    found = [f"{element.tag} lacks {name}" for name in must - set(element.attrib)]
    found += [f"{element.tag} has {name}" for name in set(element.attrib) - must - may]
    if not SUREFIRE_TIME.fullmatch(element.get("time", "")):
        found.append(f"{element.tag} took {element.get('time')}")
    for child in element:
        found += [f"{element.tag} holds {child.tag}"] if child.tag not in holds else against_schema(child)
    return found


def counted(suites: ElementTree.Element) -> None:
    """Every count is that of what is there."""
    for level in (suites, *suites):
        cases = list(level.iter("testcase"))
        assert level.get("tests") == str(len(cases))
        assert level.get("failures") == str(sum(case.find("failure") is not None for case in cases))
        if level.tag == "testsuite":
            assert level.get("skipped") == str(sum(case.find("skipped") is not None for case in cases))


FINDINGS = [
    Finding("PLB101", "m", location=Location("a.yaml", 3), related=(Related("n", Location("b.yaml", 4), "PLB701"),)),
    Finding("PLB101", "other", hint="h"),
    Finding("PLB601", "m"),
]


@pytest.mark.parametrize("findings", [FINDINGS, []])
@pytest.mark.parametrize("rules", [ALL_RULES, {}])
def test_findings_are_junit_with_a_suite_for_each_kind_of_rule(
    findings: list[Finding], rules: dict[str, object]
) -> None:
    suites = ElementTree.fromstring(REPORTERS["junit"](findings, {}, False, rules=rules))
    assert against_schema(suites) == []
    counted(suites)
    names = [suite.get("name") for suite in suites]
    assert len(set(names)) == len(names)
    assert "others" not in names
    if findings:
        texts = [case.findtext("failure") or "" for case in suites.iter("testcase")]
        assert any("a.yaml:3" in text and "b.yaml:4" in text for text in texts)
        passed = {case.get("classname") for case in suites.iter("testcase") if not len(case)}
        assert not passed & {"PLB101", "PLB701", "PLB601"}  # PLB701 found what follows from the first


def test_facts_are_junit_with_a_suite_for_each_kind_and_the_times_that_are_known() -> None:
    checks = [
        Check("services.a", "reach.b:http", "open", "open", seconds=1.25),
        Check("services.a", "reach.c:http", "open", "closed", where="acme-db"),
        Check("services.a", "image", "x", None, readable=False),
    ]
    suites = ElementTree.fromstring(
        junit("plumb", checks, "2026-11-26T00:00:00", {"up": 70.5, "look": 2.0}, {"k": "v"})
    )
    assert against_schema(suites) == []
    counted(suites)
    assert suites.get("time") == "72.50"
    assert {suite.get("name"): suite.get("time") for suite in suites} == {"reach": "1.25", "image": None}
    assert [case.get("time") for case in suites.iter("testcase")] == ["1.25", None, None]


CHECKS = (
    Check("server one", "image", "a|b", "a|b", where="acme", seconds=1.5),
    Check("server one", "location", "fsn1", None, where="acme"),
    Check("server two", "name", "two", None, deployed=False),
)


@pytest.mark.parametrize("checks", [CHECKS, CHECKS[:1], ()])
def test_a_report_has_a_line_of_json_for_each_fact_and_a_page_of_what_does_not_match(checks: tuple[Check, ...]) -> None:
    report = CloudReport("p", ("acme",), "2026", {"read": 1, "compare": 1}, "0" * 12, 2, (), checks, ())
    read = json.loads(as_json(report))
    assert read["checks"] == [asdict(each) | {"outcome": each.outcome} for each in checks]
    assert sum(read["outcomes"].values()) == len(checks)
    assert {json.dumps(each) in as_json(report) for each in read["checks"]} <= {True}
    page = as_markdown(report)
    assert "[cloud.json](cloud.json)" in page
    for each in checks:
        assert (f"| `{each.attribute}` |" in page) == (each.outcome != "matches")


def test_the_data_that_a_page_of_evidence_links_is_beside_it(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "reports").mkdir()
    for name, content in {"a.md": "[a.json](a.json)", "a.json": "{}", "b.md": "", "b.json": "{}", "c.md": ""}.items():
        (tmp_path / "reports" / name).write_text(content)
    docs = _with_evidence(tmp_path / "docs", sorted((tmp_path / "reports").glob("*.md")), tmp_path / "made")
    assert {each.name for each in (docs / "auditor/evidence").iterdir()} == {"a.md", "a.json", "b.md", "c.md"}


SITE = "INHERIT: plumbline/site/defaults.yaml\nsite_url: https://docs.example.org/sample/\n"


def _sarif(mkdocs: str) -> list[dict[str, str]]:
    findings = [Finding(id, "m") for id in ALL_RULES]
    log = json.loads(REPORTERS["sarif"](findings, {}, False, rules=ALL_RULES, page_of=page_address(mkdocs)))
    return log["runs"][0]["tool"]["driver"]["rules"]  # type: ignore[no-any-return]


def test_every_rule_leads_to_its_page_where_the_site_is_published() -> None:
    spec, _ = load_spec(files_of("starter"))
    assert spec is not None
    spec = replace(spec, platform=spec.platform.model_copy(update={"reference": True}))
    made = RulePageGenerator(tuple(ALL_RULES.values())).generate(spec)
    pages = {artifact.path: artifact.content.decode() for artifact in made}
    for rule in _sarif(SITE):
        page, _, place = rule["helpUri"].removeprefix("https://docs.example.org/sample/").partition(".html#")
        assert f'<a id="{place}"></a>\n\n## {rule["id"]}: ' in pages[f"docs/{page}.md"]


def test_a_rule_leads_to_no_page_that_the_project_does_not_have(tmp_path: Path) -> None:
    (tmp_path / "mkdocs.yml").write_text(SITE)
    page_of = _more(tmp_path / "data", "sarif", None)["page_of"]
    assert page_of("architect/rules/PLB1xx") is None
    (tmp_path / "docs/architect/rules").mkdir(parents=True)
    (tmp_path / "docs/architect/rules/PLB1xx.md").touch()
    assert page_of("architect/rules/PLB1xx") == "https://docs.example.org/sample/architect/rules/PLB1xx.html"


@pytest.mark.parametrize("mkdocs", ["", "site_name: x\n", "site_url: ''\n", "site_url: docs\n", "a: [\n", "- a\n"])
def test_no_address_is_made_up(mkdocs: str) -> None:
    assert all("helpUri" not in rule for rule in _sarif(mkdocs))


def test_an_address_is_the_one_that_the_site_has_and_nothing_is_executed() -> None:
    odd = "use_directory_urls: true\nplugins: !!python/object/apply:os.system [false]\nextra: !ENV [A, b]\n"
    assert page_address(SITE + odd)("a/b") == "https://docs.example.org/sample/a/b/"
    assert page_address("site_url: !ENV https://docs.example.org\n")("a/b") is None


def test_every_id_that_a_finding_can_have_is_explained() -> None:
    sources = [path for folder in ("plumbline", "validators") for path in (ROOT / folder).rglob("*.py")]
    used = {id for path in sources for id in re.findall(r"PLB[0-9]{3}", path.read_text("utf-8"))}
    assert used - ALL_RULES.keys() == set()
