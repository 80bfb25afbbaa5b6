"""Writes and reads the journal of a run: a file of JSON Lines, each on the disk before the next action begins."""

import fcntl
import hashlib
import json
import os
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from plumbline.expressions.values import unsafe

_BEGIN = ("runbook", "mode", "values", "places", "digest", "steps")
"""What the first line says of a run; a run goes on only with the very same."""


_EVENTS = frozenset(
    (
        "begin",
        "started",
        "captured",
        "done",
        "found done",
        "skipped",
        "differs",
        "failed",
        "undone",
        "left",
        "undo failed",
    )
)


class UnusableJournal(Exception):
    """A file that a run cannot go on with; the message says why."""


class Busy(Exception):
    """The same runbook is being carried out with the same values; the message says by whom."""


@dataclass
class RunbookJournal:
    """The journal of one run; what is in it already counts as done."""

    path: Path
    begin: Mapping[str, Any]
    """The runbook, its mode, its values, the ways to its places, the digest of its steps and how many they are."""
    hide: Callable[[str], str]
    """Takes secrets out of output before it is written."""
    states: dict[int, str] = field(default_factory=dict)
    """The last outcome of each step, by its number; `started` where its end was never written."""
    nodes: dict[int, set[int]] = field(default_factory=dict)
    """Nodes of the step's place, counted from 0, on which this run began its commands."""
    captured: dict[str, str] = field(default_factory=dict)
    """Values that steps of this run took out of what they printed."""
    whole_bytes: int | None = None
    """Length of the file up to its last whole line, where a crash cut the next one off: that one never happened."""

    def write(self, event: str, **values: Any) -> None:
        """Append a line, and see that it is on the disk."""
        if "output" in values:
            values["output"] = self.hide(values["output"])
        entry = {"event": event, "at": now(), **values}
        if self.whole_bytes is not None:
            os.truncate(self.path, self.whole_bytes)
            self.whole_bytes = None
        with _opened(self.path, os.O_WRONLY, "a") as file:
            file.write(json.dumps(entry, ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())
        self._remember(entry)

    def _remember(self, entry: Mapping[str, Any]) -> None:
        if "step" in entry:
            self.states[entry["step"]] = entry["event"]
            self.nodes.setdefault(entry["step"], set()).update(entry.get("nodes", ()))
        self.captured.update(entry.get("captured", {}))


def create_journal(folder: Path, begin: Mapping[str, Any], hide: Callable[[str], str]) -> RunbookJournal:
    """A new journal in a folder, named after the runbook and the time."""
    folder.mkdir(parents=True, exist_ok=True)
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%f")
    journal = RunbookJournal(folder / f"{begin['runbook']}-{stamp}.jsonl", begin, hide)
    journal.write("begin", **begin)
    return journal


def open_journal(path: Path, hide: Callable[[str], str]) -> RunbookJournal:
    """A journal that is there, which is not touched. Raises UnusableJournal where it is not one, or damaged but for its end."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UnusableJournal(f"{path} can't be read: {error.strerror}") from None
    whole = content[: content.rfind(b"\n") + 1]
    try:
        entries = [json.loads(line) for line in whole.splitlines()]
        begin = {key: entries[0][key] for key in _BEGIN}
        _check_begin(begin)
        journal = RunbookJournal(path, begin, hide)
        for number, entry in enumerate(entries):
            _check_entry(entry, number == 0)
            journal._remember(entry)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        raise UnusableJournal(f"{path} is not the journal of a runbook, or is damaged") from None
    if whole != content:
        journal.whole_bytes = len(whole)
    return journal


def _check_begin(begin: Mapping[str, Any]) -> None:
    """Raises ValueError for what no run begins with; what is read here goes into commands."""
    words = [begin["runbook"], begin["mode"], begin["digest"], *begin["values"], *begin["places"]]
    words += [way for ways in begin["places"].values() for way in _of(list, ways)]
    steps = begin["steps"]
    if not all(isinstance(word, str) for word in words) or type(steps) is not int or steps < 0:
        raise ValueError("its first entry has a value of the wrong type")
    _check_values(begin["values"])


def _check_entry(entry: Mapping[str, Any], first: bool) -> None:
    """Raises ValueError for what a run never writes."""
    step, nodes = entry.get("step", 1), _of(list, entry.get("nodes", []))
    numbers = all(type(number) is int for number in (step, *nodes))
    if entry["event"] not in _EVENTS or first != (entry["event"] == "begin"):
        raise ValueError(f"{entry['event']} is not an event")
    if not numbers or step < 1 or min(nodes, default=0) < 0:
        raise ValueError(f"{step}, {nodes} is not a step with its nodes")
    _check_values(_of(dict, entry.get("captured", {})))


def _check_values(values: Mapping[str, Any]) -> None:
    if any(unsafe(_of(str, value)) for value in _of(dict, values).values()):
        raise ValueError("a value cannot be used in a command")


def _of(kind: type, value: Any) -> Any:
    if not isinstance(value, kind):
        raise ValueError(f"{value!r} is not a {kind.__name__}")
    return value


def newest_journals(
    folder: Path, runbook: str, given: Mapping[str, str], hide: Callable[[str], str]
) -> list[RunbookJournal]:
    """Of the runs of a runbook whose values include these, the newest of each set of values; the newest first.

    Raises UnusableJournal where one can't be read: it may be the one that is meant.
    """
    found: dict[str, RunbookJournal] = {}
    for path in sorted(folder.glob(f"{runbook}-[0-9]*.jsonl"), reverse=True):
        if not path.stat().st_size:
            continue
        journal = open_journal(path, hide)
        if journal.begin["runbook"] == runbook and given.items() <= journal.begin["values"].items():
            found.setdefault(json.dumps(journal.begin["values"], sort_keys=True), journal)
    return list(found.values())


@contextmanager
def hold_lock(folder: Path, runbook: str, values: Mapping[str, str]) -> Iterator[None]:
    """Nobody else carries the runbook out with these values, as far as they keep their journals in this folder.

    Raises Busy. The kernel releases the lock when the process ends, however it ends.
    """
    folder.mkdir(parents=True, exist_ok=True)
    name = hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:12]
    with _opened(folder / f".{runbook}-{name}.lock", os.O_RDWR, "a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise Busy(file.read().strip() or "a run that has just started") from None
        file.truncate(0)
        file.write(f"process {os.getpid()} on {socket.gethostname()}, since {now()}\n")
        file.flush()
        yield


def now() -> str:
    """The time, as a journal has it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _opened(path: Path, access: int, mode: str) -> IO[str]:
    """A file to append to, that nobody else reads: values and output may be a customer's."""
    return os.fdopen(os.open(path, access | os.O_APPEND | os.O_CREAT, 0o600), mode)
