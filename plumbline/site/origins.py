"""A line below each heading that says where in the spec its section comes from, so that who reads a wrong sentence finds it there."""

import re
from collections.abc import Mapping, Sequence
from html import escape

_END = re.compile(r"</h[12]>")


def with_origins(page: str, origins: Sequence[Sequence[str]], address: str) -> str:
    """A page, as HTML, with a line below each heading that says where its section comes from.

    `address` is that of the project's files for whoever edits them, empty where no repository is configured.
    """
    if len(_END.findall(page)) != len(origins):
        # somebody's hook has made headings of its own, and a wrong place is worse than none
        return page
    left = iter(origins)
    return _END.sub(lambda found: found[0] + _line(next(left), address), page)


def _line(places: Sequence[str], address: str) -> str:
    if not places:
        return ""
    shown = (_shown(each, address) for each in places)
    return f'<p class="origin" data-search-exclude>Comes from {", ".join(shown)}</p>'


def _shown(place: str, address: str) -> str:
    code = f"<code>{escape(place)}</code>"
    file, _, line = place.rpartition(":")
    return f'<a href="{escape(address + file)}#L{line}">{code}</a>' if address else code


def address_of(config: Mapping[str, object]) -> str:
    """Where the project's files are edited, by MkDocs' `repo_url` and `edit_uri`; empty where it is not said."""
    repository, edit = str(config.get("repo_url") or ""), str(config.get("edit_uri") or "")
    if not repository or not edit:
        return ""
    whole = edit if edit.startswith(("http:", "https:")) else f"{repository.rstrip('/')}/{edit.lstrip('/')}"
    return whole.rstrip("/").removesuffix("/docs") + "/"
