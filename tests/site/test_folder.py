"""The site, as it is read from a USB stick: built strictly, and asking no other host for anything."""

from html.parser import HTMLParser
from pathlib import Path

import pytest

LOADS = {
    "script": "src",
    "link": "href",
    "img": "src",
    "iframe": "src",
    "source": "srcset",
    "object": "data",
    "embed": "src",
}


class Loaded(HTMLParser):
    """What a page makes a browser load."""

    def __init__(self, page: str):
        super().__init__()
        self.addresses: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        address = dict(attrs).get(LOADS.get(tag, ""))
        if address and dict(attrs).get("rel") != "canonical":
            self.addresses.append(address)


pytestmark = pytest.mark.slow


def test_pages_load_nothing_from_elsewhere_and_miss_nothing(site: Path) -> None:
    pages = [page for page in site.rglob("*.html") if page.name != "404.html"]
    assert len(pages) > 100
    for page in pages:
        for address in Loaded(page.read_text("utf-8")).addresses:
            if not address.startswith("data:"):
                assert "//" not in address, (page.name, address)
                assert (page.parent / address.split("#")[0].split("?")[0]).exists(), (page.name, address)


def test_the_search_works_without_a_server(site: Path) -> None:
    assert (site / "search" / "search_index.js").read_text("utf-8").startswith("var __index = ")
    assert (site / "assets" / "iframe-worker.js").exists()
