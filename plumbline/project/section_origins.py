"""Where in the spec each section of a generated page comes from. Pure."""

import re
from collections.abc import Iterable, Sequence

from plumbline.project.artifact import Artifact, Source
from plumbline.spec.location import Location
from plumbline.spec.spec import Spec

_HEADING = re.compile(r"^##? ")
_FENCE = re.compile(r"^\s*(```|~~~)")
_MOST = 3
"""Files that a section names."""


def origins_of(pages: Iterable[Artifact], spec: Spec) -> dict[str, list[list[str]]]:
    """For each page, by its path below `docs/`, and each of its sections (from a heading of first or second order to the next),
    the places in the spec that it says: `FILE:LINE`, each file once."""
    return {
        page.path.removeprefix("docs/"): _of_sections(page, spec)
        for page in pages
        if page.path.startswith("docs/") and page.path.endswith(".md")
    }


def _of_sections(page: Artifact, spec: Spec) -> list[list[str]]:
    starts = _starts(page.content.decode().splitlines())
    ends = [*(start - 1 for start in starts[1:]), page.line_count]
    said = [each for each in page.every_source() if not each.block and spec.has(each.path)]
    sources = sorted(said, key=lambda each: each.first_line)
    return [
        _places(
            spec.at(each.path)
            for each in sources
            if each.first_line <= end and each.last_line >= start and not _is_whole(each, page)
        )
        for start, end in zip(starts, ends, strict=True)
    ]


def _is_whole(source: Source, page: Artifact) -> bool:
    return source.first_line == 1 and source.last_line >= page.line_count > 1


def _starts(lines: Sequence[str]) -> list[int]:
    """The lines of the headings of first and second order, from 1."""
    found, fenced = [], False
    for number, line in enumerate(lines, 1):
        fenced ^= _FENCE.match(line) is not None
        if not fenced and _HEADING.match(line):
            found.append(number)
    return found


def _places(locations: Iterable[Location]) -> list[str]:
    """Each file once, at its first line, in the order in which the section speaks of them."""
    first: dict[str, int] = {}
    for each in locations:
        first[each.file] = min(each.line, first.get(each.file, each.line))
    return [f"{file}:{line}" for file, line in list(first.items())[:_MOST]]
