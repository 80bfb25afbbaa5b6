"""Pictures in the pages: labels that can be read, boxes that lead somewhere, colours of the page."""

import re
from pathlib import Path

import pytest

from tests.calling import ROOT
from tests.site.browser import Browser
from tests.site.measures import LEAST, pictures, too_wide, unreadable

pytestmark = pytest.mark.slow


def pages_with_pictures(site: Path) -> list[Path]:
    return [page for page in sorted(site.rglob("*.html")) if 'class="picture"' in page.read_text("utf-8")]


@pytest.mark.parametrize("width", LEAST)
def test_labels_can_be_read(site: Path, reader: Browser, width: int) -> None:
    assert len(pages_with_pictures(site)) >= 4
    judge_pictures(site, reader, width)


@pytest.mark.parametrize("width", LEAST)
def test_labels_of_any_spec_can_be_read(other: Path, reader: Browser, width: int) -> None:
    assert len(pages_with_pictures(other)) >= 4
    judge_pictures(other, reader, width)


def judge_pictures(site: Path, reader: Browser, width: int) -> None:
    """Whoever opens a page sees whole words, and neither dots nor posters."""
    for page in pages_with_pictures(site):
        reader.open(page.as_uri(), width)
        assert pictures(reader), page
        assert unreadable(reader, width) + too_wide(reader, width) == [], page


def test_every_drawing_stands_in_a_page(site: Path) -> None:
    shown = sum(page.read_text("utf-8").count('class="picture"') for page in pages_with_pictures(site))
    assert shown == len(list((ROOT / "docs/diagrams").glob("*.svg")))
    assert not [page for page in site.rglob("*.html") if re.search(r"<img[^>]*\.svg", page.read_text("utf-8"))]


def test_boxes_lead_to_the_pages_of_services(site: Path, reader: Browser) -> None:
    led = 0
    for page in pages_with_pictures(site):
        reader.open(page.as_uri())
        for each in pictures(reader):
            for link in each["links"]:
                assert (page.parent / link).is_file(), (page, link)
                led += 1
    assert led > 20


def test_colours_follow_the_page(site: Path, reader: Browser) -> None:
    reader.open((site / "index.html").as_uri())
    light = pictures(reader)[0]["colour"]
    reader.run("document.body.setAttribute('data-md-color-scheme', 'slate')")
    assert pictures(reader)[0]["colour"] != light
