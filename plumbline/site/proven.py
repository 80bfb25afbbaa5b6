"""Whether somebody has followed a runbook's steps: below each, from the page of evidence that names them. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape, unescape

BUNDLES = "auditor/evidence/bundle-proof.md"
"""The proof that follows runbooks to the letter."""
_ROW = re.compile(
    r"^\| runbooks \| (?P<store>\S+) \| (?P<runbook>[a-z0-9-]+): (?P<step>.*?)(?: \((?P<took>\d+) s\))? \| (?P<outcome>\S+) \|$",
    re.MULTILINE,
)
_STEP = re.compile(r"<h2[^>]*>\d+\. (?P<title>.*?)(?:<a class=\"headerlink\".*?)?</h2>")
_TAG = re.compile(r"<[^>]*>")
_SECTION = re.compile(r"<h2\b")
_RIGHT = "right"
_CURRENT = "current"
_NEVER = "<strong>Not proven</strong>: nobody has followed these steps in a proof."


@dataclass(frozen=True)
class Followed:
    """A step that was followed."""

    took_s: int | None
    """The longest that it took in any of the runs, in seconds; None where the page does not say."""
    right: bool
    """Whether it did what its runbook says, in every run."""


def steps_followed(evidence: str, runbook: str) -> dict[str, Followed]:
    """The steps of a runbook that a page of evidence, as Markdown, tells of: by their titles."""
    found: dict[str, Followed] = {}
    for row in _ROW.finditer(evidence):
        if row["runbook"] != runbook:
            continue
        before = found.get(row["step"])
        took = max(
            (each for each in (row["took"] and int(row["took"]), before and before.took_s) if each), default=None
        )
        right = row["outcome"] == _RIGHT and (before is None or before.right)
        found[row["step"]] = Followed(took, right)
    return found


def with_proven(page: str, steps: Mapping[str, Followed], address: str, told: str) -> str:
    """A runbook's page, as HTML, that says below each step whether it is proven; of a runbook that nobody followed, once.

    `address`: that of the evidence. `told`: its day and state.
    """
    if not steps:
        return _SECTION.sub(lambda found: f"{_line(_NEVER)}{found[0]}", page, count=1)
    link = f'<a href="{escape(address)}">evidence</a>' + (f" ({escape(told)})" if told else "")

    def said(heading: re.Match[str]) -> str:
        step = steps.get(unescape(_TAG.sub("", heading["title"])).strip())
        return f"{heading[0]}{_line(_words(step, link, told.endswith(_CURRENT)))}"

    return _STEP.sub(said, page)


def _line(words: str) -> str:
    return f'<p class="proven" data-search-exclude>{words}</p>'


def _words(step: Followed | None, link: str, current: bool) -> str:
    if step is None:
        return "<strong>Not proven</strong>: nobody has followed this step in a proof."
    if not step.right:
        return f"<strong>Not proven</strong>: it failed when it was last followed, {link}."
    took = f" and took {step.took_s} s" if step.took_s else ""
    proven = "Proven" if current else "Proven once, not of this state"
    return f"<strong>{proven}</strong>: it was followed to the letter{took}, {link}."
