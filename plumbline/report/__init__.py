"""Findings → text for people and machines. A reporter is a module here and an entry in `REPORTERS`.

`masking` takes secrets out of whatever is shown.
"""

from collections.abc import Callable

from plumbline.report.findings_json import as_json
from plumbline.report.findings_junit import as_junit
from plumbline.report.github import as_github
from plumbline.report.sarif import as_sarif
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
