"""What stands at the foot of each printed sheet."""

import json
from pathlib import Path

import pytest

from plumbline.site.printed import with_footer
from tests.site.browser import Browser

HOSTILE = """</style><script>document.title = 'got'</script>"}{ \\22 \' é\n/* x"""


@pytest.mark.slow
def test_text_of_the_spec_stays_text(tmp_path: Path, reader: Browser) -> None:
    (tmp_path / "page.html").write_text(with_footer("<html><head></head><body>x</body></html>", HOSTILE), "utf-8")
    reader.open((tmp_path / "page.html").as_uri())
    assert reader.run("document.title") == ""
    rules = reader.run("[...document.styleSheets].map(each => each.cssRules.length)")
    assert rules == [1]
    assert reader.run("document.body.textContent") == "x"
    shown = reader.run("document.styleSheets[0].cssRules[0].cssText")
    assert "é" in shown, json.dumps(shown)


@pytest.mark.slow
def test_each_page_names_its_release_and_spec(site: Path) -> None:
    pages = [page for page in site.rglob("*.html") if page.name != "404.html"]
    without = [page for page in pages if ", spec " not in page.read_text("utf-8").partition("@bottom-left")[2][:80]]
    assert without == []


@pytest.mark.slow
def test_a_command_that_goes_on_is_marked_on_paper(site: Path, reader: Browser) -> None:
    reader.open((site / "operator/runbooks/online-provision.html").as_uri(), 680)
    reader.call("Emulation.setEmulatedMedia", media="print")
    lines = reader.run(
        "[...document.querySelectorAll('.md-typeset pre > code > span')].map(line =>"
        " [line.getClientRects()[0].height > 1.5 * parseFloat(getComputedStyle(line).lineHeight),"
        " parseFloat(getComputedStyle(line, '::before').height) > 1])"
    )
    reader.call("Emulation.setEmulatedMedia", media="")
    assert {tuple(each) for each in lines} == {(True, True), (False, False)}
