"""Pages as they are read by keyboard, by ear, on a small screen and on paper."""

from importlib.resources import files
from pathlib import Path

import pytest

from tests.site.browser import Browser

pytestmark = pytest.mark.slow

PAGES = (
    "index.html",
    "operator/runbooks/index.html",
    "operator/runbooks/offline-update.html",
    "architect/topology.html",
    "architect/networks.html",
    "architect/services/postgres.html",
    "architect/rules/PLB0xx.html",
    "auditor/parity.html",
    "auditor/requirements.html",
    "auditor/proofs.html",
    "auditor/evidence/detection.html",
    "operator/cloud/online/acme.html",
    "404.html",
)
"""One of each kind."""
STILL = "document.head.insertAdjacentHTML('beforeend', '<style>* {transition: none !important}</style>')"
"""Colours on their way to others are nobody's."""
BAD = ("serious", "critical")
AXE = (files("axe_core_python") / "axe.min.js").read_text("utf-8")
JUDGE = """
axe.run(document, {resultTypes: ['violations']}).then(found => found.violations.map(
  each => [each.impact, each.id, each.nodes.map(node => node.html.slice(0, 200))]))
"""


@pytest.mark.parametrize("scheme", ["default", "slate"])
@pytest.mark.parametrize("page", PAGES)
def test_nobody_is_kept_out(site: Path, reader: Browser, page: str, scheme: str) -> None:
    reader.open((site / page).as_uri())
    reader.run(STILL)
    reader.run(f"document.body.setAttribute('data-md-color-scheme', '{scheme}')")
    reader.run(f"{AXE}; 0")
    assert [each for each in reader.run(JUDGE) if each[0] in BAD] == []


def test_no_page_is_wider_than_a_telephone(site: Path, reader: Browser) -> None:
    for page in PAGES:
        reader.open((site / page).as_uri(), 360, 740)
        assert reader.run("document.documentElement.scrollWidth") <= 360, page


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
    reader.run("document.body.setAttribute('data-md-color-scheme', 'slate')")
    reader.run(STILL)
    reader.call("Emulation.setEmulatedMedia", media="print")
    try:
        said = reader.run(
            """(() => {
              const style = each => getComputedStyle(each);
              const steps = [...document.querySelectorAll('h2')].filter(each => /^\\d/.test(each.textContent));
              const lines = steps.flatMap(each => {
                const found = [each];
                for (let next = each.nextElementSibling; !next.matches('.highlight'); next = next.nextElementSibling)
                  found.push(next);
                return found;
              });
              const grey = colour => Math.max(...colour.match(/[\\d.]+/g).slice(0, 3));
              return {
                steps: steps.length,
                parted: lines.filter(each => style(each).breakAfter !== 'avoid').map(each => each.textContent),
                cut: [...document.querySelectorAll('pre')].filter(each => style(each).breakInside !== 'avoid').length,
                pale: [...document.querySelectorAll('h1, article p')].filter(each => grey(style(each).color) > 150).length,
              };
            })()"""
        )
    finally:
        reader.call("Emulation.setEmulatedMedia", media="")
    assert said == {"steps": 4, "parted": [], "cut": 0, "pale": 0}
