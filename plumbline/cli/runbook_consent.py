"""Questions to the operator before a runbook acts; without a terminal, options have to answer them."""

import shlex
import sys
from collections.abc import Mapping
from pathlib import Path

import click

from plumbline.runbook.journal import RunbookJournal
from plumbline.runbook.rendering import RenderedRunbook, RenderedStep
from plumbline.runbook.run import DONE, HALF_DONE, OURS, Consent


def destructions(
    runbook: RenderedRunbook, journal: RunbookJournal | None, undo: bool
) -> list[tuple[int, RenderedStep, str]]:
    """What would be destroyed: the steps still to be done, or taken back, and what each loses for good."""
    states = journal.states if journal else {}
    steps = list(enumerate(runbook.steps, 1))
    if undo:
        return [
            (at, each, each.undo_destroys)
            for at, each in steps
            if each.undo_destroys and states.get(at) in OURS | HALF_DONE
        ]
    return [(at, each, each.destroys) for at, each in steps if each.destroys and states.get(at) not in DONE]


def check_consent(yes: bool, confirmed: str | None, name: str, destroyed: bool) -> None:
    """Without a terminal nobody can be asked: the call says all that is needed, or nothing begins."""
    if confirmed is not None and confirmed != name:
        raise click.UsageError(f"--confirm {confirmed!r}: the data to be destroyed belongs to {name!r}")
    if sys.stdin.isatty():
        return
    if not yes:
        raise click.UsageError("there is no terminal to ask; check --dry-run, then add --yes")
    if destroyed and confirmed is None:
        raise click.UsageError(
            f"this destroys data permanently, and there is no terminal to ask; check --dry-run, then add --confirm {name}"
        )


def tell_unfinished(name: str, journal: Path) -> None:
    """Say that another run stands half-way: what it did is found done by a new one, which then does not take it back."""
    again = f"plumb runbook run {name} --journal {shlex.quote(str(journal))}"
    click.echo(
        f"A run with these values is not finished, and this one does not take back what that one did.\n"
        f"  = continue that one: {again} --resume\n  = or take it back:    {again} --undo",
        err=True,
    )


def confirm_start(
    runbook: RenderedRunbook,
    values: Mapping[str, str],
    undo: bool,
    destroyed: list[tuple[int, RenderedStep, str]],
    yes: bool,
) -> None:
    """Show for whom, where and what; ask, unless the call says yes. Aborts on a no."""
    what = "undo what was done" if undo else f"{len(runbook.steps)} steps"
    click.echo(f"{runbook.title}: {what}, mode {runbook.mode}", err=True)
    for key, value in values.items():
        click.echo(f"  {key}: {value}", err=True)
    for place in {step.place.id: step.place for step in runbook.steps}.values():
        there = ", ".join(shell or "this machine" for shell in place.shells)
        click.echo(f"  at {place.title}: {there}", err=True)
    for line in runbook.before:
        click.echo(f"  before: {line}", err=True)
    for number, step, lost in destroyed:
        click.echo(f"  step {number} («{step.title}») permanently destroys: {lost.strip()}", err=True)
    if not yes:
        click.confirm("Begin?", abort=True, err=True)


def consent_by_name(name: str, confirmed: str | None) -> Consent:
    """Ask for a name to be typed before something is destroyed, unless the call gave it."""

    def consents(number: int, step: RenderedStep, lost: str) -> bool:
        if confirmed == name:
            return True
        click.echo(f"    step {number} («{step.title}») permanently destroys: {lost.strip()}", err=True)
        typed: str = click.prompt(f"    Type {name} to destroy it", default="", show_default=False, err=True)
        return typed.strip() == name

    return consents


def undo_of_half_done(runbook: RenderedRunbook, journal: RunbookJournal, choice: str | None) -> bool:
    """Whether a step that failed half-way is taken back too: as the call says, or as the operator does."""
    half = [
        (number, step)
        for number, step in enumerate(runbook.steps, 1)
        if journal.states.get(number) in HALF_DONE and step.undo_commands
    ]
    if not half or choice:
        return choice == "undo"
    ((number, step),) = half
    if not sys.stdin.isatty():
        raise click.UsageError(
            f"step {number} («{step.title}») failed half-way; choose --half-done undo to undo it too, or --half-done keep"
        )
    click.echo(f"Step {number} («{step.title}») failed half-way. These commands undo it:", err=True)
    for line in step.script(step.undo_commands or "").splitlines():
        click.echo(f"    {line}", err=True)
    return click.confirm("Undo this step too?", default=False, err=True)
