"""What a spec does not have is on no page: no page about it, no section, no word, and no link."""

import html
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import PurePosixPath

import pytest
import yaml

from generators.compose.project import ComposeGenerator
from generators.registry import generate
from generators.site.diagrams import DiagramGenerator
from generators.site.pages import PageGenerator
from generators.site.parity_pages import ParityGenerator
from generators.site.roll_out_page import roll_out
from plumbline.effective.expression_names import spec_names
from plumbline.spec.spec import Spec
from tests.generators.test_one_relation import proxied, shipped, three_roles
from tests.rules.three_modes import three_modes
from tests.rules.two_modes import service, two_modes
from validators.all_rules import ALL_RULES
from validators.rules.examples import example_spec

NO_TENANTS = {
    "starter": lambda: example_spec(""),
    "three modes": three_modes,
    "two nodes": three_roles,
    "proxied": proxied,
}
OF_THE_PRODUCT = ("docs/architect/data.md", "docs/architect/rules/", "schema/json/")
"""Pages that are about Plumbline and not about the spec."""
LINK = re.compile(r"\]\((?!https:)([^)#\s]+)")


def pages(spec: Spec) -> dict[str, str]:
    made = [*PageGenerator().generate(spec), *ParityGenerator().generate(spec), *DiagramGenerator().generate(spec)]
    return {
        each.path: html.unescape(each.content.decode()) for each in made if not each.path.startswith(OF_THE_PRODUCT)
    }


@pytest.fixture(params=NO_TENANTS)
def spec(request: pytest.FixtureRequest) -> Spec:
    return NO_TENANTS[request.param]()


def test_a_spec_without_tenants_has_no_word_of_them(spec: Spec) -> None:
    for path, page in pages(spec).items():
        assert "tenant" not in page.lower(), (path, re.findall(r".*[Tt]enant.*", page))


def test_a_spec_without_a_feature_has_no_page_about_it(spec: Spec) -> None:
    made = pages(spec)
    for path in (
        "operator/tenants.md",
        "operator/update.md",
        "auditor/models.md",
        "auditor/decisions.md",
        "operator/cloud/index.md",
    ):
        assert f"docs/{path}" not in made
    assert ("docs/auditor/secrets.md" in made) == bool(spec.secrets.secrets)
    assert ("docs/auditor/requirements.md" in made) == bool(spec.requirements.requirements)
    assert not any("refuses requests" in page for page in made.values())


def test_no_link_leads_to_a_page_that_is_not_there(spec: Spec) -> None:
    made = pages(spec)
    for path, page in made.items():
        for target in LINK.findall(page) if path.endswith(".md") else ():
            place = _joined(path, target)
            if not place.startswith(OF_THE_PRODUCT) and "diagrams/" not in place:
                assert place in made, (path, target)


@pytest.mark.parametrize("reference", [False, True])
@pytest.mark.parametrize(
    "of", [shipped, three_modes, lambda: example_spec("")], ids=["shipped", "three modes", "starter"]
)
def test_the_reference_is_where_the_spec_asks_for_it(of: Callable[[], Spec], reference: bool) -> None:
    spec = of()
    spec = replace(spec, platform=spec.platform.model_copy(update={"reference": reference}))
    made = {each.path: each.content.decode() for each in generate(spec, tuple(ALL_RULES.values()))}
    for begin in OF_THE_PRODUCT:
        assert any(path.startswith(begin) for path in made) == reference
    assert any(path.startswith("schema/project/") for path in made)
    for path, page in made.items():
        for target in LINK.findall(page) if path.endswith(".md") and "docs/architect/rules/" not in path else ():
            place = _joined(path, target)
            assert place in made or place.endswith(".svg") or "runbooks/" in place, (path, target)


def _joined(page: str, target: str) -> str:
    parts: list[str] = []
    for part in (PurePosixPath(page).parent / target).parts:
        parts = parts[:-1] if part == ".." else [*parts, part]
    return "/".join(parts)


def test_the_shipped_spec_keeps_all_of_its_pages() -> None:
    made = pages(shipped())
    for path in (
        "operator/tenants.md",
        "operator/update.md",
        "auditor/models.md",
        "auditor/decisions.md",
        "auditor/secrets.md",
    ):
        assert f"docs/{path}" in made
    assert "Host name of a tenant" in made["docs/index.md"]


def test_a_variable_stands_once_and_what_differs_by_mode_side_by_side() -> None:
    page = pages(three_modes())["docs/operator/environment.md"]
    assert page.count("`MAIL`") == 1
    assert "| Variable | Service | cluster | dev | single |" in page
    assert "`smtp.example.net:587` | `mail:25` | `smtp.example.net:587`" in page


def test_what_is_published_on_every_interface_is_called_on_the_node_itself() -> None:
    for address, reached in (("0.0.0.0", "127.0.0.1"), ("10.1.2.3", "10.1.2.3")):
        web = service(ports={"http": 80}, publish={"http": {"address": address, "port": 8080}})
        names = spec_names(two_modes({"services/web.yaml": web}), "left")
        assert names["published"]("web", "http") == f"{reached}:8080"


@pytest.mark.parametrize("field", ["entrypoint", "command"])
def test_an_empty_list_of_words_is_written_and_an_absent_one_is_not(field: str) -> None:
    for words, written in (({field: []}, [[]]), ({}, [])):
        spec = two_modes({"services/web.yaml": service(**words)})
        composed = next(each for each in ComposeGenerator().generate(spec) if each.path == "deploy/left/compose.yaml")
        web = yaml.safe_load(composed.content)["services"]["web"]
        assert [web[key] for key in (field,) if key in web] == written
        shown = pages(spec)["docs/architect/services/web.md"]
        assert ("none: the image's is cleared" in shown) == bool(written)


def test_a_roll_out_page_tells_of_shared_backups_where_there_are_some() -> None:
    spec = shipped()
    without = replace(spec, backups=type(spec.backups)())
    told = ["shared.yaml" in page.content.decode() for each in (spec, without) for page in roll_out(each)]
    assert told == [True, False]
