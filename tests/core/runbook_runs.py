"""Small runbooks for tests, and runs of them on this machine."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from plumbline.runbook.journal import RunbookJournal, create_journal, open_journal
from plumbline.runbook.rendering import RenderedPlace, RenderedRunbook, RenderedStep
from plumbline.runbook.run import Failure, RunbookRun

HERE = RenderedPlace("here", "this machine", "", ("",))


class SilentSteps:
    """Hears what a run says."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def step(self, number: int, step: RenderedStep, doing: str) -> None:
        self.heard.append(f"{doing}{number}")

    def line(self, text: str) -> None: ...

    def ended(self, step: RenderedStep, how: str, seconds: float) -> None:
        self.heard.append(how)


def step(
    run: str,
    *,
    verify: str | None = None,
    undo: str | None = None,
    skip: bool = False,
    place: RenderedPlace = HERE,
    **more: Any,
) -> RenderedStep:
    """A step here, of at most five seconds."""
    return RenderedStep(run, place, run, None, more.pop("output", None), verify, undo, 5, skip, **more)


def book(*steps: RenderedStep) -> RenderedRunbook:
    """A runbook of these steps."""
    return RenderedRunbook("sample", "single", "Sample", "Shows.", (), "start again", steps)


def ready(folder: Path, *steps: RenderedStep, journal: RunbookJournal | None = None) -> RunbookRun:
    """A run of these steps, new or gone on with."""
    return RunbookRun(book(*steps), journal or create_journal(folder, begun(), str), SilentSteps())


def begun(tenant: str = "acme") -> dict[str, object]:
    """What a journal begins with."""
    values = {"tenant": tenant}
    return {"runbook": "sample", "mode": "single", "values": values, "places": {}, "digest": "", "steps": 1}


def again(run: RunbookRun) -> RunbookRun:
    """The run as another process finds it."""
    return replace(run, journal=open_journal(run.journal.path, str), tell=SilentSteps())


def failed(run: Callable[[], Failure | None]) -> Failure:
    """The failure that a run ends with."""
    failure = run()
    assert failure
    return failure
