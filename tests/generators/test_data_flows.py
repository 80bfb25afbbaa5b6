"""The ways of data, as a page and pictures show them in each mode."""

import html
import re
from pathlib import Path

import markdown
import pytest

from generators.markdown import Page, text
from generators.registry import generate
from generators.site.drawing import Diagram
from plumbline.effective.data_flows import legs
from plumbline.effective.relations import relations
from tests.generators.nasty import NASTY
from tests.stack.conftest import shipped_spec
from validators.rules.examples import example_spec

SPEC = shipped_spec()
WAYS = [(name, mode) for name in SPEC.data_flows.data_flows for mode in SPEC.modes]


@pytest.mark.parametrize(("name", "mode"), WAYS)
def test_each_step_is_a_connection_of_the_mode(name: str, mode: str) -> None:
    way = legs(SPEC, name, mode)
    assert way
    assert {leg.relation for leg in way} <= set(relations(SPEC, mode))


def test_a_client_comes_in_by_the_entry_and_not_by_its_redirect() -> None:
    first, second = legs(SPEC, "document", "online")[:2]
    assert (first.relation.target, first.relation.port) == ("traefik", "https")
    assert (second.relation.source, second.relation.target, second.does) == (
        "traefik",
        "intake-gateway",
        "Passes it on.",
    )
    assert legs(SPEC, "document", "offline")[0].relation.target == "intake-gateway"


def test_a_mode_takes_its_own_way_and_no_other() -> None:
    ends = {mode: {leg.relation.target for leg in legs(SPEC, "answer", mode)} for mode in SPEC.modes}
    assert "openrouter.ai" in ends["online"] - ends["offline"]
    assert "nomic-embed" in ends["offline"] - ends["online"]


@pytest.mark.parametrize(("name", "mode"), WAYS)
def test_page_and_picture_have_the_same_steps(name: str, mode: str) -> None:
    artifacts = {each.path: each.content.decode() for each in generate(SPEC)}
    picture = "".join(
        artifacts[path]
        for path in sorted(artifacts)
        if re.fullmatch(f"docs/diagrams/flow-{name}-{mode}(-[0-9])?.d2", path)
    )
    title = SPEC.data_flows.data_flows[name].title
    table = artifacts["docs/architect/data-flows.md"].partition(f"### {title}: mode {mode}\n")[2].partition("\n#")[0]
    drawn = re.findall(r'^"(.*)" -> "(.*)": "(\d+) (.*)"$', picture, re.MULTILINE)
    told = re.findall(r"^\| (\d+) \| (.*?) \| (.*?) \| `(.*?)` \|", table, re.MULTILINE)
    plain = [
        (re.sub(r"\[(.*?)\].*|`(.*)`|client", lambda found: found[1] or found[2] or "(outside)", end) for end in ends)
        for _, *ends, _ in told
    ]
    assert [(source, target) for source, target, _, _ in drawn] == [tuple(ends) for ends in plain]
    assert [(number, port) for _, _, number, port in drawn] == [(number, port) for number, _, _, port in told]
    assert len(drawn) == len(legs(SPEC, name, mode))


def test_a_spec_without_them_has_no_page() -> None:
    assert not [
        each.path
        for each in generate(example_spec(""))
        if each.path.startswith("docs/") and "flow" in Path(each.path).name
    ]


@pytest.mark.parametrize("title", [each for each in NASTY if each.strip() and each.isprintable()])
def test_a_picture_stands_whatever_its_title_is(title: str) -> None:
    page = Page("x.md", "X")
    Diagram("x", f"a {text(title)} b", ()).show(page, "..")
    shown = markdown.markdown(page.done().content.decode(), extensions=["tables"])
    (image,) = re.findall(r"<img [^>]*>", shown)
    assert 'src="../x.svg"' in image
    assert html.unescape(html.unescape(re.findall(r'alt="([^"]*)"', image)[0])) == html.unescape(f"a {title} b")
