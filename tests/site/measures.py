"""What a page is asked in a browser: scripts whose answers say how it reads, and what is wrong with them."""

from importlib.resources import files
from typing import Any

from tests.site.browser import Browser

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
"""Of the shipped site, one of each kind."""
LEAST = {1280: 11, 360: 9}
"""Height of letters in pictures in px, by the width of the window."""
MOST = 30
"""A small picture is not blown up."""
BAD = ("serious", "critical")
_AXE = (files("axe_core_python") / "axe.min.js").read_text("utf-8")
_JUDGE = """
axe.run(document, {resultTypes: ['violations']}).then(found => found.violations.map(
  each => [each.impact, each.id, each.nodes.map(node => node.html.slice(0, 200))]))
"""
STILL = "document.head.insertAdjacentHTML('beforeend', '<style>* {transition: none !important}</style>')"
"""Colours on their way to others are nobody's."""
_PICTURES = """
[...document.querySelectorAll('.picture')].map(frame => {
  const svg = frame.querySelector('svg'), inner = svg.querySelector('svg');
  const scale = svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
  const sizes = [...svg.querySelectorAll('text, tspan')].map(text => parseFloat(getComputedStyle(text).fontSize) * scale);
  return {
    name: frame.getAttribute('aria-label'),
    least: Math.min(...sizes),
    most: Math.max(...sizes),
    scrolls: frame.scrollWidth > frame.clientWidth + 1,
    links: [...svg.querySelectorAll('a')].map(link => link.href.baseVal),
    colour: getComputedStyle(svg.querySelector('text')).fill,
  };
})
"""
_PRINTED = """
(() => {
  const style = each => getComputedStyle(each);
  const grey = colour => Math.max(...colour.match(/[\\d.]+/g).slice(0, 3));
  const steps = [...document.querySelectorAll('h2')].filter(each => /^\\d+\\. /.test(each.textContent));
  const lines = steps.flatMap(each => {
    const found = [each];
    for (let next = each.nextElementSibling; next && !next.matches('h2'); next = next.nextElementSibling) {
      if (next.matches('.highlight')) return found;
      found.push(next);
    }
    return [each];
  });
  return {
    steps: steps.length,
    parted: lines.filter(each => style(each).breakAfter !== 'avoid').map(each => each.textContent.trim().split('\\n')[0]),
    cut: [...document.querySelectorAll('pre')].filter(each => style(each).breakInside !== 'avoid').length,
    pale: [...document.querySelectorAll('h1, article p')].filter(each => grey(style(each).color) > 150).length,
  };
})()
"""


def kept_out(reader: Browser, scheme: str) -> list[str]:
    """What axe says is serious on the page that is open, in a colour scheme of the theme."""
    reader.run(STILL)
    reader.run(f"document.body.setAttribute('data-md-color-scheme', '{scheme}')")
    reader.run(f"{_AXE}; 0")
    return [f"{scheme}: {rule}: {nodes[0]}" for impact, rule, nodes in reader.run(_JUDGE) if impact in BAD]


def too_wide(reader: Browser, width: int) -> list[str]:
    """Whether the page scrolls sideways as a whole."""
    wide = reader.run("document.documentElement.scrollWidth")
    return [f"{wide} px wide in a window of {width}"] if wide > width else []


def pictures(reader: Browser) -> list[dict[str, Any]]:
    """The pictures of the page: sizes of letters in px, links and colour."""
    return list(reader.run(_PICTURES))


def unreadable(reader: Browser, width: int) -> list[str]:
    """Pictures with letters that are dots or posters, and those that a desk's window does not show whole."""
    found = []
    for each in reader.run(_PICTURES):
        if each["least"] < LEAST[width]:
            found.append(f"{each['name']}: letters of {each['least']:.1f} px at {width}")
        if each["most"] > MOST:
            found.append(f"{each['name']}: letters of {each['most']:.0f} px at {width}")
        if width == max(LEAST) and each["scrolls"]:
            found.append(f"{each['name']}: cut at {width}")
    return found


def misprinted(reader: Browser) -> list[str]:
    """Headings that paper parts from their command, commands that it cuts, and text that a dark page leaves pale."""
    reader.run("document.body.setAttribute('data-md-color-scheme', 'slate')")
    reader.run(STILL)
    reader.call("Emulation.setEmulatedMedia", media="print")
    try:
        said = reader.run(_PRINTED)
    finally:
        reader.call("Emulation.setEmulatedMedia", media="")
    found = [f"parted from its command: {each}" for each in said["parted"]]
    return found + [f"{said[word]} {word} on paper" for word in ("cut", "pale") if said[word]]


def loaded_elsewhere(reader: Browser) -> list[str]:
    """Requests to another host than the page's, and errors of the page, since it was opened."""
    strange = (each for each in reader.requests() if not each.startswith(("file:", "data:", "blob:", "about:")))
    return [*(f"asks {each}" for each in strange), *(f"error: {each[:200]}" for each in reader.complaints())]
