"""From a claim to what was seen."""

import pytest

from plumbline.site.evidence import with_last_runs, with_standing

PAGE = "# Parity: 1 of 1\n\n- docpipe, spec {0}, online\n\n# Not this\n"


@pytest.mark.parametrize(("seen", "word"), [("0123456789ab", "Current"), ("ffffffffffff", "Older")])
def test_evidence_says_whether_it_is_of_this_spec(seen: str, word: str) -> None:
    first, _, rest = with_standing(PAGE.format(seen), "0123456789ab").partition("\n\n")
    assert first == "# Parity: 1 of 1"
    assert f">{word}</p><p>Seen of spec {seen}" in rest
    assert rest.count("admonition-title") == 1


def test_a_page_that_names_no_spec_says_nothing_of_it() -> None:
    assert with_standing("# A\n", "0123456789ab") == "# A\n"


@pytest.mark.parametrize(
    ("command", "page"),
    [
        ("plumb verify stack --mode left", "auditor/evidence/stack-left.md"),
        ("plumb verify stack --mode left --faults", "auditor/evidence/stack-left.md"),
        ("plumb verify parity", "auditor/evidence/parity.md"),
        ("make bundle-proof", "auditor/evidence/bundle-proof.md"),
    ],
)
def test_a_command_leads_to_what_it_saw_last(command: str, page: str) -> None:
    cell = f"<tr><td><code>{command}</code></td></tr>"
    shown = with_last_runs(cell, lambda source: "there.html" if source == page else None)
    assert shown == f'<tr><td><code>{command}</code>, <a href="there.html">last run</a></td></tr>'
    assert with_last_runs(cell, lambda source: None) == cell


def test_other_code_leads_nowhere() -> None:
    cell = "<td><code>plumb check</code></td><td>see <code>plumb verify parity</code></td>"
    assert with_last_runs(cell, lambda source: "there.html") == cell
