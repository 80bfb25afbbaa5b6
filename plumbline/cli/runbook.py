"""`plumb runbook`: procedures of the spec, shown and carried out."""

import os
import shlex
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import click

from plumbline.cli import completing
from plumbline.cli.common import SpecProject, load
from plumbline.cli.exit_codes import EXIT_FINDINGS
from plumbline.cli.runbook_call import (
    Pairs,
    Shells,
    check_files,
    check_programs,
    find_run,
    find_runbook,
    given_values,
    pairs,
    parse_shells,
    prepare,
    secret_masker,
    unfinished_run,
    with_ways,
)
from plumbline.cli.runbook_consent import (
    check_consent,
    confirm_start,
    consent_by_name,
    destructions,
    tell_unfinished,
    undo_of_half_done,
)
from plumbline.cli.runbook_output import StepLines, tell_failure, tell_steps
from plumbline.runbook.journal import Busy, RunbookJournal, create_journal, hold_lock, open_journal
from plumbline.runbook.listing import digest
from plumbline.runbook.rendering import RenderedRunbook, consent_name
from plumbline.runbook.run import RunbookRun

setting = click.option(
    "--set", "values", multiple=True, metavar="NAME=VALUE", callback=pairs, help="Value of a parameter; repeatable."
)
in_mode = click.option(
    "--mode", metavar="MODE", shell_complete=completing.modes, help="Mode to run it in. Default: the runbook's first."
)


@click.group()
def runbook() -> None:
    """List, show and run runbooks."""


@runbook.command("list")
@click.pass_context
def list_(context: click.Context) -> None:
    """List the runbooks and their parameters."""
    from tabulate import tabulate

    rows = [
        (name, each.title, " ".join(each.modes), f"{each.duration_min} min", " ".join(each.parameters))
        for name, each in sorted(load(context).spec.runbooks.items())
    ]
    click.echo(tabulate(rows, ["runbook", "for", "modes", "takes", "asks for"], tablefmt="plain"))


@runbook.command()
@click.argument("name", shell_complete=completing.runbooks)
@setting
@in_mode
@click.pass_context
def show(context: click.Context, name: str, values: Pairs, mode: str | None) -> None:
    """Show a runbook, with example values for parameters that are not set.

    \b
    plumb runbook show suspend-tenant --set tenant=globex
    """
    project = load(context)
    find_runbook(project, name, mode)
    shown = prepare(project, name, mode, given_values(project, name, values, new=True), examples=True)
    click.echo(f"{shown.title}\n{shown.summary}\n")
    for line in shown.before:
        click.echo(f"before: {line}")
    click.echo(f"if a step fails: {shown.on_failure}")
    tell_steps(shown)


@runbook.command()
@click.argument("name", shell_complete=completing.runbooks)
@setting
@in_mode
@click.option(
    "--at", "shells", multiple=True, metavar="PLACE=COMMAND", callback=pairs,
    help="Command that opens a shell at a place; empty means this machine. Repeatable, once per node.",
)  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Show what would run, and where; run nothing.")
@click.option("--resume", is_flag=True, help="Continue the last run at its first unfinished step.")
@click.option("--undo", is_flag=True, help="Undo what the last run did, in reverse order.")
@click.option(
    "--journal", "file", type=click.Path(path_type=Path, dir_okay=False), help="Journal of the run to resume or undo."
)
@click.option(
    "--journals", "folder", default="reports/runbooks", show_default=True, metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False), help="Folder for the journals of runs.",
)  # fmt: skip
@click.option("-y", "--yes", is_flag=True, help="Start without asking.")
@click.option("--confirm", metavar="NAME", help="Tenant whose data may be destroyed without asking.")
@click.option(
    "--half-done", type=click.Choice(["undo", "keep"]), help="With --undo: what to do with a step that failed half-way."
)
@click.option(
    "--accept-output", "seen", type=int, metavar="STEP",
    help="With --resume: step whose unexpected output you accept.",
)  # fmt: skip
@click.pass_context
def run(
    context: click.Context,
    name: str,
    values: Pairs,
    mode: str | None,
    shells: Pairs,
    dry_run: bool,
    resume: bool,
    undo: bool,
    file: Path | None,
    folder: Path,
    yes: bool,
    confirm: str | None,
    half_done: str | None,
    seen: int | None,
) -> None:
    """Run a runbook: every step, then its verification, recorded in a journal.

    \b
    plumb runbook run suspend-tenant --set tenant=acme
    plumb runbook run suspend-tenant --set tenant=acme --dry-run
    plumb runbook run suspend-tenant --resume        after a failure: continue at the first unfinished step
    plumb runbook run suspend-tenant --undo          undo what was done
    plumb runbook run suspend-tenant --set tenant=acme --at 'control=ssh root@192.0.2.10 sh'
    plumb runbook run online-deprovision --set tenant=acme --yes --confirm acme        without a terminal

    Exit codes: 0 success, 1 a step failed, 2 invalid usage, 3 something missing on this machine, 130 interrupted.
    """
    _check_options(resume, undo, file, half_done, seen)
    project = load(context)
    runbook = find_runbook(project, name, mode)
    chosen = given_values(project, name, values, new=not (resume or undo))
    kept = find_run(name, file, folder, chosen, undo) if resume or undo else None
    if kept:
        mode, chosen = _mode_of(kept, mode), kept.begin["values"]
    work = prepare(project, name, mode, chosen)
    given = parse_shells(work, shells)
    begin = _begin(work, chosen, given)
    work = with_ways(work, _check_unchanged(kept, begin, bool(shells)) if kept else given)
    if dry_run:
        tell_steps(work)
        return
    _make_ready(project, work, None if kept else chosen)
    answers_to = consent_name(project.spec, runbook, chosen)
    check_consent(yes, confirm, answers_to, bool(destructions(work, kept, undo)))
    try:
        with _interruptible(), hold_lock(kept.path.parent if kept else folder, name, chosen):
            kept = open_journal(kept.path, secret_masker()) if kept else None
            _see_that_it_differed(seen, kept)
            also_half = undo and kept is not None and undo_of_half_done(work, kept, half_done)
            if not kept and (other := unfinished_run(name, folder, chosen)):
                tell_unfinished(name, other)
            confirm_start(work, chosen, undo, destructions(work, kept, undo), yes)
            journal = kept or create_journal(folder, begin, secret_masker())
            tell, consent = StepLines(len(work.steps)), consent_by_name(answers_to, confirm)
            _carry_out(RunbookRun(work, journal, tell, consent, seen=seen, undo_half_done=also_half), undo)
    except Busy as holder:
        raise click.UsageError(f"{name} is already running with these values: {holder}") from None


