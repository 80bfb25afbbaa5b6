"""What `make site-proof` says of a site that is wrong."""

from pathlib import Path

import pytest

from proofs.site import lost_links, lost_words, too_heavy
from tests.site.browser import Browser

pytestmark = pytest.mark.slow


def test_links_that_lead_nowhere_are_named(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(
        '<p id="here"><a href="#here">1</a> <a href="#lost">2</a> <a href="b.html#x">3</a> <a href="c.html">4</a>'
    )
    (tmp_path / "b.html").write_text('<a name="x" href="https://example.com/"></a><img src="lost.png">')
    assert list(lost_links(tmp_path)) == [
        "a.html: #lost leads to no anchor",
        "a.html: c.html leads to no file",
        "b.html: lost.png leads to no file",
    ]


def test_weight_is_named(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("x" * 260_000)
    (tmp_path / "big.png").write_bytes(bytes(8_000_000))
    assert list(too_heavy(tmp_path)) == ["the site has 8.3 MB, more than 8", "the first page has 260 KB, more than 250"]


def test_a_search_that_finds_nothing_is_named(site: Path, reader: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("proofs.site.SEARCHED", ("xylophone",))
    monkeypatch.setattr("tests.site.browser._HANG_MS", 3000)
    assert list(lost_words(reader, site)) == ["a search for xylophone finds nothing"]
