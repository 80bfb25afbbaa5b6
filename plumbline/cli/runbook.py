"""`plumb runbook`: procedures of the spec, shown and carried out."""

import os
import re
import shlex
import shutil
import sys
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from pathlib import Path

import click

from plumbline.cli.common import EXIT_FINDINGS, Project, load
from plumbline.finding import EnvironmentMissing
from plumbline.journal import Journal, UnusableJournal, latest, reopened, started
from plumbline.runbook_run import DONE, Failure, Run, digest, elsewhere
from plumbline.runbooks import RenderedRunbook, RenderedStep, mode_of, rendered

SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@%+=,~-]*|/[A-Za-z0-9._:/@%+=,~-]*")
"""Values that mean the same wherever they stand in a shell command; the first letter is no dash, which begins an option."""
_LEAST_SECRET = 6
"""Characters from which a variable's value is taken out of output; a shorter one would blank half of it."""

Pairs = tuple[str, ...]


def pairs(_: click.Context, parameter: click.Parameter, given: Pairs) -> Pairs:
    """See that each value is KEY=VALUE."""
    for each in given:
        if "=" not in each:
            raise click.BadParameter(f"write {parameter.metavar}, not {each!r}")
    return given


setting = click.option(
    "--set", "values", multiple=True, metavar="NAME=VALUE", callback=pairs, help="A value it asks for."
)
in_mode = click.option("--mode", metavar="MODE", help="The mode; its first where none is named.")


@click.group()
def runbook() -> None:
    """List, show and carry out runbooks."""


@runbook.command("list")
@click.pass_context
def list_(context: click.Context) -> None:
    """Say which runbooks there are, and what each asks for."""
    from tabulate import tabulate

    rows = [
        (name, each.title, " ".join(each.modes), f"{each.duration_min} min", " ".join(each.parameters))
        for name, each in sorted(load(context).spec.runbooks.items())
    ]
    click.echo(tabulate(rows, ["runbook", "for", "modes", "takes", "asks for"], tablefmt="plain"))


@runbook.command()
@click.argument("name")
@setting
@in_mode
@click.pass_context
def show(context: click.Context, name: str, values: Pairs, mode: str | None) -> None:
    """Show a runbook, with examples where no value is given.

    \b
    plumb runbook show suspend-tenant --set tenant=globex
    """
    project = load(context)
    shown = prepared(project, name, mode, dict(each.split("=", 1) for each in values), examples=True)
    click.echo(f"{shown.title}\n{shown.summary}\n")
    for line in shown.before:
        click.echo(f"before: {line}")
    click.echo(f"if a step fails: {shown.on_failure}")
    _tell_steps(shown)


@runbook.command()
@click.argument("name")
@setting
@in_mode
@click.option(
    "--at", "shells", multiple=True, metavar="PLACE=COMMAND", callback=pairs,
    help="Another way to a place: a command that runs a shell there on its input; empty is this machine. One for each node.",
)  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Show what would be run, and where; run nothing.")
@click.option("--resume", is_flag=True, help="Go on with the last run, at its first step that is not done.")
@click.option("--undo", is_flag=True, help="Take back what the last run did, in reverse order.")
@click.option("--journal", "file", type=click.Path(path_type=Path, dir_okay=False), help="The run to go on with.")
@click.option(
    "--journals", "folder", default="reports/runbooks", show_default=True, metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False), help="Where each run is written down.",
)  # fmt: skip
@click.option("-y", "--yes", is_flag=True, help="Do not ask before it starts.")
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
) -> None:
    """Carry a runbook out: every step, its verification after it, each written down.

    \b
    plumb runbook run suspend-tenant --set tenant=acme
    plumb runbook run suspend-tenant --set tenant=acme --dry-run
    plumb runbook run suspend-tenant --resume        after a failure: go on at the first step that is not done
    plumb runbook run suspend-tenant --undo          take back what was done
    plumb runbook run suspend-tenant --set tenant=acme --at 'control=ssh root@192.0.2.10 sh'

    Exit codes: 0 done, 1 a step failed, 2 wrong call, 3 this machine lacks something, 130 interrupted.
    """
    if resume and undo:
        raise click.UsageError("--resume goes on, --undo goes back: give one of them")
    if file and not (resume or undo):
        raise click.UsageError("--journal names a run to go on with: give --resume or --undo too")
    project = load(context)
    chosen = dict(each.split("=", 1) for each in values)
    kept = _kept(project, name, file, folder, chosen) if resume or undo else None
    if kept:
        mode, chosen = kept.begin["mode"], kept.begin["values"]
    ready = prepared(project, name, mode, chosen)
    begin = {"runbook": name, "mode": ready.mode, "values": chosen, "digest": digest(ready)}
    if kept and kept.begin["digest"] != begin["digest"]:
        raise click.UsageError(
            f"the runbook's steps are no longer those of {kept.path}; look what is done, and begin anew"
        )
    ready = _reached(ready, shells)
    if dry_run:
        _tell_steps(ready)
        return
    _can_reach(ready)
    _ask(ready, "take back what was done" if undo else f"{len(ready.steps)} steps", yes)
    journal = kept or started(folder, begin, hidden())
    work = Run(ready, journal, Lines(len(ready.steps)))
    try:
        failure = work.back() if undo else work.forward()
    except KeyboardInterrupt:
        click.echo(f"plumb: go on by --journal {shlex.quote(str(journal.path))} --resume, or back by --undo", err=True)
        raise
    if failure:
        _tell_failure(ready, journal, failure, undo)
        sys.exit(EXIT_FINDINGS)
    click.echo(f"{'taken back' if undo else 'done'}; written down in {journal.path}")


