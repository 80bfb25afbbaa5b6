"""`make mutants`: every tampering on every one of its services; the last line is the score.

The result is written to reports/mutants.json, from which the site's page of detection rates is made.
"""

import json
import sys
import tempfile
from pathlib import Path

from tests.lab.running import with_engine
from tests.stack.conftest import DATA, Silence, shipped_spec
from tests.stack.tampering import catalogue, failing, faults, tampered
from validators.stack.engine import find_engine
from validators.stack.starting import standing

REPORT = Path(__file__).parents[2] / "reports" / "mutants.json"


def main() -> int:
    """Try them all; 1 when one was not found, or something else was."""
    spec = shipped_spec()
    results: list[dict[str, object]] = []
    found = false = 0
    with standing(find_engine(), spec, DATA, "offline", Silence()) as stack, tempfile.TemporaryDirectory() as folder:
        for tampering in catalogue():
            with tampered(stack, tampering, Path(folder)):
                wrong = faults(stack, tampering, failing(stack.look().checks))
            missed = [fault for fault in wrong if fault.startswith("not found")]
            found += not missed
            false += len(wrong) - len(missed)
            results.append({"tampering": tampering.name, "service": tampering.service, "faults": wrong})
            print(
                f"{'missed' if missed else 'found '}  {tampering}{''.join(f'{chr(10)}    {fault}' for fault in wrong)}",
                flush=True,
            )
        engine = stack.engine.versions
    REPORT.parent.mkdir(exist_ok=True)
    summary = {"spec": spec.revision, "engine": engine.engine, "found": found, "of": len(results), "false": false}
    REPORT.write_text(json.dumps({**summary, "results": results}, indent=1) + "\n")
    print(f"{found} of {len(results)} tamperings found, {false} false findings")
    return int(found < len(results) or false > 0)


if __name__ == "__main__":
    sys.exit(with_engine(main))
