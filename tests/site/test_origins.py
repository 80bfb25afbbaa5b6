"""Each section of a page says where in the spec it comes from."""

import re

import pytest

from generators.registry import generate
from plumbline.project.section_origins import origins_of
from plumbline.site.origins import address_of, with_origins
from plumbline.spec.loading import load_spec
from plumbline.spec.spec import Spec
from tests.core.support import starter_files
from tests.stack.conftest import shipped_spec


def starter_spec() -> Spec:
    """What `plumb init` makes."""
    loaded, findings = load_spec(starter_files(), "data/")
    assert loaded is not None, findings
    return loaded


HTML = "<h1 id='a'>A</h1><p>x</p><h2 id='b'>B &amp; c</h2><p>y</p><h3>C</h3>"


@pytest.mark.parametrize("spec", [shipped_spec(), starter_spec()], ids=["shipped", "starter"])
def test_every_place_is_one_of_the_spec(spec: Spec) -> None:
    found = origins_of(generate(spec), spec)
    places = {place for sections in found.values() for section in sections for place in section}
    assert len(places) > 10
    assert all(re.fullmatch(r"\S+:[1-9][0-9]*", place) for place in places)
    named = {f"architect/services/{name}.md": f"services/{name}.yaml" for name in spec.services}
    for page, file in named.items():
        assert any(file in place for section in found[page] for place in section), page


def test_sections_are_those_of_the_page() -> None:
    spec = shipped_spec()
    pages = {page.path.removeprefix("docs/"): page for page in generate(spec)}
    for path, sections in origins_of(pages.values(), spec).items():
        text = re.sub(r"^```.*?^```", "", pages[path].content.decode(), flags=re.MULTILINE | re.DOTALL)
        assert len(sections) == len(re.findall(r"^##? ", text, re.MULTILINE)), path


def test_a_line_stands_below_each_heading() -> None:
    page = with_origins(HTML, [["data/a.yaml:3"], []], "")
    assert page == HTML.replace(
        "</h1>", '</h1><p class="origin" data-search-exclude>Comes from <code>data/a.yaml:3</code></p>'
    )


def test_a_page_with_other_headings_is_left_alone() -> None:
    assert with_origins(HTML, [["data/a.yaml:3"]], "") == HTML
    assert with_origins(HTML, [], "") == HTML


def test_names_of_files_are_text() -> None:
    assert "<b>" not in with_origins(HTML, [["data/<b>.yaml:3"], []], "https://x.example/edit/")


@pytest.mark.parametrize(
    ("config", "address"),
    [
        ({}, ""),
        ({"repo_url": "https://x.example/r", "edit_uri": None}, ""),
        ({"repo_url": "https://x.example/r/", "edit_uri": "edit/main/docs/"}, "https://x.example/r/edit/main/"),
        ({"repo_url": "https://x.example/r", "edit_uri": "https://y.example/e/docs"}, "https://y.example/e/"),
    ],
)
def test_the_repository_is_where_the_site_says(config: dict[str, object], address: str) -> None:
    assert address_of(config) == address


def test_a_place_leads_to_its_line_where_the_repository_is_known() -> None:
    page = with_origins(HTML, [["data/a.yaml:3"], []], "https://x.example/edit/")
    assert '<a href="https://x.example/edit/data/a.yaml#L3">' in page
