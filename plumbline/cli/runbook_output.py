"""What `plumb runbook` prints about steps: before, after, and on failure."""

import shlex

import click

from plumbline.runbook.journal import RunbookJournal
from plumbline.runbook.listing import steps_text
from plumbline.runbook.rendering import RenderedRunbook, RenderedStep
from plumbline.runbook.run import DONE, Failure


class StepLines:
    """What happens, on stdout."""

    def __init__(self, count: int):
        self.count = count

    def step(self, number: int, step: RenderedStep, doing: str) -> None:
        click.echo(f"{number}/{self.count} {doing}{step.title}  [{step.place.id}]")

    def line(self, text: str) -> None:
        click.echo(f"    {text}")

    def ended(self, step: RenderedStep, how: str, seconds: float) -> None:
        if step.expect and how.startswith(("done", "accepted")):
            click.echo(f"    expected: {step.expect.strip()}")
        click.echo(f"    {how} ({seconds:.1f} s)")


def tell_steps(runbook: RenderedRunbook) -> None:
    """Each step, with the scripts that a run executes."""
    click.echo(steps_text(runbook), nl=False)


def tell_failure(runbook: RenderedRunbook, journal: RunbookJournal, failure: Failure, undo: bool) -> None:
    """What failed, and the ways on from there."""
    step = failure.step
    again = f"plumb runbook run {runbook.id} --journal {shlex.quote(str(journal.path))}"
    lines = [f"plumb: step {failure.number} («{step.title}»): {failure.what}"]
    if failure.differs:
        lines.append("  | lines with - are missing, lines with + are unexpected")
        lines += [f"  | {line}" for line in failure.output.splitlines()[:40]]
    else:
        lines += [f"  | {line}" for line in failure.output.rstrip().splitlines()[-10:]]
    if not undo:
        lines.append(f"  = {runbook.on_failure}")
        if step.undo_commands and failure.number in journal.nodes:
            lines += ["  = it may be half done; these commands undo it:"]
            lines += [f"      {line}" for line in step.script(step.undo_commands).splitlines()]
        lines.append(f"  = continue with this step:        {again} --resume")
        if failure.differs:
            lines.append(f"  = accept the difference:        {again} --resume --accept-output {failure.number}")
    if undo or any(state in DONE for state in journal.states.values()) or failure.number in journal.nodes:
        lines.append(f"  = undo the finished steps: {again} --undo")
    click.echo("\n".join(lines), err=True)
