"""The site, as it is read from a USB stick: built strictly, and asking no other host for anything."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.site.browser import Browser
from tests.site.links import loaded_by

pytestmark = pytest.mark.slow


def test_pages_load_nothing_from_elsewhere_and_miss_nothing(site: Path) -> None:
    pages = list(site.rglob("*.html"))
    assert len(pages) > 80
    judge_loading(pages)


def test_pages_of_any_spec_load_nothing_from_elsewhere_and_miss_nothing(other: Path) -> None:
    judge_loading(list(other.rglob("*.html")))


def judge_loading(pages: list[Path]) -> None:
    """Whatever a page loads is in its folder."""
    for page in pages:
        for address in loaded_by(page.read_text("utf-8")):
            if not address.startswith("data:"):
                assert "//" not in address, (page.name, address)
                assert (page.parent / address.split("#")[0].split("?")[0]).exists(), (page.name, address)


@pytest.mark.parametrize("words", ["postgres_host", "rebuild.sh", "embedding_endpoint", "rollback"])
def test_the_search_finds_names_by_their_parts_without_a_server(site: Path, reader: Browser, words: str) -> None:
    reader.open(f"{(site / 'index.html').as_uri()}?q={words}")
    reader.until("document.querySelectorAll('.md-search-result__item').length > 0")
    assert not [each for each in reader.requests() if not each.startswith(("file:", "data:", "blob:"))]
    assert reader.complaints() == []


def test_the_search_works_without_a_server(site: Path) -> None:
    assert (site / "search" / "search_index.js").read_text("utf-8").startswith("var __index = ")
    assert (site / "assets" / "iframe-worker.js").exists()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Nobody reads it."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address of a server of a folder's files."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def test_the_index_is_there_once_and_the_search_works_with_a_server_too(site: Path, reader: Browser) -> None:
    assert [each.name for each in (site / "search").iterdir()] == ["search_index.js"]
    with served(site) as address:
        reader.open(f"{address}index.html?q=rollback")
        reader.until("document.querySelectorAll('.md-search-result__item').length > 0")
        assert not [each for each in reader.requests() if not each.startswith((address, "data:", "blob:"))]
        assert reader.complaints() == []
