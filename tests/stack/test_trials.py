"""Every trial of a running stack, on stacks that bear it and on stacks that do not. Without an engine; see `tried.py`.

An entry of `facts/tried/<trial>.json` has all checks that come of it, and everything that was done to the stack.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from plumbline.report.fact import Check
from plumbline.stack.engine import Engine
from plumbline.stack.stack import Stack
from tests.golden_files import is_updating, wide_json
from tests.stack.seen import FACTS, edited, seen, stack_of, told
from tests.stack.tried import Noting, TriedEngine, tried
from validators.stack.behaviour.killed import try_kills
from validators.stack.behaviour.logs import try_log_rotation
from validators.stack.behaviour.lost_needs import try_lost_needs
from validators.stack.behaviour.memory import try_memory_limits
from validators.stack.behaviour.self_tests import run_self_tests
from validators.stack.behaviour.state import try_state
from validators.stack.behaviour.trials import try_everything
from validators.stack.kinds import TRIED, Takes
from validators.stack.report import finding_of

TRIALS: dict[str, Callable[[Stack], Any]] = {
    "killed": try_kills,
    "logs": try_log_rotation,
    "lost_needs": try_lost_needs,
    "memory": try_memory_limits,
    "self_tests": run_self_tests,
    "state": lambda stack: try_state(stack, "restart the-engine"),
    "state without a restart": lambda stack: try_state(stack, None),
    "everything": lambda stack: try_everything(stack, None),
}
FILES = {file: json.loads(file.read_text()) for file in sorted((FACTS / "tried").glob("*.json"))}
CASES = {f"{case['trial']}: {case['what']}": (file, case) for file, cases in FILES.items() for case in cases}


@pytest.mark.parametrize("name", CASES)
def test_what_comes_of_a_trial(name: str, tmp_path: Path) -> None:
    file, case = CASES[name]
    before = edited(seen(case["seen"]), case.get("edits", []))
    engine = TriedEngine(before, case)
    stack = replace(stack_of(before, tmp_path), engine=cast(Engine, engine), watch=Noting(engine.done))
    with told(before), tried(engine):
        result = TRIALS[case["trial"]](stack)
        checks, took = result if isinstance(result, tuple) else (list(result), None)
    came = {"checks": [shown(stack, each) for each in checks], "done": engine.done, "ended": round(engine.clock.now, 3)}
    if took is not None:
        came["took"] = took
    came = json.loads(json.dumps(came))
    if is_updating():
        case.update(came)
        file.write_text(wide_json(FILES[file]) + "\n")
    assert came == {key: case[key] for key in came}, "make golden"


def shown(stack: Stack, check: Check) -> list[str | float | None]:
    """A check as a case has it: the fact, both sides, the verdict, how long it took, and its rule and place in the spec."""
    fact = f"{check.where} {check.subject} {check.attribute}".strip()
    finding = finding_of(stack.spec, stack.projects[0].deployment.mode, check)
    place = f"{finding.rule} {finding.location or ''}".strip()
    return [fact, check.expected, check.observed, check.outcome, check.seconds and round(check.seconds, 2), place]


def test_every_trial_is_seen_to_pass_and_to_fail() -> None:
    kinds = {name for name, trial in TRIED.items() if trial.takes is Takes.FAULTS}
    found = {"matches": set(), "differs": set()}  # type: dict[str, set[str]]
    for _, case in CASES.values():
        for fact, _, _, outcome, *_ in case["checks"]:
            found[outcome].add(fact.split()[-1].partition(".")[0])
    assert (kinds - found["matches"], kinds - found["differs"]) == (set(), set())
