"""Values of runbooks: what each kind takes, and that none can break out of a command."""

import subprocess

import pytest

from plumbline.expressions.rendering import ExpressionError, render
from plumbline.expressions.values import KINDS, normal, problem, unsafe
from plumbline.runbook.rendering import render_runbook
from plumbline.spec.loading import load_spec
from schema.runbook import Parameter, ValueKind
from tests.core.support import starter_files
from validators.rules.examples import example_spec

HOSTILE = [
    "a b",
    "a'b",
    'a"b',
    "a$b",
    "a`b`",
    "a;b",
    "a|b",
    "a&b",
    "a\nb",
    "a\\b",
    "*",
    "?",
    "~root",
    "-rf",
    "--",
    "",
    "a(b)",
    "a<b",
    "a#b",
    "a!b",
    "{a,b}",
    "a\x00b",
    "ä",
    "a\tb",
]
GOOD: dict[ValueKind, list[str]] = {
    "tenant": ["acme"],
    "folder": ["/media/docpipe", "/media/docpipe/"],
    "file": ["/var/backups/a-1.0.tar.zst"],
    "file_name": ["a-1.0.tar.zst"],
    "fingerprint": ["0123456789ABCDEF0123456789ABCDEF01234567", "abcd " * 10, "a" * 64],
    "release": ["1.0", "v1.0.1", "2.0-rc.1"],
    "choice": ["fast"],
    "text": ["abc"],
}
BAD: dict[ValueKind, list[str]] = {
    "tenant": ["Acme", "other", "a/b"],
    "folder": ["media", "/", "/a/../b", "//a"],
    "file": ["a.zst", "/a/./b", "/a/"],
    "file_name": ["a/b", ".hidden", "/a"],
    "fingerprint": ["0123", "0" * 41, "0x" + "a" * 38],
    "release": ["latest", "main", "1.0/../x"],
    "choice": ["fats", "fas"],
    "text": ["abcd", "ABC"],
}


def parameter(kind: ValueKind) -> Parameter:
    """One of a kind."""
    own = {"choice": {"choices": ("fast", "slow")}, "text": {"pattern": "[a-c]{3}"}}.get(kind, {})
    return Parameter.model_validate({"description": "What.", "kind": kind, "example": "a", **own})


SPEC = example_spec("tenants.yaml: {tenants: {acme: {title: Acme, octet: 1, state: ACTIVE}}}")


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_takes_what_it_says_and_nothing_else(kind: ValueKind) -> None:
    asked = parameter(kind)
    assert [value for value in GOOD[kind] if problem(SPEC, asked, normal(asked, value))] == []
    assert [value for value in [*BAD[kind], *HOSTILE] if not problem(SPEC, asked, normal(asked, value))] == []


@pytest.mark.parametrize("value", HOSTILE)
def test_no_value_breaks_out_whatever_calls(value: str) -> None:
    files = starter_files()
    files["runbooks/start.yaml"] += "parameters: {name: {description: Who, kind: text, pattern: '.*', example: a}}\n"
    spec, findings = load_spec(files)
    assert spec is not None, findings
    assert unsafe(value)
    with pytest.raises(ExpressionError):
        render_runbook(spec, "start", values={"name": value})


@pytest.mark.parametrize("text", [each for each in HOSTILE if "\x00" not in each])
def test_a_quoted_text_is_one_word(text: str) -> None:
    script = render("printf %s {{ text | quoted }}", {"text": text})
    assert subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True).stdout == text