def _make_ready(project: SpecProject, work: RenderedRunbook, new: Mapping[str, str] | None) -> None:
    """Check that the machine has the programs and, for a new run with these values, the files; steps that call plumb get this spec."""
    check_programs(work)
    if new is not None:
        check_files(project, work, new)
    os.environ["PLUMB_SPEC"] = str(project.folder.resolve())


def _begin(work: RenderedRunbook, values: Mapping[str, str], shells: Shells) -> dict[str, Any]:
    """What the journal's first line says of the run."""
    return {
        "runbook": work.id,
        "mode": work.mode,
        "values": values,
        "places": {place: list(there) for place, there in shells.items()},
        "digest": digest(work),
        "steps": len(work.steps),
    }


def _see_that_it_differed(step: int | None, journal: RunbookJournal | None) -> None:
    if step is not None and (journal is None or journal.states.get(step) != "differs"):
        raise click.UsageError(f"--accept-output {step}: the output of step {step} did not differ in that run")


def _carry_out(run: RunbookRun, undo: bool) -> None:
    try:
        failure = run.back() if undo else run.forward()
    except (KeyboardInterrupt, click.Abort):  # Abort: at a question
        again = f"plumb runbook run {run.runbook.id} --journal {shlex.quote(str(run.journal.path))}"
        click.echo(f"\nplumb: continue: {again} --resume\n  = or undo the finished steps: {again} --undo", err=True)
        raise
    if failure:
        tell_failure(run.runbook, run.journal, failure, undo)
        sys.exit(EXIT_FINDINGS)
    left = [number for number, state in run.journal.states.items() if state == "left"]
    for number in left if undo else ():
        step = run.runbook.steps[number - 1]
        click.echo(f"step {number} («{step.title}») cannot be undone: {(step.undo or '').strip()}")
    click.echo(f"{'undone' if undo else 'done'}; journal: {run.journal.path}")


def _check_options(resume: bool, undo: bool, file: Path | None, half_done: str | None, seen: int | None) -> None:
    if resume and undo:
        raise click.UsageError("--resume continues and --undo reverts; give only one of them")
    if file and not (resume or undo):
        raise click.UsageError("--journal names a run to continue; add --resume or --undo")
    if half_done and not undo:
        raise click.UsageError("--half-done is for --undo")
    if seen is not None and not resume:
        raise click.UsageError("--accept-output needs --resume: it accepts the output of an earlier run")


def _mode_of(kept: RunbookJournal, mode: str | None) -> str:
    if mode and mode != kept.begin["mode"]:
        raise click.UsageError(f"{kept.path} is of mode {kept.begin['mode']}")
    return str(kept.begin["mode"])


def _check_unchanged(kept: RunbookJournal, begin: dict[str, Any], given: bool) -> dict[str, tuple[str, ...]]:
    """The ways of the run that is gone on with; its steps, values and places are still those that it began with."""
    if kept.begin["digest"] != begin["digest"]:
        raise click.UsageError(
            f"the runbook's steps have changed since {kept.path}; check what was done, and start a new run"
        )
    if max(kept.states, default=0) > begin["steps"] or kept.begin["steps"] != begin["steps"]:
        raise click.UsageError(f"{kept.path} is damaged: it has other steps than its runbook")
    if given and kept.begin["places"] != begin["places"]:
        raise click.UsageError(f"{kept.path} used other places than --at gives: {kept.begin['places']}")
    return {place: tuple(there) for place, there in kept.begin["places"].items()}


@contextmanager
def _interruptible() -> Iterator[None]:
    """A terminal that hangs up, or a request to end, is an interrupt: what runs is ended, and not left running unseen."""

    def interrupt(*_: object) -> NoReturn:
        raise KeyboardInterrupt

    before = {each: signal.signal(each, interrupt) for each in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
