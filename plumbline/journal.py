"""What a run of a runbook did: a file of JSON Lines, each on the disk before the next thing is done."""

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


class UnusableJournal(Exception):
    """A file that a run cannot go on with; the message says why."""


@dataclass
class Journal:
    """The journal of one run; what is in it already counts as done."""

    path: Path
    begin: Mapping[str, Any]
    """The runbook, its mode, its values, and the digest of its steps."""
    hide: Callable[[str], str]
    """Takes secrets out of output before it is written."""
    states: dict[int, str] = field(default_factory=dict)
    """The last outcome of each step, by its number; `started` where its end was never written."""

    def write(self, event: str, **values: Any) -> None:
        """Append a line, and see that it is on the disk."""
        if "output" in values:
            values["output"] = self.hide(values["output"])
        with self.path.open("a") as file:
            file.write(json.dumps({"event": event, "at": now(), **values}, ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())
        if "step" in values:
            self.states[values["step"]] = event


def started(folder: Path, begin: Mapping[str, Any], hide: Callable[[str], str]) -> Journal:
    """A new journal in a folder, named after the runbook and the time."""
    folder.mkdir(parents=True, exist_ok=True)
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%f")
    journal = Journal(folder / f"{begin['runbook']}-{stamp}.jsonl", begin, hide)
    journal.write("begin", **begin)
    return journal


def reopened(path: Path, hide: Callable[[str], str]) -> Journal:
    """A journal that is there. Raises UnusableJournal where it is not one. A last line that was cut off never happened."""
    try:
        lines = path.read_text().splitlines()
    except OSError as error:
        raise UnusableJournal(f"{path} can't be read: {error.strerror}") from None
    entries = [entry for line in lines if isinstance(entry := _parsed(line), dict)]
    if not entries or entries[0].get("event") != "begin":
        raise UnusableJournal(f"{path} is no journal of a runbook")
    begin = {key: value for key, value in entries[0].items() if key not in ("event", "at")}
    states = {entry["step"]: entry["event"] for entry in entries if "step" in entry}
    if lines and _parsed(lines[-1]) is None:
        path.write_text("".join(line + "\n" for line in lines if _parsed(line) is not None))
    return Journal(path, begin, hide, states)


def latest(folder: Path, runbook: str, values: Mapping[str, str]) -> Path | None:
    """The newest journal of a runbook in a folder, of a run with these values among its own."""
    for path in sorted(folder.glob(f"{runbook}-[0-9]*.jsonl"), reverse=True):
        with path.open() as file:
            begin = _parsed(file.readline())
        if isinstance(begin, dict) and begin.get("runbook") == runbook and values.items() <= begin["values"].items():
            return path
    return None


def now() -> str:
    """The time, as a journal has it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _parsed(line: str) -> Any:
    try:
        return json.loads(line)
    except ValueError:
        return None
