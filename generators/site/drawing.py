"""A diagram in the making: its D2 source, the same in words, and its place in a page."""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from generators.d2 import quote_label
from generators.markdown import Page, Where
from plumbline.effective.relations import OUTSIDE
from plumbline.spec.paths import PathText

FOLDER = "docs/diagrams"
SERVICES = "../architect/services"
"""The pages of services, from the folder of diagrams."""
REQUESTS = f"{quote_label(OUTSIDE)}: {quote_label('requests')} {{shape: cloud}}"
_MOST_COLUMNS = 4
_BRACKET = re.compile(r"\\?([\[\]])")


@dataclass(frozen=True, slots=True)
class Diagram:
    """A picture before it is drawn."""

    name: str
    """File name without its suffix."""
    title: str
    lines: Sequence[str]
    """D2."""
    words: Sequence[str] = ()
    """Markdown; empty where the page says the same beside it anyway."""
    places: Sequence[PathText] = ()
    """Where the spec says what they say."""

    @property
    def source(self) -> str:
        """The D2 source."""
        return "\n".join(self.lines) + "\n"

    def show(self, page: Page, folder: str, source: Where = None) -> None:
        """Add the picture to a page, with its content in words below; `folder`: that of diagrams, from the page."""
        # an alternative text ends at its bracket
        title = _BRACKET.sub(lambda found: f"&#{ord(found[1])};", self.title)
        page.add(f"![{title}]({folder}/{self.name}.svg)", source)
        if self.words:
            page.add('<details class="words" markdown="1">\n<summary>The same in words</summary>')
            page.add("\n".join(f"- {line}" for line in self.words), source or self.places)
            page.add("</details>")


def service_box(name: str) -> str:
    """A service, which leads to its page."""
    return f"{quote_label(name)} {{link: {quote_label(f'{SERVICES}/{name}.md')}}}"


def group(id: str, label: str, services: Sequence[str]) -> list[str]:
    """A box around services, in rows and columns that make it about as wide as high."""
    columns = min(_MOST_COLUMNS, round(math.sqrt(len(services))))
    head = [
        f"{quote_label(id)}: {quote_label(label)} {{",
        "  style.font-size: 18",
        f"  grid-columns: {columns}",
        "  grid-gap: 16",
    ]
    return [*head, *(f"  {service_box(each)}" for each in services), "}"]


def outside_box(host: str, label: str = "") -> str:
    """Something outside that is connected to."""
    shown = f": {quote_label(label)}" if label else ""
    return f"{quote_label(host)}{shown} {{style.stroke-dash: 3}}"


def join_once(values: Iterable[str], separator: str = ", ") -> str:
    """Values once each, in order, e.g. a connection's ports."""
    return separator.join(dict.fromkeys(filter(None, values)))
