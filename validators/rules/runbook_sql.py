"""PLB845, PLB846, PLB847: what runbooks tell a database, held against what the spec says of tenants and of tables."""

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import get_args

from plumbline.runbook.shell_inside import calls_of
from plumbline.runbook.shell_syntax import Script
from plumbline.spec.paths import path_of
from plumbline.spec.spec import Spec
from plumbline.spec.spec_files import is_template
from schema.platform import TenantState
from validators.rules.registry import Violation, rule
from validators.rules.runbook_reading import PARTS, ReadStep, steps
from validators.rules.runbook_scripts import PLAIN, example

_CHANGES = re.compile(
    r"\bUPDATE\s+(?:ONLY\s+)?(?P<updated>[\w.\"]+)(?:\s+(?:AS\s+)?\w+)?\s+SET\b|\bDELETE\s+FROM\b", re.I
)
_WHERE = re.compile(r"\bWHERE\b|\bUSING\b", re.I)
_SAID = {"run": "destroys", "undo_commands": "undo_destroys"}
"""The field that says what a script loses."""


def statements(script: Script) -> list[str]:
    """SQL statements among the words of a script's commands, and in what here-documents tell them."""
    texts = [
        text for call in calls_of(script) if call.program != "grep" for text in (*call.words, call.told) if " " in text
    ]
    return list(dict.fromkeys(each.strip() for text in texts for each in text.split(";") if each.strip()))


@rule(
    "PLB845",
    title="SQL statement that changes every row",
    why="`UPDATE` and `DELETE` without `WHERE`, or with one that is the same for all tenants, change other tenants' "
    "rows. The undo does not know the old values.",
    fix="Add a `WHERE` with the value asked for, e.g. `WHERE id = '{{ tenant }}'`. Write `WHERE true` where every row is "
    "meant.",
    failing=example('psql -c "UPDATE accounts SET active = false"', PLAIN),
    passing=example("psql -c \"UPDATE accounts SET active = false WHERE name = 'root'\"", PLAIN),
)
def changes_every_row(spec: Spec) -> Iterator[Violation]:
    for each in steps(spec):
        for part in PARTS:
            script = each.scripts.get(part)
            if script is None or (part in _SAID and getattr(each.step, _SAID[part])):
                continue
            for statement in statements(script):
                if _CHANGES.search(statement) and (problem := _too_many(each, part, statement)):
                    path = path_of(each.path, part.removesuffix("_commands"))
                    yield Violation(path, f"`{_short(statement)}` {problem}")


def _too_many(each: ReadStep, part: str, statement: str) -> str | None:
    if not _WHERE.search(statement):
        return "has no `WHERE`"
    tenants = [name for name, parameter in each.runbook.parameters.items() if parameter.kind == "tenant"]
    # a node of the tenant's has a database of the tenant's own; `WHERE true` is said on purpose
    if (
        not tenants
        or re.search(r"\bWHERE\s+true\b", statement, re.I)
        or part == "verify"
        or tenants[0] in each.depends("place")
    ):
        return None
    others = [other for other in PARTS if other != part and tenants[0] in each.depends(other)]
    same = statement in (getattr(each.others[tenants[0]], part) or "")
    return f"is the same for every {tenants[0]}" if same and others else None


def _short(statement: str) -> str:
    words = " ".join(statement.split())
    return words if len(words) < 90 else f"{words[:90]}…"


_STATES = get_args(TenantState)
_OF_TENANTS = re.compile(r"\b(?:UPDATE|FROM|INTO|JOIN)\s+(?:ONLY\s+)?tenants\b", re.I)
_STATE = re.compile(r"\bstate\s*(?:=|<>|!=|IN\s*\()\s*(?P<values>'\w+'(?:\s*,\s*'\w+')*)", re.I)
_TENANTS = """\
tenants.yaml:
  tenants: {acme: {title: Acme, octet: 1, state: ACTIVE}}
  transitions: [{before: ACTIVE, after: SUSPENDED, effect: It waits.}]
"""


def _set(after: str, before: str = "ACTIVE") -> str:
    statement = f"UPDATE tenants SET state = '{after}' WHERE id = 'x' AND state = '{before}'"
    return _TENANTS + example(f'psql -c "{statement}"', PLAIN)


