"""From what is claimed to what was seen, and whether what was seen is of this spec. Pure."""

import re
from collections.abc import Callable, Mapping, Sequence
from html import escape

FOLDER = "auditor/evidence"
_COMMAND = re.compile(r"<td><code>([a-z][^<]*)</code></td>")
_SPEC = re.compile(r"\b[Ss]pec[ |`]{1,4}([0-9a-f]{12})\b")
"""In a sentence, or in a row of a table."""
_DAY = re.compile(r"\b20\d\d-\d\d-\d\d(?!\d)")
_SEEN_LINK = re.compile(r'(<a href="(?:[^"]*/)?evidence/(?P<name>[\w.-]+?)(?:\.html|/)">[^<]*</a>)')
_KINDS = {"current": "success", "stale": "warning", "failed": "failure"}
"""Kinds of notices by the state of a proof."""
_TITLE = re.compile(r"^# .*$", re.MULTILINE)


def with_last_runs(page: str, pages: Mapping[str, str], address: Callable[[str], str | None]) -> str:
    """HTML in which a command that stands alone in a cell leads to what it saw last: to one of `pages`, by the command, where
    `address` knows it."""

    def linked(found: re.Match[str]) -> str:
        name = pages.get(found[1])
        target = address(f"{FOLDER}/{name}.md") if name else None
        return f'<td><code>{found[1]}</code>, <a href="{escape(target)}">last run</a></td>' if target else found[0]

    return _COMMAND.sub(linked, page)


def with_days(page: str, told: Callable[[str], str]) -> str:
    """HTML in which each link to evidence says of which day it is, and whether it still holds: what `told` says of its name."""

    def dated(found: re.Match[str]) -> str:
        words = told(found["name"])
        return f'{found[1]} <span class="seen">({escape(words)})</span>' if words else found[1]

    return _SEEN_LINK.sub(dated, page)


def seen_words(markdown: str, revision: str, known: Sequence[str] = ()) -> str:
    """The day of a page of evidence and its state, e.g. `2026-11-25, stale`; what it does not say is left out."""
    day, seen = _DAY.search(markdown), _SPEC.search(markdown)
    by_spec = ("current" if seen[1] == revision else "older") if seen and revision else ""
    return ", ".join(filter(None, (day[0] if day else "", known[0] if known else by_spec)))


def with_standing(markdown: str, revision: str, known: Sequence[str] = ()) -> str:
    """A page of evidence that says, below its title, whether it still holds: by its `known` state and the reason for it, or else
    by the spec that it names."""
    if known:
        state, why = known
        return _with_notice(markdown, _KINDS[state], state.capitalize(), escape(why))
    seen = _SPEC.search(markdown)
    if seen is None or not revision:
        return markdown
    if seen[1] == revision:
        return _with_notice(markdown, "success", "Current", f"Seen of spec {revision}, which this site is of.")
    words = f"Seen of spec {seen[1]}. This site is of spec {revision}, which was not run since."
    return _with_notice(markdown, "warning", "Older", words)


def _with_notice(markdown: str, kind: str, title: str, words: str) -> str:
    notice = f'<div class="admonition {kind}"><p class="admonition-title">{title}</p><p>{words}</p></div>'
    return _TITLE.sub(lambda found: f"{found[0]}\n\n{notice}", markdown, count=1)
