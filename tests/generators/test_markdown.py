"""No value of the spec becomes markup: what a page shows is what the spec says."""

from html.parser import HTMLParser

import markdown
from hypothesis import given
from hypothesis import strategies as st

from generators.markdown import EvidencePage, Page, code, fence, link, text
from tests.generators.nasty import texts

EXTENSIONS = [
    "tables",
    "attr_list",
    "md_in_html",
    "toc",
    "pymdownx.superfences",
    "pymdownx.highlight",
    "pymdownx.tasklist",
]
ALLOWED = {"table", "thead", "tbody", "tr", "th", "td", "h1", "p", "br", "code", "a", "div", "pre", "span"}
lines = texts.map(lambda value: value.strip()).filter(lambda value: value and "\n" not in value and value.isprintable())


class Shown(HTMLParser):
    """The tags of a page, and the text in each table cell or code block."""

    def __init__(self, page: str):
        super().__init__()
        self.tags: set[str] = set()
        self.cells: list[str] = []
        self.inside = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.add(tag)
        if tag == "td":
            self.inside = True
            self.cells.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag == "td":
            self.inside = False

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.cells[-1] += data


def shown(page: Page) -> Shown:
    """The page as MkDocs would show it."""
    return Shown(markdown.markdown(page.done().content.decode(), extensions=EXTENSIONS))


@given(st.lists(lines, min_size=1, max_size=6))
def test_cells_show_the_value(values: list[str]) -> None:
    page = Page("x.md", "Title")
    page.table(["Plain", "Code", "Link"], [(None, [text(value), code(value), link(value, "y.md")]) for value in values])
    result = shown(page)
    assert result.tags <= ALLOWED
    assert [cell.split() for cell in result.cells] == [value.split() for value in values for _ in range(3)]


@given(texts)
def test_a_value_breaks_out_of_nothing(value: str) -> None:
    page = Page("x.md", value.replace("\n", " ").strip() or "x").add(text(value)).add(fence(value, "yaml"))
    assert shown(page).tags <= ALLOWED


def test_a_fence_is_longer_than_any_inside() -> None:
    assert fence("a\n````\nb").startswith("`````")


def test_a_page_of_evidence_is_not_searched_and_says_what_wrote_it() -> None:
    lines = EvidencePage("x.md", "Title").done().content.decode().splitlines()
    assert lines[:3] == ["---", "search: {exclude: true}", "---"]
    assert "plumb build" not in lines[3]
