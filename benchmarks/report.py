"""What a whole run of the benchmarks found, as a page of evidence and as data: `reports/speed.md`, `reports/speed.json`."""

import json
import os
import platform
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.figures import HEADS, Figure, LeftOut, row
from generators.markdown import EvidencePage, code, text

COMMAND = "make benchmark"
REPORT = Path(__file__).parents[1] / "reports" / "speed"


def on_this_machine(now: datetime) -> dict[str, Any]:
    """What the figures were measured on; the load is that of the last 15 minutes, in runnable processes."""
    return {
        "timestamp": now.isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "check_jsonschema": version("check-jsonschema"),
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[2], 1),
    }


def page(revision: str, machine: dict[str, Any], found: Sequence[Figure | LeftOut]) -> str:
    """The page, for readers: which goals are met, which are missed, and what was not measured."""
    missed = [each for each in found if isinstance(each, Figure) and each.missed]
    left_out = [each for each in found if isinstance(each, LeftOut)]
    goals = sum(isinstance(each, Figure) and each.goal is not None for each in found)
    said = f"{len(missed)} of {goals} goals missed" + (f", {len(left_out)} not measured" if left_out else "")
    shown = EvidencePage("speed.md", f"Speed: {said}")
    shown.add(
        f"Spec {revision}, {machine['timestamp'][:10]}, Python {machine['python']}, check-jsonschema "
        f"{machine['check_jsonschema']}, {machine['cores']} cores with a load of {machine['load']}. The command: {code(COMMAND)}. "
        "The same as data: [speed.json](speed.json)."
    )
    shown.add(
        "Figures are ratios of CPU seconds to what users have without Plumbline, each pair measured one after the other; the last "
        "column shows their medians. A fresh check uses nothing that an earlier one kept."
    )
    shown.table([head.capitalize() for head in HEADS], [(None, [text(cell) for cell in row(each)]) for each in found])
    return shown.done().content.decode()


def write(revision: str, found: Sequence[Figure | LeftOut], mark: Callable[[str, bool], str]) -> None:
    """Write both. `mark` marks the page with what it was seen of, as `page_marker` gives it."""
    machine = on_this_machine(datetime.now(UTC))
    data = {"spec": revision, **machine, "figures": [_data(each) for each in found]}
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.with_suffix(".json").write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", "utf-8")
    passed = not any(isinstance(each, Figure) and each.missed for each in found)
    REPORT.with_suffix(".md").write_text(mark(page(revision, machine, found), passed), "utf-8")


def _data(each: Figure | LeftOut) -> dict[str, Any]:
    verdict = "left out" if isinstance(each, LeftOut) else "missed" if each.missed else "met" if each.goal else "none"
    return {**asdict(each), "verdict": verdict}
