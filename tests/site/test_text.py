"""What stands in the built pages is what a reader shall read: no markup that was left over, and not more than travels well."""

from html.parser import HTMLParser
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

LEFT_OVER = ("{{", "}}", "{%", "`", "**", "](", "<code", "&lt;br")
NOT_PROSE = {"code", "pre", "script", "style", "svg", "textarea"}
MOST_BYTES = {"the whole": 8_000_000, "the first page": 250_000, "any other page": 400_000}


class Prose(HTMLParser):
    """The text of a page outside code."""

    def __init__(self, page: str):
        super().__init__()
        self.inside: list[str] = []
        self.texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in NOT_PROSE:
            self.inside.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self.inside and tag == self.inside[-1]:
            self.inside.pop()

    def handle_data(self, data: str) -> None:
        if not self.inside:
            self.texts.append(data)


def test_no_markup_is_left_over(site: Path) -> None:
    judge_text(site)


def test_no_markup_is_left_over_from_any_spec(other: Path) -> None:
    judge_text(other)


def judge_text(site: Path) -> None:
    """No text outside code holds what only a program reads."""
    for page in site.rglob("*.html"):
        for text in Prose(page.read_text("utf-8")).texts:
            assert not [mark for mark in LEFT_OVER if mark in text], (page.relative_to(site), text.strip())


def test_titles_are_headings(site: Path) -> None:
    titles: dict[str, list[Path]] = {}
    for page in set(site.rglob("*.html")) - {site / "404.html"}:
        title = page.read_text("utf-8").partition("<title>")[2].partition("</title>")[0]
        titles.setdefault(title, []).append(page.relative_to(site))
    assert {title: pages for title, pages in titles.items() if len(pages) > 1} == {}
    assert not [title for title in titles if title.startswith("Index")]


def test_it_weighs_little(site: Path) -> None:
    sizes = {path.relative_to(site).as_posix(): path.stat().st_size for path in site.rglob("*") if path.is_file()}
    assert sum(sizes.values()) < MOST_BYTES["the whole"]
    assert sizes["index.html"] < MOST_BYTES["the first page"]
    pages = {path: size for path, size in sizes.items() if path.endswith(".html")}
    assert max(pages.values()) < MOST_BYTES["any other page"], max(pages, key=lambda path: pages[path])
