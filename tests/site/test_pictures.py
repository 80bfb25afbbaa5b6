"""Pictures in the pages: labels that can be read, boxes that lead somewhere, colours of the page."""

import re
from pathlib import Path

import pytest

from tests.calling import ROOT
from tests.site.browser import Browser

pytestmark = pytest.mark.slow

LEAST = {1280: 11, 360: 9}
"""Height of letters in px, by the width of the window."""
MEASURE = """
[...document.querySelectorAll('.picture')].map(frame => {
  const svg = frame.querySelector('svg'), inner = svg.querySelector('svg');
  const scale = svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
  const sizes = [...svg.querySelectorAll('text, tspan')].map(text => parseFloat(getComputedStyle(text).fontSize) * scale);
  return {
    name: frame.getAttribute('aria-label'),
    least: Math.min(...sizes),
    most: Math.max(...sizes),
    scrolls: frame.scrollWidth > frame.clientWidth + 1,
    overflows: document.documentElement.scrollWidth > innerWidth,
    links: [...svg.querySelectorAll('a')].map(link => link.href.baseVal),
    colour: getComputedStyle(svg.querySelector('text')).fill,
  };
})
"""


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
        pictures = reader.run(MEASURE)
        assert pictures, page
        for each in pictures:
            assert each["least"] >= LEAST[width], (page.name, each)
            # a small drawing is not blown up
            assert each["most"] <= 30, (page.name, each)
            assert not each["overflows"], (page.name, each)
            # a desk's window shows the whole
            assert width < 1280 or not each["scrolls"], (page.name, each)


def test_every_drawing_stands_in_a_page(site: Path) -> None:
    shown = sum(page.read_text("utf-8").count('class="picture"') for page in pages_with_pictures(site))
    assert shown == len(list((ROOT / "docs/diagrams").glob("*.svg")))
    assert not [page for page in site.rglob("*.html") if re.search(r"<img[^>]*\.svg", page.read_text("utf-8"))]


def test_boxes_lead_to_the_pages_of_services(site: Path, reader: Browser) -> None:
    led = 0
    for page in pages_with_pictures(site):
        reader.open(page.as_uri())
        for each in reader.run(MEASURE):
            for link in each["links"]:
                assert (page.parent / link).is_file(), (page, link)
                led += 1
    assert led > 20


def test_colours_follow_the_page(site: Path, reader: Browser) -> None:
    reader.open((site / "index.html").as_uri())
    light = reader.run(MEASURE)[0]["colour"]
    reader.run("document.body.setAttribute('data-md-color-scheme', 'slate')")
    assert reader.run(MEASURE)[0]["colour"] != light