@rule(
    "PLB846",
    title="Unknown tenant state or transition",
    why="No other program knows the state. The entry keeps routing, and no other runbook finds the tenant.",
    fix="Use a state of tenants.yaml and a change that its `transitions` allow, or add the transition.",
    failing=_set("SUSPENDET"),
    passing=_set("SUSPENDED"),
)
def unknown_state(spec: Spec) -> Iterator[Violation]:
    yield from _in_templates(spec)
    allowed = {(each.before, each.after) for each in spec.tenants.transitions}
    for each in steps(spec):
        for part, script in each.scripts.items():
            path = path_of(each.path, part.removesuffix("_commands"))
            for statement in statements(script):
                if not _OF_TENANTS.search(statement):
                    continue
                head, _, condition = re.sub(r"\s+", " ", statement).partition(" WHERE ")
                after, before = _named(head), _named(condition)
                for name in (*after, *before):
                    if name not in _STATES:
                        close = get_close_matches(name, _STATES, n=1)
                        hint = f"did you mean `{close[0]}`?" if close else None
                        yield Violation(path, f"there is no state `{name}`", hint, observed=name)
                if part != "run" or not allowed or not set(after) | set(before) <= set(_STATES):
                    continue  # an undo goes back, as no transition does
                for change in sorted({(old, new) for old in before for new in after if old != new} - allowed):
                    yield Violation(path, f"no transition leads from {change[0]} to {change[1]}")
                for new in after if not before else ():
                    if new not in {end for _, end in allowed}:
                        yield Violation(path, f"no transition leads to {new}")


_BLOCK = re.compile(r"\{[{%](?P<inside>[^{}]*\.state\b[^{}]*)[%}]\}")


def _in_templates(spec: Spec) -> Iterator[Violation]:
    """States in the conditions of configuration files."""
    for name, text in spec.templates.items():
        for block in _BLOCK.finditer(text) if is_template(name) else ():
            for word in re.findall(r"['\"]([A-Z_]+)['\"]", block["inside"]):
                if word not in _STATES:
                    close = get_close_matches(word, _STATES, n=1)
                    hint = f"did you mean `{close[0]}`?" if close else None
                    where = spec.template_line(name, text.count("\n", 0, text.index(word, block.start())) + 1)
                    yield Violation(
                        path_of("tenants"), f"there is no state `{word}`", hint, observed=word, location=where
                    )


def _named(clause: str) -> list[str]:
    return [value for found in _STATE.finditer(clause) for value in re.findall(r"'(\w+)'", found["values"])]


_TABLE = re.compile(
    r"\b(?:INTO|UPDATE|FROM|JOIN|TABLE(?:\s+IF\s+EXISTS)?)\s+(?:ONLY\s+)?(?P<name>[a-z_][a-z0-9_]*)\b", re.I
)
_MADE = re.compile(r"\bCREATE\s+TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?(?:public\.)?\"?(?P<name>[a-z_][a-z0-9_]*)", re.I)
_MIGRATION = "config/0001.sql: CREATE TABLE accounts (id text);\n"


@rule(
    "PLB847",
    title="Table that no migration creates",
    why="The statement fails in the operator's hands, in the middle of the procedure.",
    fix="Correct the name: tables are those that the configuration's `CREATE TABLE` statements create.",
    failing=_MIGRATION + example('psql -c "SELECT id FROM acounts"', PLAIN),
    passing=_MIGRATION + example('psql -c "SELECT id FROM accounts"', PLAIN),
)
def unknown_table(spec: Spec) -> Iterator[Violation]:
    """Tables that are like one of the migrations', and are none."""
    tables = {found["name"].lower() for text in spec.templates.values() for found in _MADE.finditer(text)}
    for each in steps(spec):
        for part, script in each.scripts.items():
            for name, meant in _mistyped(script, tables).items():
                yield Violation(
                    path_of(each.path, part.removesuffix("_commands")),
                    f"no migration creates a table `{name}`",
                    f"did you mean `{meant}`?",
                    observed=name,
                )


def _mistyped(script: Script, tables: set[str]) -> Mapping[str, str]:
    made = {found["name"].lower() for text in statements(script) for found in _MADE.finditer(text)}
    named = {found["name"].lower() for text in statements(script) for found in _TABLE.finditer(text)}
    return {
        name: close[0]
        for name in sorted(named - tables - made)
        if (close := get_close_matches(name, tables, n=1, cutoff=0.8))
    }
