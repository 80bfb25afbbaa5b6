"""From what is claimed to what was seen, and whether what was seen is of this spec. Pure."""

import re
from collections.abc import Callable
from html import escape

FOLDER = "auditor/evidence"
_PAGES = {
    "plumb verify parity": "parity",
    "make bundle-proof": "bundle-proof",
    "make mutants": "detection",
    "make soak": "false-alarms",
}
"""The pages that commands write, by the command."""
_STACK = re.compile(r"plumb verify stack --mode ([a-z0-9-]+)( --faults)?")
_COMMAND = re.compile(r"<td><code>([a-z][^<]*)</code></td>")
_SPEC = re.compile(r"\b[Ss]pec ([0-9a-f]{12})\b")
_TITLE = re.compile(r"^# .*$", re.MULTILINE)


def with_last_runs(page: str, address: Callable[[str], str | None]) -> str:
    """HTML in which a command that stands alone in a cell leads to what it saw last, where `address` knows such a page."""

    def linked(found: re.Match[str]) -> str:
        stack = _STACK.fullmatch(found[1])
        name = f"stack-{stack[1]}" if stack else _PAGES.get(found[1])
        target = address(f"{FOLDER}/{name}.md") if name else None
        return f'<td><code>{found[1]}</code>, <a href="{escape(target)}">last run</a></td>' if target else found[0]

    return _COMMAND.sub(linked, page)


def with_standing(markdown: str, revision: str) -> str:
    """A page of evidence that says, below its title, whether it is of the spec that the site is of."""
    seen = _SPEC.search(markdown)
    if seen is None or not revision:
        return markdown
    kind, title, words = (
        ("success", "Current", f"Seen of spec {revision}, which this site is of.")
        if seen[1] == revision
        else ("warning", "Older", f"Seen of spec {seen[1]}. This site is of spec {revision}, which was not run since.")
    )
    notice = f'<div class="admonition {kind}"><p class="admonition-title">{title}</p><p>{words}</p></div>'
    return _TITLE.sub(lambda found: f"{found[0]}\n\n{notice}", markdown, count=1)
