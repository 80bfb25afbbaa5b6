"""Runs a runbook: each step, then its verification, in order; undoes finished steps in reverse order."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from time import monotonic
from typing import Protocol

from plumbline.runbook.captures import NotCaptured, capture
from plumbline.runbook.execution import TIME_RAN_OUT, Listener, ScriptOutcome, run_at
from plumbline.runbook.journal import RunbookJournal, now
from plumbline.runbook.rendering import CAPTURED, RenderedPlace, RenderedRunbook, RenderedStep
from plumbline.spec.printed import difference

Execute = Callable[[RenderedPlace, str, float, Listener], ScriptOutcome]
Consent = Callable[[int, RenderedStep, str], bool]
"""Whether the operator wants a step, or its undoing, to destroy what it says."""

DONE = frozenset({"done", "found done", "skipped"})
"""Outcomes after which a step is not done again."""
OURS = frozenset({"done", "found done", "differs", "undo failed"})
"""Outcomes of steps that this run has to take back; what was so before it began was `skipped`."""
HALF_DONE = frozenset({"started", "failed"})
"""Outcomes of steps of which nobody knows how much was done."""
GOES_BACK = frozenset({"undone", "left", "undo failed"})
"""Outcomes after which a run is not gone on with: it is being taken back."""


class StepListener(Protocol):
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
    differs: bool = False
    """Its commands succeeded, and printed something else than the page shows: `output` is the difference."""


@dataclass
class RunbookRun:
    """One run, new or gone on with."""

    runbook: RenderedRunbook
    journal: RunbookJournal
    tell: StepListener
    consent: Consent = lambda number, step, what: False
    execute: Execute = run_at
    seen: int | None = None
    """The step whose difference from the page the operator has read and accepts."""
    undo_half_done: bool = False
    """Whether a step that failed half-way is taken back as well."""

    def forward(self) -> Failure | None:
        """Every step that is not done yet, up to the first that fails."""
        for number, step in enumerate(self.runbook.steps, 1):
            if self.journal.states.get(number) not in DONE and (failure := self._do(number, step)):
                return failure
        return None

    def back(self) -> Failure | None:
        """Take back what this run did, the last first, up to the first that cannot be taken back."""
        wanted = OURS | (HALF_DONE if self.undo_half_done else frozenset())
        for number, step in reversed(list(enumerate(self.runbook.steps, 1))):
            if self.journal.states.get(number) in wanted and (failure := self._undo(number, step)):
                return failure
        return None

    def _do(self, number: int, step: RenderedStep) -> Failure | None:
        attempt = _Attempt(step, now(), monotonic())
        self.tell.step(number, step, "")
        accepted = self.seen == number and self.journal.states.get(number) == "differs"
        if not accepted:
            nodes = self._nodes_to_do(step)
            if not nodes:
                how = "found done" if self.journal.nodes.get(number) else "skipped"
                self.journal.write(how, step=number, title=step.title)
                self.tell.ended(step, "is already done", attempt.seconds())
                return None
            if step.destroys and not self.consent(number, step, step.destroys):
                return Failure(number, step, "was not confirmed, so nothing was done", "")
            if failure := self._commands(number, step, nodes, attempt):
                return failure
        return self._verification(number, step, attempt, "accepted" if accepted else "done")

    def _nodes_to_do(self, step: RenderedStep) -> list[int]:
        """Nodes of its place on which a step is not done yet, counted from 0."""
        if not step.skip_when_verified or step.verify is None:
            return list(range(len(step.place.shells)))
        return [
            node
            for node in range(len(step.place.shells))
            if self._script(step, step.verify, [node], lambda _: None).code != 0
        ]

    def _commands(self, number: int, step: RenderedStep, nodes: list[int], attempt: "_Attempt") -> Failure | None:
        ran = ScriptOutcome(0, ())
        for node in nodes:
            self.journal.write("started", step=number, title=step.title, place=step.place.id, nodes=[node])
            one = self._script(step, step.run, [node], self.tell.line)
            ran = ScriptOutcome(one.code, ran.printed + one.printed)
            if one.code:
                break
        values, problem = _values(step, ran)
        attempt.exit, attempt.output = ran.code, ran.output
        if any(self.journal.hide(value) != value for value in values.values()):
            problem = "it prints a value that looks like a secret, so the value was not saved"
        elif values:
            self.journal.write("captured", captured=values)
        if ran.code:
            return self._failed("failed", number, attempt, f"its commands {_ending(ran.code, step)}", ran.output)
        if problem:
            return self._failed("failed", number, attempt, problem, ran.output)
        for printed in ran.printed if step.output else ():
            if found := difference(step.output or "", printed):
                what = "its commands succeeded, but their output differs from the runbook"
                failure = self._failed("differs", number, attempt, what, "\n".join(found))
                return replace(failure, differs=True)
        return None

    def _verification(self, number: int, step: RenderedStep, attempt: "_Attempt", how: str) -> Failure | None:
        if step.verify is not None:
            everywhere = list(range(len(step.place.shells)))
            verified = self._script(step, step.verify, everywhere, lambda _: None)
            attempt.verify, attempt.output = verified.code, attempt.output + verified.output
            if verified.code:
                what = f"its verification {_ending(verified.code, step)}"
                return self._failed("failed", number, attempt, what, attempt.output)
        self.journal.write("done", step=number, title=step.title, how=how, **attempt.record())
        self.tell.ended(step, f"{how}, and verified" if step.verify else how, attempt.seconds())
        return None

    def _failed(self, event: str, number: int, attempt: "_Attempt", what: str, output: str) -> Failure:
        what = self.journal.hide(what)
        self.journal.write(event, step=number, title=attempt.step.title, what=what, **attempt.record())
        return Failure(number, attempt.step, what, output)

    def _script(self, step: RenderedStep, text: str, nodes: list[int], hear: Listener) -> ScriptOutcome:
        """A script of a step on some nodes of its place, with the captured values that it uses."""
        given = {name: self.journal.captured.get(name) for name in step.needs(text)}
        if beyond := [node for node in nodes if node >= len(step.place.shells)]:
            return ScriptOutcome(1, (f"the journal names node {beyond[0] + 1} of {len(step.place.shells)}\n",))
        if lacking := [name for name, value in given.items() if value is None]:
            return ScriptOutcome(1, tuple(f"{CAPTURED}.{name}: no step of this run captured it\n" for name in lacking))
        place = replace(step.place, shells=tuple(step.place.shells[node] for node in nodes))
        values = "".join(f"{CAPTURED}_{name}='{value}'\n" for name, value in given.items())
        return self.execute(place, values + step.script(text), step.timeout_s, hear)

    def _undo(self, number: int, step: RenderedStep) -> Failure | None:
        attempt = _Attempt(step, now(), monotonic())
        self.tell.step(number, step, "taking back: ")
        if step.undo_commands is None:
            self.journal.write("left" if step.destroys else "undone", step=number, title=step.title)
            self.tell.ended(step, step.undo or "nothing", attempt.seconds())
            return None
        if step.undo_destroys and not self.consent(number, step, step.undo_destroys):
            return Failure(number, step, "was not undone, because it was not confirmed", "")
        nodes = sorted(self.journal.nodes.get(number, set()))
        ran = self._script(step, step.undo_commands, nodes, self.tell.line)
        attempt.exit, attempt.output = ran.code, ran.output
        if ran.code:
            return self._failed("undo failed", number, attempt, f"its undo {_ending(ran.code, step)}", ran.output)
        self.journal.write("undone", step=number, title=step.title, **attempt.record())
        self.tell.ended(step, "taken back", attempt.seconds())
        return None


@dataclass
class _Attempt:
    """What is known of a step while it is done."""

    step: RenderedStep
    begun: str
    clock: float
    exit: int | None = None
    verify: int | None = None
    output: str = ""

    def seconds(self) -> float:
        return monotonic() - self.clock

    def record(self) -> dict[str, object]:
        return {"started": self.begun, "ended": now(), "exit": self.exit, "verify": self.verify, "output": self.output}


def with_shells(runbook: RenderedRunbook, shells: Mapping[str, tuple[str, ...]]) -> RenderedRunbook:
    """The runbook with other ways to its places."""
    steps = (
        replace(step, place=replace(step.place, shells=shells.get(step.place.id, step.place.shells)))
        for step in runbook.steps
    )
    return replace(runbook, steps=tuple(steps))


def _values(step: RenderedStep, ran: ScriptOutcome) -> tuple[dict[str, str], str | None]:
    """What a step captured, also of one that failed half-way: its undo may need it; and what is wrong."""
    found: dict[str, str] = {}
    for name, pattern in step.capture.items():
        try:
            found[name] = capture(pattern, "".join(ran.printed))
        except NotCaptured as problem:
            return found, f"{CAPTURED}.{name} could not be read from its output: {problem}"
    return found, None


def _ending(code: int, step: RenderedStep) -> str:
    return f"took more than {step.timeout_s} s" if code == TIME_RAN_OUT else f"ended with exit code {code}"
