"""Links and anchors of a page, as they are written."""

from html.parser import HTMLParser

_ELSEWHERE = ("http:", "https:", "mailto:", "data:")
_LOADS = {
    "script": "src",
    "link": "href",
    "img": "src",
    "iframe": "src",
    "source": "srcset",
    "object": "data",
    "embed": "src",
}


class _PageReader(HTMLParser):
    def __init__(self, page: str):
        super().__init__()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.anchors: set[str] = {""}
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value for name, value in attrs if value}
        self.anchors |= {said[name] for name in ("id", "name") if name in said}
        if said.get("rel") == "canonical":
            return
        self.links += (said[name] for name in ("href", "xlink:href", "src") if name in said)
        self.loaded += (said[name] for name in (_LOADS.get(tag, ""),) if name in said)


def links_of(page: str) -> list[str]:
    """Where its links lead, and what it loads, but for other hosts."""
    return [link for link in _PageReader(page).links if not link.startswith(_ELSEWHERE)]


def loaded_by(page: str) -> list[str]:
    """What it makes a browser load, from wherever."""
    return _PageReader(page).loaded


def anchors_of(page: str) -> set[str]:
    """What a link may name after its `#`; empty is the top."""
    return _PageReader(page).anchors
