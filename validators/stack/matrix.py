"""Who reached whom, as a picture: inline SVG that takes its text's colour from the page. Pure."""

from collections.abc import Sequence
from html import escape

from plumbline.effective.reachability import Reach
from validators.stack.reach import Row

_CELL, _LABEL, _GAP = 16, 150, 2
SIGNS = ["·", "○", "●", "✗"]
"""Not reached, reached and allowed, reached as needed, against the spec; what comes later weighs more."""
_FILLS = {"·": "#8883", "○": "#5aa9e6", "●": "#2a9d5c", "✗": "#d62828"}
_WORDS = {"·": "does not reach", "○": "reaches, as it may,", "●": "reaches, as it must,", "✗": "against the spec:"}


def signs_of(table: Sequence[Row]) -> dict[tuple[str, str], str]:
    """A sign for each ordered pair: that of its weightiest port."""
    found: dict[tuple[str, str], str] = {}
    for row in table:
        pair = row.source, row.target
        found[pair] = max(found.get(pair, SIGNS[0]), _sign(row), key=SIGNS.index)
    return found


def _sign(row: Row) -> str:
    match row.expected, row.reached:
        case Reach.MUST, True:
            return "●"
        case Reach.MAY, True:
            return "○"
        case (Reach.MUST, False) | (Reach.MUST_NOT, True):
            return "✗"
        case _:
            return "·"


def picture(table: Sequence[Row]) -> str:
    """An SVG with a row for each source and a column for each target; each cell says in words what was seen."""
    signs = signs_of(table)
    sources, targets = sorted({source for source, _ in signs}), sorted({target for _, target in signs})
    width, height = _LABEL + len(targets) * _CELL, _LABEL + len(sources) * _CELL
    lines = [
        f'<svg viewBox="0 0 {width} {height}" width="{width}" style="max-width: 100%" role="img" '
        'aria-label="Who reached whom" font-size="10" fill="currentColor" xmlns="http://www.w3.org/2000/svg">'
    ]
    for column, target in enumerate(targets):
        x = _LABEL + column * _CELL + _CELL - 5
        lines.append(f'<text transform="translate({x} {_LABEL - 4}) rotate(-60)">{escape(target)}</text>')
    for line, source in enumerate(sources):
        y = _LABEL + line * _CELL
        lines.append(f'<text x="{_LABEL - 6}" y="{y + 12}" text-anchor="end">{escape(source)}</text>')
        for column, target in enumerate(targets):
            if sign := signs.get((source, target)):
                x, size = _LABEL + column * _CELL, _CELL - _GAP
                words = escape(f"{source} {_WORDS[sign]} {target}")
                lines.append(
                    f'<rect x="{x}" y="{y}" width="{size}" height="{size}" rx="2" fill="{_FILLS[sign]}">'
                    f"<title>{words}</title></rect>"
                )
    return "\n".join([*lines, "</svg>"])
