"""`make mutants`: every tampering on every one of its services; the last line is the score.

The result is written to reports/detection.json and .md; the site shows the latter.
"""

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from generators.markdown import EvidencePage, codes, text
from plumbline.project.proofs import page_marker
from plumbline.stack.engine import find_engine
from plumbline.stack.stack import Stack
from plumbline.stack.starting import stack_up
from proofs.evidence import REPORTS, seen_on
from tests.lab.running import with_engine
from tests.stack.conftest import DATA, SilentWatch, shipped_spec
from tests.stack.tampering import (
    MISSED,
    Tampering,
    all_tampered,
    as_another,
    batches,
    catalogue,
    false_ones,
    missing,
    seen,
    to_another,
)

REPORT = REPORTS / "detection"


def main() -> int:
    """Try them all; 1 when one was not found, or something else was."""
    spec = shipped_spec()
    results: list[dict[str, Any]] = []
    mark = page_marker(spec, DATA, "make mutants")
    with (
        stack_up(find_engine(), spec, DATA, "offline", SilentWatch()) as stack,
        as_another(stack, DATA) as other,
        tempfile.TemporaryDirectory() as folder,
    ):
        for batch in batches(catalogue()):
            wrong = tried(stack, other, batch, Path(folder))
            if any(wrong.values()) and len(batch) > 1:  # which of them was it?
                wrong = {
                    key: value for each in batch for key, value in tried(stack, other, [each], Path(folder)).items()
                }
            for each, faults in wrong.items():
                missed = any(fault.startswith(MISSED) for fault in faults)
                results.append({"tampering": each.name, "service": each.service, "faults": faults})
                lines = "".join(f"\n    {fault}" for fault in faults)
                print(f"{'missed' if missed else 'found '}  {each}{lines}", flush=True)
        head, engine = seen_on(spec, stack.engine), stack.engine.versions.engine
    said = [fault for each in results for fault in each["faults"]]
    false = sum(1 for fault in said if not fault.startswith(MISSED))
    found = sum(1 for each in results if not any(fault.startswith(MISSED) for fault in each["faults"]))
    REPORTS.mkdir(exist_ok=True)
    summary = {"spec": spec.revision, "engine": engine, "found": found, "of": len(results), "false": false}
    REPORT.with_suffix(".json").write_text(json.dumps({**summary, "results": results}, indent=1) + "\n")
    passed = found == len(results) and not false
    REPORT.with_suffix(".md").write_text(mark(page(summary, head), passed))
    print(f"{found} of {len(results)} tamperings found, {false} false findings")
    return int(not passed)


def tried(stack: Stack, other: Stack, batch: list[Tampering], folder: Path) -> dict[Tampering, list[str]]:
    """What is wrong with what was found of each of a batch, by who started the stack and by somebody else.

    A fault of nobody in particular is the first one's.
    """
    with all_tampered(stack, batch, folder):
        own = seen(stack, *batch)
        attached = [to_another(each) for each in batch]
        others = seen(other, *attached)
    wrong = {
        each: [*missing(stack, each, own), *(f"{fault} (by --attach)" for fault in missing(other, to, others))]
        for each, to in zip(batch, attached, strict=True)
    }
    wrong[batch[0]] += false_ones(stack, batch, own)
    wrong[batch[0]] += [f"{fault} (by --attach)" for fault in false_ones(other, attached, others)]
    return wrong


def page(summary: dict[str, object], head: str) -> str:
    """The catalogue with its score, for the site."""
    made = EvidencePage("detection.md", f"Detection: {summary['found']} of {summary['of']} tamperings found")
    made.add(
        f"{head}. Each is done to the running offline stack, which is then "
        "compared with its spec, by who started it and as `--attach` does, and made whole again. "
        f"False findings: {summary['false']}."
    )
    rows = []
    for tampering in catalogue():
        case = tampering.case
        done = [f"{field}: {json.dumps(value)}" for field, value in case.get("override", {}).items()]
        done += [f"without {field}" for field in case.get("reset", [])]
        done += [" ".join(command) for command in case.get("docker", [])]
        done += case.get("host", [])
        wanted = ", ".join(sorted({each["rule"] for each in case["found"]}))
        rows.append((None, [text(tampering.name), text(tampering.service or "–"), codes(done), text(wanted)]))
    made.table(["Tampering", "Service", "What is done", "Found by"], rows)
    return made.done().content.decode()


if __name__ == "__main__":
    sys.exit(with_engine(main))
