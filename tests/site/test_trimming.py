"""What is taken out of a built site, and what stays as it was."""

import json
from pathlib import Path
from typing import Any

import pytest

from plumbline.site.trimming import trim

PAGE = "<p>one\n\n   two</p>\n\n\n<pre><code>a\n\n  b\n</code></pre>\n <p>x</p>\n\n<script>\n\n1\n</script><style>\n\na</style>"


def site(folder: Path, languages: list[str]) -> Path:
    files = {
        "index.html": PAGE,
        "assets/javascripts/bundle.js": "1",
        "assets/javascripts/bundle.js.map": "{}",
        "assets/javascripts/lunr/wordcut.js": "1",
        "search/search_index.json": json.dumps({"config": {"lang": languages}}),
    }
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(content)
    return folder


@pytest.mark.parametrize("languages", [["en"], ["en", "de"], ["th"]])
def test_only_what_no_browser_loads_is_removed(languages: list[str], tmp_path: Path) -> None:
    trim(site(tmp_path, languages))
    assert (tmp_path / "assets/javascripts/bundle.js").is_file()
    assert not list(tmp_path.rglob("*.map"))
    assert (tmp_path / "assets/javascripts/lunr").exists() == (languages != ["en"])


def test_code_keeps_its_empty_lines(tmp_path: Path) -> None:
    trim(site(tmp_path, ["en"]))
    assert (tmp_path / "index.html").read_text() == (
        "<p>one\ntwo</p>\n<pre><code>a\n\n  b\n</code></pre>\n<p>x</p>\n<script>\n\n1\n</script><style>\n\na</style>"
    )


def test_entries_of_a_navigation_lose_what_nobody_sees(tmp_path: Path) -> None:
    entry = '<li class="md-nav__item">\n<a href="a.html" class="md-nav__link">\n<span class="md-ellipsis">\nA & B\n</span>\n</a>\n</li>'
    title = '<span class="md-ellipsis">\ndocpipe\n</span>'
    origin = '<p class="origin" data-search-exclude>Comes from</p>'
    (tmp_path / "index.html").write_text(f"{title}\n<ul>\n{entry}\n{entry}\n</ul>{origin}")
    trim(tmp_path)
    short = '<li class="md-nav__item"><a href="a.html" class="md-nav__link">A & B</a></li>'
    assert (tmp_path / "index.html").read_text() == f'{title}\n<ul>{short}{short}</ul><p class="origin">Comes from</p>'


def test_a_site_of_another_theme_has_nothing_of_it(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("<p>x</p>")
    trim(tmp_path)
    assert (tmp_path / "index.html").read_text() == "<p>x</p>"


ASKS = 'function k(){return location.protocol==="file:"?_t(`${new URL("search/search_index.js",b)}`):z(new URL("search/search_index.json",b))}'


@pytest.mark.parametrize("program", [ASKS, "somebody else's", ASKS + ASKS])
def test_the_index_is_kept_once_where_the_theme_takes_it_as_a_script(program: str, tmp_path: Path) -> None:
    site(tmp_path, ["en"])
    (tmp_path / "assets/javascripts/bundle.js").unlink()
    bundle = tmp_path / "assets/javascripts/bundle.0a1b.min.js"
    bundle.write_text(program)
    (tmp_path / "search/search_index.js").write_text("var __index = {}")
    trim(tmp_path)
    known = program == ASKS
    assert (tmp_path / "search/search_index.js").is_file()
    assert (tmp_path / "search/search_index.json").exists() != known
    assert (bundle.read_text() != program) == known


def test_a_drawing_that_stands_in_pages_has_no_file_of_its_own(tmp_path: Path) -> None:
    for name in ("inside", "shown"):
        (tmp_path / "diagrams").mkdir(exist_ok=True)
        (tmp_path / f"diagrams/{name}.svg").write_text("<svg/>")
    (tmp_path / "logo.svg").write_text("<svg/>")
    (tmp_path / "index.html").write_text('<img src="diagrams/shown.svg">')
    trim(tmp_path)
    assert sorted(each.name for each in tmp_path.rglob("*.svg")) == ["logo.svg", "shown.svg"]


def test_blanks_and_punctuation_in_code_have_no_marks(tmp_path: Path) -> None:
    folder = site(tmp_path, ["en"])
    (folder / "code.html").write_text(
        '<pre><code>a<span class="w">  </span><span class="nt">b</span><span class="p">:</span>\n</code></pre>'
    )
    trim(folder)
    assert (folder / "code.html").read_text() == '<pre><code>a  <span class="nt">b</span>:\n</code></pre>'


def test_data_says_the_same_in_fewer_bytes(tmp_path: Path) -> None:
    data: dict[str, Any] = {"mode": "ä", "checks": [{"a": 1, "b": None}, {"a": " two  blanks "}]}
    path = tmp_path / "auditor/evidence/x.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(data, indent=1))
    before = path.stat().st_size
    trim(site(tmp_path, ["en"]))
    del data["checks"][0]["b"]  # what is null is left out
    assert json.loads(path.read_text("utf-8")) == data
    assert path.stat().st_size < before
