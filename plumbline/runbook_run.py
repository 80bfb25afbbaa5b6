"""A runbook carried out: each step, then its verification, in order; and what was done taken back, in reverse order."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from time import monotonic
from typing import Protocol

from plumbline.execution import TIME_RAN_OUT, Listener, Outcome, run_at
from plumbline.journal import Journal, now
from plumbline.runbooks import RenderedPlace, RenderedRunbook, RenderedStep

Execute = Callable[[RenderedPlace, str, float, Listener], Outcome]

DONE = frozenset({"done", "found done", "skipped"})
"""Outcomes after which a step is not done again."""
OURS = frozenset({"done", "found done", "undo failed"})
"""Outcomes of steps that this run has to take back; what was so before it began was `skipped`."""


class Teller(Protocol):
    """Is told what happens."""

    def step(self, number: int, step: RenderedStep, doing: str) -> None:
        """A step begins, or its undoing does."""

    def line(self, text: str) -> None:
        """Output of a command."""

    def ended(self, step: RenderedStep, how: str, seconds: float) -> None:
        """A step ended well."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A step that failed."""

    number: int
    step: RenderedStep
    what: str
    """Which part of it failed, and how."""
    output: str


@dataclass
class Run:
    """One run, new or gone on with."""

    runbook: RenderedRunbook
    journal: Journal
    tell: Teller
    execute: Execute = run_at

    def forward(self) -> Failure | None:
        """Every step that is not done yet, up to the first that fails."""
        for number, step in enumerate(self.runbook.steps, 1):
            if self.journal.states.get(number) not in DONE and (failure := self._do(number, step)):
                return failure
        return None

    def back(self) -> Failure | None:
        """Take back what this run did, the last first, up to the first that cannot be taken back."""
        for number, step in reversed(list(enumerate(self.runbook.steps, 1))):
            if self.journal.states.get(number) in OURS and (failure := self._undo(number, step)):
                return failure
        return None

    def _do(self, number: int, step: RenderedStep) -> Failure | None:
        begun, clock = now(), monotonic()
        self.tell.step(number, step, "")
        interrupted = self.journal.states.get(number) == "started"
        if step.skip_when_verified and self._verified(step).code == 0:
            how = "found done" if interrupted else "skipped"
            self.journal.write(how, step=number, title=step.title)
            self.tell.ended(step, "is done already", monotonic() - clock)
            return None
        self.journal.write("started", step=number, title=step.title, place=step.place.id)
        ran = self.execute(step.place, step.run, step.timeout_s, self.tell.line)
        verified = self._verified(step) if ran.code == 0 and step.verify else None
        failed = ran.code or (verified.code if verified else 0)
        output = ran.output + (verified.output if verified else "")
        self.journal.write(
            "failed" if failed else "done",
            step=number,
            title=step.title,
            started=begun,
            ended=now(),
            exit=ran.code,
            verify=verified.code if verified else None,
            output=output,
        )
        if failed:
            part = "its commands" if ran.code else "its verification"
            return Failure(number, step, f"{part} {_ending(failed, step)}", output)
        self.tell.ended(step, "done, and verified" if verified else "done", monotonic() - clock)
        return None

    def _verified(self, step: RenderedStep) -> Outcome:
        return self.execute(step.place, step.verify or "", step.timeout_s, lambda _: None)

    def _undo(self, number: int, step: RenderedStep) -> Failure | None:
        begun, clock = now(), monotonic()
        self.tell.step(number, step, "taking back: ")
        if step.undo_commands is None:
            self.journal.write("undone", step=number, title=step.title)
            self.tell.ended(step, step.undo or "nothing", monotonic() - clock)
            return None
        ran = self.execute(step.place, step.undo_commands, step.timeout_s, self.tell.line)
        how = "undo failed" if ran.code else "undone"
        self.journal.write(
            how, step=number, title=step.title, started=begun, ended=now(), exit=ran.code, output=ran.output
        )
        if ran.code:
            return Failure(number, step, f"its undoing {_ending(ran.code, step)}", ran.output)
        self.tell.ended(step, "taken back", monotonic() - clock)
        return None


def digest(runbook: RenderedRunbook) -> str:
    """The name of what a run does: a run goes on only with the very steps that it began with."""
    return hashlib.sha256(repr((runbook.mode, runbook.steps)).encode()).hexdigest()[:12]


def elsewhere(runbook: RenderedRunbook, shells: dict[str, tuple[str, ...]]) -> RenderedRunbook:
    """The runbook with other ways to its places."""
    steps = (
        replace(step, place=replace(step.place, shells=shells.get(step.place.id, step.place.shells)))
        for step in runbook.steps
    )
    return replace(runbook, steps=tuple(steps))


def _ending(code: int, step: RenderedStep) -> str:
    return f"took more than {step.timeout_s} s" if code == TIME_RAN_OUT else f"ended with exit code {code}"
