"""Pictures as parts of a page: their boxes are links, their colours follow the page, their labels stay readable. Pure."""

import re
from collections.abc import Callable
from html import escape, unescape

LABEL_PX = 16
"""D2's size of labels, in a picture's own measure."""
LEAST_PX = 11.2
"""Below this a picture is not shrunk: its frame scrolls."""
_IMAGE = re.compile(r'<img alt="(?P<alt>[^"]*)" src="(?P<src>[^"#?]+\.svg)"\s*/?>')
_ALONE = re.compile(rf"<p>\s*({_IMAGE.pattern})\s*</p>")
_SIZE = re.compile(r'viewBox="0 0 (\d+) (\d+)"')
_DARK = re.compile(r"@media screen and \(prefers-color-scheme:dark\)\{((?:[^{}]*\{[^{}]*\})*[^{}]*)\}")
_RULE = re.compile(r"(?m)^\s*(?=\.)")
_LINK = re.compile(r'<a href="([^"]*)" xlink:href="[^"]*">')
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)


def with_pictures(page: str, picture: Callable[[str], str | None], target: Callable[[str, str], str]) -> str:
    """A page's HTML with the drawings that stand in paragraphs of their own put into it.

    `picture` gives the file at an address, `target` what an address in the picture at another is in this page.
    """

    def inlined(found: re.Match[str]) -> str:
        drawing, source = picture(found["src"]), unescape(found["src"])
        size = _SIZE.search(drawing or "")
        if drawing is None or size is None:
            return found[0]
        return _framed(drawing, int(size[1]), found["alt"], lambda address: target(address, source))

    return _ALONE.sub(inlined, page)


def _framed(drawing: str, width: int, name: str, target: Callable[[str], str]) -> str:
    least = round(width * LEAST_PX / LABEL_PX)
    svg = _COMMENT.sub("", drawing).strip()
    svg = _DARK.sub(lambda found: _RULE.sub("[data-md-color-scheme=slate] ", found[1]), svg)
    svg = _LINK.sub(lambda found: f'<a href="{escape(target(unescape(found[1])))}">', svg)
    svg = svg.replace("<svg ", f'<svg style="max-width:{width}px;min-width:min({width}px,{least}px)" ', 1)
    return f'<div class="picture" role="region" tabindex="0" aria-label="{name}" data-search-exclude>{svg}</div>'