class Lines:
    """What happens, on stdout."""

    def __init__(self, count: int):
        self.count = count

    def step(self, number: int, step: RenderedStep, doing: str) -> None:
        click.echo(f"{number}/{self.count} {doing}{step.title}  [{step.place.id}]")

    def line(self, text: str) -> None:
        click.echo(f"    {text}")

    def ended(self, step: RenderedStep, how: str, seconds: float) -> None:
        if step.expect and how.startswith("done"):
            click.echo(f"    expected: {step.expect.strip()}")
        click.echo(f"    {how} ({seconds:.1f} s)")


def prepared(
    project: Project, name: str, mode: str | None, values: Mapping[str, str], *, examples: bool = False
) -> RenderedRunbook:
    """The runbook with its values; anything wrong in the call ends it with a usage error."""
    spec = project.spec
    if name not in spec.runbooks:
        close = get_close_matches(name, spec.runbooks, 1)
        raise click.UsageError(
            f"there is no runbook {name!r}; " + (f"did you mean {close[0]!r}?" if close else "see `plumb runbook list`")
        )
    asked = spec.runbooks[name]
    for key, value in values.items():
        if key not in asked.parameters:
            raise click.UsageError(
                f"{name} asks for no {key!r}; it asks for: {', '.join(asked.parameters) or 'nothing'}"
            )
        if not SAFE.fullmatch(value):
            raise click.UsageError(
                f"{key}={value!r}: a value stands in shell commands, so it has letters, digits and . _ : / @ % + = , ~ - alone"
            )
    missing = [f"--set {key}=…  ({each.description})" for key, each in asked.parameters.items() if key not in values]
    if missing and not examples:
        raise click.UsageError(f"{name} needs more:\n  " + "\n  ".join(missing))
    if mode and mode not in asked.modes:
        raise click.UsageError(f"{name} is for {', '.join(asked.modes)}, not for {mode!r}")
    return rendered(spec, name, mode or mode_of(spec, asked), values)


def hidden() -> Callable[[str], str]:
    """What takes secrets out of output: the values of this environment's secret variables, and whatever looks like one."""
    from validators.rules.secret_patterns import MASK, SECRET_NAME, masked

    known = {value for name, value in os.environ.items() if SECRET_NAME.search(name) and len(value) >= _LEAST_SECRET}

    def hide(text: str) -> str:
        for value in sorted(known, key=len, reverse=True):
            text = text.replace(value, MASK)
        return masked(text)

    return hide


def _kept(project: Project, name: str, file: Path | None, folder: Path, values: Mapping[str, str]) -> Journal:
    path = file or latest(folder, name, values)
    if path is None:
        raise click.UsageError(f"no run of {name} is written down in {folder}")
    try:
        journal = reopened(path, hidden())
    except UnusableJournal as error:
        raise click.UsageError(str(error)) from None
    if journal.begin["runbook"] != name:
        raise click.UsageError(f"{path} is of the runbook {journal.begin['runbook']}")
    return journal


def _reached(ready: RenderedRunbook, given: Pairs) -> RenderedRunbook:
    known = {step.place.id for step in ready.steps}
    shells: dict[str, tuple[str, ...]] = {}
    for each in given:
        place, command = each.split("=", 1)
        if place not in known:
            raise click.UsageError(f"{ready.id} has no step at {place!r}; its places are {', '.join(sorted(known))}")
        shells[place] = (*shells.get(place, ()), command)
    return elsewhere(ready, shells)


def _can_reach(ready: RenderedRunbook) -> None:
    for step in ready.steps:
        for shell in filter(None, step.place.shells):
            program = shlex.split(shell)[0]
            if shutil.which(program) is None:
                raise EnvironmentMissing(
                    f"{program} is not installed, and {step.place.title} is reached by it",
                    f"install it, or give another way: --at {step.place.id}=COMMAND",
                )


def _ask(ready: RenderedRunbook, what: str, yes: bool) -> None:
    if yes or not sys.stdin.isatty():
        return
    click.echo(f"{ready.title}: {what}, at {', '.join(dict.fromkeys(step.place.title for step in ready.steps))}")
    for line in ready.before:
        click.echo(f"  before: {line}")
    click.confirm("Begin?", abort=True)


def _tell_steps(ready: RenderedRunbook) -> None:
    for number, step in enumerate(ready.steps, 1):
        ways = ", ".join(shell or "this machine" for shell in step.place.shells)
        folder = f", in {step.place.folder}" if step.place.folder else ""
        click.echo(f"\n{number}. {step.title}\n   at {step.place.title}{folder} ({ways}), at most {step.timeout_s} s")
        for label in ("run", "expect", "output", "verify", "undo"):
            if text := getattr(step, label):
                click.echo(f"   {label}:\n" + "\n".join(f"     {line}" for line in text.rstrip().splitlines()))


def _tell_failure(ready: RenderedRunbook, journal: Journal, failure: Failure, undo: bool) -> None:
    again = f"plumb runbook run {ready.id} --journal {shlex.quote(str(journal.path))}"
    lines = [f"plumb: step {failure.number} («{failure.step.title}»): {failure.what}"]
    lines += [f"  | {line}" for line in failure.output.rstrip().splitlines()[-10:]]
    if not undo:
        lines.append(f"  = {ready.on_failure}")
        if failure.step.undo_commands:
            lines += ["  = it may be half done; what takes it back:"]
            lines += [f"      {line}" for line in failure.step.undo_commands.rstrip().splitlines()]
        lines.append(f"  = go on:    {again} --resume")
    if undo or any(state in DONE for state in journal.states.values()):
        lines.append(f"  = take back what was done: {again} --undo")
    click.echo("\n".join(lines), err=True)
