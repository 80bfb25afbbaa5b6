"""`make soak`: the clean stack, again and again in both modes, and several at once; the last line is the score."""

import json
import sys
import tempfile
from pathlib import Path

from generators.markdown import EvidencePage, text
from plumbline.project.proofs import page_marker
from plumbline.stack.engine import find_engine
from plumbline.stack.starting import stack_up
from proofs.evidence import REPORTS, seen_on
from tests.lab.running import with_engine
from tests.stack.at_once import CASES as TOGETHER
from tests.stack.at_once import problems
from tests.stack.conftest import DATA, SilentWatch, shipped_spec
from tests.stack.tampering import failing
from validators.stack.patient_inspection import inspect_patiently

REPORT = REPORTS / "false-alarms"


def main(runs: int) -> int:
    """Stand each mode up so many times; 1 when anything was found."""
    spec, engine = shipped_spec(), find_engine()
    mark = page_marker(spec, DATA, "make soak")
    checks = 0
    false: list[str] = []
    for run in range(1, runs + 1):
        for mode in spec.modes:
            with stack_up(engine, spec, DATA, mode, SilentWatch()) as stack:
                seen = inspect_patiently(stack)[0].checks
            wrong = [f"{mode}: {check.where} {check.subject} {check.difference}" for check in failing(seen)]
            wrong += [f"{mode}: {line}" for line in stack.trouble]
            checks += len(seen)
            false += wrong
            print(
                f"run {run} {mode}: {len(seen)} facts, {len(wrong)} differ{''.join(f'{chr(10)}    {each}' for each in wrong)}",
                flush=True,
            )
    for name, calls in TOGETHER.items():
        with tempfile.TemporaryDirectory() as folder:
            wrong = [f"{name} at once: {each}" for each in problems(calls, engine, Path(folder))]
        false += wrong
        print(f"{name} at once: {len(wrong)} wrong", flush=True)
    REPORTS.mkdir(exist_ok=True)
    summary = {"spec": spec.revision, "engine": engine.versions.engine, "runs": runs, "checks": checks, "false": false}
    REPORT.with_suffix(".json").write_text(json.dumps(summary, indent=1) + "\n")
    page = EvidencePage("false-alarms.md", f"False alarms: {len(false)} in {checks} facts")
    page.add(
        f"{seen_on(spec, engine)}: {runs} times each of {' and '.join(spec.modes)} was "
        f"stood up, compared with its spec, and taken down; then {', '.join(TOGETHER)} at once."
    )
    page.add("\n".join(f"- {text(each)}" for each in false))
    REPORT.with_suffix(".md").write_text(mark(page.done().content.decode(), not false))
    print(f"{runs} runs of {len(spec.modes)} modes, {checks} facts, {len(false)} false findings")
    return int(bool(false))


if __name__ == "__main__":
    sys.exit(with_engine(lambda: main(int(sys.argv[1]) if len(sys.argv) > 1 else 20)))
