"""Pages as they are read by keyboard, by ear, on a small screen and on paper."""

from pathlib import Path

import pytest

from tests.site.browser import Browser
from tests.site.measures import PAGES, kept_out, misprinted, too_wide

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("scheme", ["default", "slate"])
@pytest.mark.parametrize("page", PAGES)
def test_nobody_is_kept_out(site: Path, reader: Browser, page: str, scheme: str) -> None:
    reader.open((site / page).as_uri())
    assert kept_out(reader, scheme) == []


def test_no_page_is_wider_than_a_telephone(site: Path, reader: Browser) -> None:
    for page in PAGES:
        reader.open((site / page).as_uri(), 360, 740)
        assert too_wide(reader, 360) == [], page


def test_a_name_in_a_cell_is_not_broken_in_the_middle(site: Path, reader: Browser) -> None:
    reader.open((site / "architect/networks.html").as_uri(), 360, 740)
    lines = """[...document.querySelectorAll('td code')].filter(
      code => /^[a-z]+$/.test(code.textContent) && code.getClientRects().length > 1).map(code => code.textContent)"""
    assert reader.run(lines) == []


def test_a_matrix_keeps_its_names_in_sight(site: Path, reader: Browser) -> None:
    reader.open((site / "architect/networks.html").as_uri())
    kept = reader.run(
        """(() => {
          const frame = document.querySelector('.matrix .md-typeset__scrollwrap');
          const [corner, row, column] = ['thead th', 'tbody tr:last-child > :first-child', 'thead th:last-child'].map(
            each => frame.querySelector(each));
          frame.scrollTo(frame.scrollWidth, frame.scrollHeight);
          const [box, ...seen] = [frame, corner, row, column].map(each => each.getBoundingClientRect());
          return {scrolled: frame.scrollLeft > 100,
                  left: [seen[0], seen[1]].map(each => Math.abs(each.left - box.left) < 3),
                  top: [seen[0], seen[2]].map(each => Math.abs(each.top - box.top) < 3)};
        })()"""
    )
    assert kept == {"scrolled": True, "left": [True, True], "top": [True, True]}


def test_a_box_can_be_ticked_by_keyboard(site: Path, reader: Browser) -> None:
    reader.open((site / "operator/runbooks/offline-update.html").as_uri())
    reader.run("document.querySelector('.task-list-control input').focus()")
    for kind in ("keyDown", "keyUp"):
        reader.call("Input.dispatchKeyEvent", type=kind, key=" ", code="Space", text=" " if kind == "keyDown" else "")
    assert reader.run("document.querySelector('.task-list-control input').checked") is True


def test_paper_keeps_a_heading_with_its_command_and_has_ink_on_white(site: Path, reader: Browser) -> None:
    reader.open((site / "operator/runbooks/offline-update.html").as_uri())
    assert misprinted(reader) == []


def test_what_paper_spoils_is_seen(site: Path, reader: Browser) -> None:
    reader.open((site / "operator/runbooks/offline-update.html").as_uri())
    spoiled = "h2 {break-after: auto !important} pre {break-inside: auto !important} h1 {color: #eee !important}"
    reader.run(f"document.head.insertAdjacentHTML('beforeend', '<style>{spoiled}</style>')")
    found = misprinted(reader)
    assert found[0].startswith("parted from its command: 1. ") and found[-1] == "1 pale on paper"
    assert any(each.endswith(" cut on paper") for each in found)
