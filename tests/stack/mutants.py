"""`make mutants`: every tampering on every one of its services; the last line is the score.

The result is written to reports/detection.json and .md; the site shows the latter.
"""

import json
import sys
import tempfile
from pathlib import Path

from generators.markdown import EvidencePage, codes, text
from tests.evidence import REPORTS, seen_on
from tests.lab.running import with_engine
from tests.stack.conftest import DATA, Silence, shipped_spec
from tests.stack.tampering import catalogue, faults, seen, tampered
from validators.stack.engine import find_engine
from validators.stack.starting import standing

REPORT = REPORTS / "detection"


def main() -> int:
    """Try them all; 1 when one was not found, or something else was."""
    spec = shipped_spec()
    results: list[dict[str, object]] = []
    found = false = 0
    with standing(find_engine(), spec, DATA, "offline", Silence()) as stack, tempfile.TemporaryDirectory() as folder:
        for tampering in catalogue():
            with tampered(stack, tampering, Path(folder)):
                wrong = faults(stack, tampering, seen(stack, tampering))
            missed = [fault for fault in wrong if fault.startswith("not found")]
            found += not missed
            false += len(wrong) - len(missed)
            results.append({"tampering": tampering.name, "service": tampering.service, "faults": wrong})
            print(
                f"{'missed' if missed else 'found '}  {tampering}{''.join(f'{chr(10)}    {fault}' for fault in wrong)}",
                flush=True,
            )
        head, engine = seen_on(spec, stack.engine), stack.engine.versions.engine
    REPORTS.mkdir(exist_ok=True)
    summary = {"spec": spec.revision, "engine": engine, "found": found, "of": len(results), "false": false}
    REPORT.with_suffix(".json").write_text(json.dumps({**summary, "results": results}, indent=1) + "\n")
    REPORT.with_suffix(".md").write_text(page(summary, head))
    print(f"{found} of {len(results)} tamperings found, {false} false findings")
    return int(found < len(results) or false > 0)


def page(summary: dict[str, object], head: str) -> str:
    """The catalogue with its score, for the site."""
    made = EvidencePage("detection.md", f"Detection: {summary['found']} of {summary['of']} tamperings found")
    made.add(
        f"{head}. Each is done to the running offline stack, which is then "
        f"compared with its spec and made whole again. False findings: {summary['false']}."
    )
    rows = []
    for tampering in catalogue():
        case = tampering.case
        done = [f"{field}: {json.dumps(value)}" for field, value in case.get("override", {}).items()]
        done += [f"without {field}" for field in case.get("reset", [])]
        done += [" ".join(command) for command in case.get("docker", [])]
        wanted = ", ".join(sorted({each["rule"] for each in case["found"]}))
        rows.append((None, [text(tampering.name), text(tampering.service or "–"), codes(done), text(wanted)]))
    made.table(["Tampering", "Service", "What is done", "Found by"], rows)
    return made.done().content.decode()


if __name__ == "__main__":
    sys.exit(with_engine(main))
