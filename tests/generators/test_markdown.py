"""No value of the spec becomes markup: what a page shows is what the spec says, wherever it stands."""

import re
from collections.abc import Callable
from html.parser import HTMLParser
from importlib.resources import files

import markdown
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from generators.markdown import EvidencePage, Page, code, fence, link, prose, table, text
from tests.generators.nasty import texts

EXTENSIONS = [
    *yaml.safe_load(files("plumbline.site").joinpath("defaults.yaml").read_text())["markdown_extensions"],
    "admonition",
]
"""As the site has them, by name or {name: options}; a project's own site may have admonitions too."""
NAMES = [name for each in EXTENSIONS for name in (each if isinstance(each, dict) else [each])]
OPTIONS = {name: options for each in EXTENSIONS if isinstance(each, dict) for name, options in each.items()}
PLACES = {
    "the start of a paragraph": "{}",
    "within a paragraph": "One {} two.",
    "the end of a paragraph": "One {}",
    "a heading": "## {}",
    "the end of a heading": "## 1. {}",
    "an item": "- {}",
    "a numbered item": "- a\n- b\n\n1. {}\n1. c",
    "a task": "- [ ] {}",
    "strong": "**{}**: x",
    "after strong": "**x:** {}",
    "a cell": table(["x", "y"], [["{}", "z"]]),
    "the last cell": table(["x", "y"], [["z", "{}"]]),
    "the head of a table": table(["{}", "x"], [["y", "z"]]),
    "after code in a cell": table(["x", "y"], [["`z` {}", "z"]]),
}
"""Where a page can show a value."""
TAGS = {
    "h1", "h2", "p", "ul", "ol", "li", "label", "input", "strong", "table", "thead", "tbody", "tr", "th", "td", "br", "code", "a",
    "div", "pre", "span",
}  # fmt: skip
MARKUP = (
    " ", "x", "#", "# x", "{: .x}", " {.x}", "{#x y=z}", "}", "[x]: y", "[x]", "[ ] ", "[TOC]", "](y)", "![x](y)", "[^1]", "1. ", "+ ",
    "- ", "-", "--- ", "* ", "*", "**", "_", "__", "_x_", "a_b", "~~~", "```", "`", "``x``", "!!! note", '=== "x"', "===", "> ", ">",
    "<!-- x -->", "<b@c>", "<é@c>", "<https://x>", "<?x?>", "<![CDATA[x]]>", "<div markdown>", "&amp", "&#35", ";", "\\", "\\\\", "\\_",
    "\\|", "|", "\t", "\n", "<b>", "</td>",
)  # fmt: skip
"""What Markdown, or an extension of the site's, takes for something: alone, and in every row of up to six."""
values = st.one_of(texts, st.lists(st.sampled_from(MARKUP), min_size=1, max_size=6).map("".join))
lines = values.map(lambda value: value.strip()).filter(
    lambda value: value and "\n" not in value and value.isprintable()
)


class ShownText(HTMLParser):
    """The tags of a page, and its text."""

    def __init__(self, page: str):
        super().__init__()
        self.tags: set[str] = set()
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.add(tag)
        self.text += "\n" * (tag in ("br", "td", "th", "li", "p"))

    def handle_data(self, data: str) -> None:
        self.text += data


def shown(page: str) -> ShownText:
    """The page as MkDocs would show it, without the mark at each heading."""
    html = markdown.markdown(page, extensions=NAMES, extension_configs={**OPTIONS, "toc": {}})
    return ShownText(html)


MADE = {"text": text, "code": code, "link": lambda value: link(value, "y.md")}


@pytest.mark.parametrize("made", MADE.values(), ids=MADE)
@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
@given(value=values)
def test_a_value_is_shown_as_it_is(place: str, made: Callable[[str], str], value: str) -> None:
    around = shown(place.replace("{}", "WORD")).text
    result = shown(place.replace("{}", made(value)))
    assert result.text.split() == around.replace("WORD", value).split()
    assert result.tags <= TAGS


@given(st.lists(lines, min_size=2, max_size=6), st.data())
def test_values_beside_each_other_are_shown_as_they_are(values: list[str], data: st.DataObject) -> None:
    made = [data.draw(st.sampled_from([*MADE.values()]))(value) for value in values]
    for between in (" ", ", ", ": ", " ("):
        assert shown(between.join(made)).text.split() == between.join(values).split()
    row = shown(table(["x"] * len(made), [made]))
    assert row.text.split() == [*"x" * len(made), *" ".join(values).split()]


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
@given(value=values.map(lambda value: value.replace("`", "")), name=lines.filter(lambda name: "`" not in name))
def test_a_sentence_is_shown_with_its_names_as_code(place: str, value: str, name: str) -> None:
    around = shown(place.replace("{}", prose("BEFORE `NAME` AFTER")))
    result = shown(place.replace("{}", prose(f"{value} `{name}` {value}")))
    said = {"BEFORE": value, "NAME": name, "AFTER": value}
    assert result.text.split() == re.sub("BEFORE|NAME|AFTER", lambda word: said[word[0]], around.text).split()
    assert result.tags - {"br"} == around.tags - {"br"}
    assert "code" in result.tags


@given(values)
def test_a_value_breaks_out_of_nothing(value: str) -> None:
    page = Page("x.md", value.replace("\n", " ").strip() or "x").add(text(value)).add(fence(value, "yaml"))
    assert shown(page.done().content.decode()).tags <= TAGS


def test_a_fence_is_longer_than_any_inside() -> None:
    assert fence("a\n````\nb").startswith("`````")


def test_a_page_of_evidence_is_not_searched_and_says_what_wrote_it() -> None:
    lines = EvidencePage("x.md", "Title").done().content.decode().splitlines()
    # MkDocs finds the title only where nothing but the front matter precedes it
    assert lines[:3] == ["---", "search: {exclude: true}", "---"]
    assert lines[4] == "# Title"
    assert lines[6].startswith("<!--") and "plumb build" not in lines[6]
