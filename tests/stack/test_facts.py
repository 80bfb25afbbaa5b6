"""Every kind of fact, on stacks as an engine and a kernel described them, and on the same with something changed. Without an engine.

`facts/seen/` holds the stacks. What is right of each is in `golden/facts/`; a change and everything that it makes wrong is an entry
of `facts/<kind>.json`.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from plumbline.report.fact import Check
from plumbline.stack.stack import Stack
from tests.golden_files import check_golden, is_updating, wide_json
from tests.stack.seen import FACTS, Seen, edited, seen, stack_of, told
from validators.stack.inspection import inspect_stack
from validators.stack.kinds import KINDS, TRIED, Takes, tried_with
from validators.stack.report import finding_of

STACKS = ("host", "nodes")
FILES = {file: json.loads(file.read_text()) for file in sorted(FACTS.glob("*.json"))}
CASES = {f"{file.stem}: {case['what']}": (file, case) for file, cases in FILES.items() for case in cases}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the files of the stacks are."""
    return tmp_path_factory.mktemp("seen")


def look(answers: Seen, folder: Path) -> tuple[Stack, list[Check], Any]:
    """A stack, what is found of it, and what the probe was asked."""
    stack = stack_of(answers, folder)
    with told(answers) as asked:
        return stack, inspect_stack(stack).checks, asked


def named(check: Check) -> str:
    """The fact, with its node where there are several."""
    return f"{check.where} {check.subject} {check.attribute}".strip()


def test_what_is_right(folder: Path) -> None:
    """Nothing differs, and this is everything that is compared and asked, and what a report can say was left out."""
    files: dict[str, str] = {}
    for name in STACKS:
        _, checks, asked = look(seen(name), folder / name)
        assert [named(check) for check in checks if check.outcome != "matches"] == []
        files[f"{name}.txt"] = "".join(f"{named(check)} = {check.expected}\n" for check in checks)
        files[f"{name}.asked.json"] = json.dumps(asked, indent=1, ensure_ascii=False) + "\n"
    left_out = {takes: tried_with(takes) for takes in Takes}
    files["left_out.txt"] = "".join(
        f"{takes.value}: {title}\n" for takes, titles in left_out.items() for title in titles
    )
    check_golden("facts", {name: text.encode() for name, text in files.items()})


@pytest.mark.parametrize("name", CASES)
def test_what_is_wrong(name: str, folder: Path) -> None:
    """All of it, in the words of the report: what was expected, what was observed, the verdict, the rule, the place in the spec."""
    file, case = CASES[name]
    before = seen(case["seen"])
    stack, checks, _ = look({**edited(before, case["edits"]), "before": before}, folder / case["seen"])
    found = [of(stack, check) for check in checks if check.outcome != "matches"]
    if is_updating():
        case["found"] = found
        file.write_text(wide_json(FILES[file]) + "\n")
    assert found == case["found"], "make golden"


def of(stack: Stack, check: Check) -> dict[str, str | None]:
    """A check that does not match, as a case has it."""
    finding = finding_of(stack.spec, stack.projects[0].deployment.mode, check)
    return {
        "fact": named(check),
        "expected": check.expected,
        "observed": check.observed,
        "verdict": check.outcome,
        "finding": f"{finding.rule} {finding.location or ''}".strip(),
    }


def test_every_kind_of_fact_is_seen_right_and_wrong(folder: Path) -> None:
    """Whoever adds a kind adds what it is like: in a stack of `seen/`, and in an entry of its own file."""
    kinds = {kind.name for kind in KINDS}
    kinds |= {name for name, trial in TRIED.items() if trial.takes is not Takes.FAULTS}
    right = {check.attribute.partition(".")[0] for name in STACKS for check in look(seen(name), folder / name)[1]}
    wrong = {
        name.partition(":")[0]
        for name, (_, case) in CASES.items()
        for found in case["found"]
        if name.partition(":")[0] == found["fact"].split()[-1].partition(".")[0]
    }
    assert (kinds - right, kinds - wrong, right - wrong) == (set(), set(), set())
