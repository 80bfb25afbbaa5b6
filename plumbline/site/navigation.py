"""The navigation in the order of use."""

import posixpath
from collections.abc import Iterator, Sequence

from mkdocs.structure import StructureItem
from mkdocs.structure.nav import Navigation, Section
from mkdocs.structure.pages import Page


def arrange(nav: Navigation, order: Sequence[str], by_index: Sequence[str] = ()) -> None:
    """Sort by `order`, paths of pages and folders; what it does not name follows as it was.

    Of folders in `by_index` only the index is named: it lists the others, and each page would carry all of their names.
    """
    _sort(nav.items, order)
    nav.pages[:] = _pages(nav.items)
    for before, after in zip([None, *nav.pages], [*nav.pages, None], strict=True):
        if before:
            before.next_page = after
        if after:
            after.previous_page = before
    _leave_to_their_index(nav.items, by_index)


def _leave_to_their_index(items: list[StructureItem], by_index: Sequence[str]) -> None:
    for each in items:
        if isinstance(each, Section):
            _leave_to_their_index(each.children, by_index)
            indexes = [page for page in each.children if isinstance(page, Page) and page.is_index]
            if indexes and _path(each) in by_index:
                each.children[:] = indexes


def _sort(items: list[StructureItem], order: Sequence[str]) -> None:
    for each in items:
        if isinstance(each, Section):
            _sort(each.children, order)
    items.sort(key=lambda each: _rank(each, order))


def _rank(item: StructureItem, order: Sequence[str]) -> int:
    """The first place of the order that names an item or something within it; the list of a folder comes first."""
    path = _path(item)
    if isinstance(item, Page) and item.is_index:
        return -1
    ranks = (rank for rank, each in enumerate(order) if each == path or each.startswith(f"{path}/"))
    return next(ranks, len(order))


def _path(item: StructureItem) -> str:
    """Path of a page, or of the folder that a section is made of."""
    if isinstance(item, Page):
        return str(item.file.src_uri)
    folders = [posixpath.dirname(page.file.src_uri) for page in _pages([item])]
    return posixpath.commonpath(folders) if folders else ""


def _pages(items: Sequence[StructureItem]) -> Iterator[Page]:
    for each in items:
        if isinstance(each, Page):
            yield each
        elif isinstance(each, Section):
            yield from _pages(each.children)
