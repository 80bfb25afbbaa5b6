"""Links and anchors of a page, as they are written."""

from html.parser import HTMLParser

_ELSEWHERE = ("http:", "https:", "mailto:", "data:")


class _Read(HTMLParser):
    def __init__(self, page: str):
        super().__init__()
        self.links: list[str] = []
        self.anchors: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        self.anchors |= {str(said[name]) for name in ("id", "name") if said.get(name)}
        for name in ("href", "xlink:href", "src"):
            link = said.get(name)
            if link and not link.startswith(_ELSEWHERE) and said.get("rel") != "canonical":
                self.links.append(link)


def links_of(page: str) -> list[str]:
    """Where its links lead, and what it loads, but for other hosts."""
    return _Read(page).links


def anchors_of(page: str) -> set[str]:
    """What a link may name after its `#`; empty is the top."""
    return _Read(page).anchors | {""}
