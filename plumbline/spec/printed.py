"""What a command printed: as plain text, and compared with the output that a page shows."""

import re
from collections.abc import Sequence

ANY = "…"
"""In what a page shows: anything within a line; alone in a line, any lines."""
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_MOST_LINES = 5_000


def plain(line: str) -> str:
    """A line as a terminal would leave it: what follows the last carriage return, without colours and other control characters."""
    kept = line.rstrip("\r\n").rpartition("\r")[2]
    return _CONTROLS.sub("", _ESCAPES.sub("", kept))


def as_shown(shown: str, printed: str) -> bool:
    """Whether a text is what a page shows."""
    return not difference(shown, printed)


def difference(shown: str, printed: str) -> list[str]:
    """Where a text is not what a page shows, line by line: `-` is missing, `+` is too much, two spaces are as shown; empty where all is."""
    expected, there = _lines(shown), _lines(printed)
    if len(there) > _MOST_LINES:
        return [f"+ {len(there)} lines; more than {_MOST_LINES} are not compared"]
    costs = _costs(expected, there)
    return _path(expected, there, costs) if costs[0][0] else []


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.rstrip("\n").split("\n")] if text.strip() else []


def _costs(expected: Sequence[str], there: Sequence[str]) -> list[list[int]]:
    """The fewest lines that differ, from each line of the one and each of the other on."""
    below = [len(there) - at for at in range(len(there) + 1)]
    costs = [below]
    for line in reversed(expected):
        fits = _fitting(line)
        row = [0] * (len(there) + 1)
        row[-1] = below[-1] + (line != ANY)
        for at in reversed(range(len(there))):
            if line == ANY:
                row[at] = min(below[at], row[at + 1])
            elif fits.fullmatch(there[at]):
                row[at] = below[at + 1]
            else:
                row[at] = 1 + min(below[at], row[at + 1])
        costs.append(row)
        below = row
    return costs[::-1]


def _path(expected: Sequence[str], there: Sequence[str], costs: Sequence[Sequence[int]]) -> list[str]:
    found, line, at = [], 0, 0
    while line < len(expected) or at < len(there):
        cost = costs[line][at]
        shown = expected[line] if line < len(expected) else None
        if shown == ANY:
            if cost == costs[line + 1][at]:
                line += 1
                found.append(f"  {ANY}")
            else:
                at += 1
        elif (
            shown is not None
            and at < len(there)
            and _fitting(shown).fullmatch(there[at])
            and cost == costs[line + 1][at + 1]
        ):
            found.append(f"  {there[at]}")
            line, at = line + 1, at + 1
        elif shown is not None and cost == 1 + costs[line + 1][at]:
            found.append(f"- {shown}")
            line += 1
        else:
            found.append(f"+ {there[at]}")
            at += 1
    return found


def _fitting(line: str) -> re.Pattern[str]:
    # what stands between two marks is found at its first place, and stays there: nothing is tried twice
    first, *rest = line.split(ANY)
    middle = "".join(f"(?>.*?{re.escape(part)})" for part in rest[:-1])
    last = f".*{re.escape(rest[-1])}" if rest else ""
    return re.compile(re.escape(first) + middle + last)
