"""From a claim to what was seen."""

import pytest

from plumbline.project.proofs import pages_by_command
from plumbline.site.evidence import seen_words, with_days, with_last_runs, with_standing
from tests.rules.three_modes import three_modes

PAGE = "# Parity: 1 of 1\n\n- docpipe, spec {0}, online\n\n# Not this\n"


@pytest.mark.parametrize(("seen", "word"), [("0123456789ab", "Current"), ("ffffffffffff", "Older")])
def test_evidence_says_whether_it_is_of_this_spec(seen: str, word: str) -> None:
    first, _, rest = with_standing(PAGE.format(seen), "0123456789ab").partition("\n\n")
    assert first == "# Parity: 1 of 1"
    assert f">{word}</p><p>Seen of spec {seen}" in rest
    assert rest.count("admonition-title") == 1


@pytest.mark.parametrize(("state", "kind"), [("current", "success"), ("stale", "warning"), ("failed", "failure")])
def test_a_known_state_is_said_rather_than_the_spec(state: str, kind: str) -> None:
    shown = with_standing(PAGE.format("0123456789ab"), "0123456789ab", [state, "Why <so>."])
    assert f'"admonition {kind}"><p class="admonition-title">{state.capitalize()}</p><p>Why &lt;so&gt;.</p>' in shown
    assert shown.count("admonition-title") == 1


def test_a_page_that_names_no_spec_says_nothing_of_it() -> None:
    assert with_standing("# A\n", "0123456789ab") == "# A\n"


@pytest.mark.parametrize(
    ("command", "page"),
    [
        ("plumb verify stack --mode single", "auditor/evidence/stack-single.md"),
        ("plumb verify stack --mode single --faults", "auditor/evidence/stack-single.md"),
        ("plumb verify parity", "auditor/evidence/parity.md"),
        ("make bundle-proof", "auditor/evidence/bundle-proof.md"),
    ],
)
def test_a_command_leads_to_what_it_saw_last(command: str, page: str) -> None:
    cell = f"<tr><td><code>{command}</code></td></tr>"
    pages = pages_by_command(three_modes())
    shown = with_last_runs(cell, pages, lambda source: "there.html" if source == page else None)
    assert shown == f'<tr><td><code>{command}</code>, <a href="there.html">last run</a></td></tr>'
    assert with_last_runs(cell, pages, lambda source: None) == cell


def test_other_code_leads_nowhere() -> None:
    cell = "<td><code>plumb check</code></td><td>see <code>plumb verify parity</code></td>"
    assert with_last_runs(cell, pages_by_command(three_modes()), lambda source: "there.html") == cell


@pytest.mark.parametrize(
    ("page", "known", "words"),
    [
        ("Seen on 2026-01-02T06:00:00. Spec 0123456789ab.", [], "2026-01-02, current"),
        ("Spec ffffffffffff, 2026-01-02.", [], "2026-01-02, older"),
        ("| Spec | `ffffffffffff` |", [], "older"),
        ("Spec 0123456789ab, 2026-01-02.", ["stale", "Why."], "2026-01-02, stale"),
        ("Nothing.", [], ""),
    ],
)
def test_evidence_in_few_words(page: str, known: list[str], words: str) -> None:
    assert seen_words(page, "0123456789ab", known) == words


def test_links_to_evidence_say_of_when_it_is() -> None:
    link = '<a href="../auditor/evidence/parity.html">last run</a>'
    assert (
        with_days(link, {"parity": "2026-01-02, stale"}.__getitem__)
        == f'{link} <span class="seen">(2026-01-02, stale)</span>'
    )
    assert with_days(link, lambda name: "") == link
    other = '<a href="evidence.html">evidence</a>'
    assert with_days(other, lambda name: "never") == other
