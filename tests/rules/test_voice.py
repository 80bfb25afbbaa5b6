"""The words of all rules follow one convention: a title names the fault, a fix says what to do."""

import re
from datetime import date

import pytest

from plumbline.report.explained import ExplainedRule
from validators.all_rules import ALL_RULES
from validators.rules import RULES
from validators.rules.examples import example_spec

REWORDED = list(ALL_RULES.values())

LONGEST_TITLE = 70
WISHES = ("A", "An", "Each", "Every", "No", "The")
"""First words of a sentence that tells how it should be."""
PROGRAMS = ("curl", "psql")
"""Names that are written small at the start of a title too."""
DIALECT = ("mend", "stranger", "lonely", "that is none", "is had")
"""Words for which the field has better ones."""
_VERBS = """
Add Allow Apply Approve Ask Assign Attach Build Change Check Choose Close Configure Confirm Connect Copy Correct Cover Create Decide
Declare Define Delete Deploy Derive Describe Detach Disable Disconnect Drop Enable End Explain Export Find Fix Get Give Grant Import
Increase Install Investigate Keep Leave Let Limit Link List Look Lower Make Mark Merge Mount Move Name Open Order Pass Pin Place
Point Prefix Protect Provide Publish Pull Put Quote Raise Read Rebuild Recreate Reduce Regenerate Remove Rename Renew Repeat Replace
Require Reserve Resize Restart Restore Rewrite Run Save Say Set Shorten Show Sign Space Specify Spell Split Start State Stop Switch Take
Test Turn Undo Unlock Update Upgrade Use Verify Wait Wrap Write
"""
VERBS = frozenset(_VERBS.split())
"""Verbs that a fix may begin with."""


def _faults_of_title(title: str) -> list[str]:
    faults = {
        "ends with a full stop": title.endswith("."),
        "is too long": len(title) > LONGEST_TITLE,
        "begins with neither a capital letter nor a code word": not title.startswith(("`", *PROGRAMS))
        and not title[:1].isupper(),
        "is a wish": title.partition(" ")[0] in WISHES,
    }
    return [fault for fault, found in faults.items() if found]


def _faults_of_fix(fix: str) -> list[str]:
    faults = {
        "does not begin with a verb of the list": fix.partition(" ")[0] not in VERBS,
        "does not end with a full stop": not fix.endswith("."),
    }
    return [fault for fault, found in faults.items() if found]


def _dialect_in(text: str) -> list[str]:
    return [word for word in DIALECT if re.search(rf"\b{word}", text, re.IGNORECASE)]


@pytest.mark.parametrize("rule", REWORDED, ids=lambda rule: rule.id)
def test_the_words_of_a_rule_follow_the_convention(rule: ExplainedRule) -> None:
    assert _faults_of_title(rule.title) == [], rule.title
    assert _faults_of_fix(rule.fix) == [], rule.fix
    assert _dialect_in(f"{rule.title} {rule.why} {rule.fix}") == []


@pytest.mark.parametrize("rule", sorted(RULES.keys() & {rule.id for rule in REWORDED}))
def test_what_a_rule_finds_is_told_in_the_same_words(rule: str) -> None:
    for found in RULES[rule].findings(example_spec(RULES[rule].failing), date.today()):
        assert not found.message.endswith("."), found.message
        assert _dialect_in(f"{found.message} {found.hint}") == []


@pytest.mark.parametrize(
    ("title", "fault"),
    [
        ("Service without a health check", None),
        ("`count` larger than `max_count`", None),
        ("curl call that ignores HTTP errors", None),
        ("A service has a health check", "is a wish"),
        ("Every image is used", "is a wish"),
        ("service without a health check", "begins with neither a capital letter nor a code word"),
        ("Service without a health check.", "ends with a full stop"),
        ("S" * 71, "is too long"),
    ],
)
def test_a_title_that_breaks_it_is_told(title: str, fault: str | None) -> None:
    assert _faults_of_title(title) == ([fault] if fault else [])


@pytest.mark.parametrize(
    ("fix", "fault"),
    [
        ("Add `health` with an `http` request or a `command`.", None),
        ("add `health`.", "does not begin with a verb of the list"),
        ("`scope: tenant` for what opens a tenant's services.", "does not begin with a verb of the list"),
        ("Add `health`", "does not end with a full stop"),
    ],
)
def test_a_fix_that_breaks_it_is_told(fix: str, fault: str | None) -> None:
    assert _faults_of_fix(fix) == ([fault] if fault else [])


@pytest.mark.parametrize("text", ["Mend the file.", "time zone that is none", "a stranger's range"])
def test_words_of_a_dialect_are_told(text: str) -> None:
    assert _dialect_in(text)
