"""Findings → text for people and machines. A reporter is an entry in `REPORTERS`."""

from collections.abc import Callable

from plumbline.report.machine import as_github, as_json, as_junit, as_sarif
from plumbline.report.text import as_text

Reporter = Callable[..., str]
"""(findings, text of each file named in them, colour allowed) → report; SARIF and JUnit take `rules` too, SARIF `page_of`."""

REPORTERS: dict[str, Reporter] = {
    "text": as_text,
    "json": as_json,
    "sarif": as_sarif,
    "github": as_github,
    "junit": as_junit,
}
