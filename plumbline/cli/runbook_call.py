"""Checks the options of `plumb runbook` before anything runs; an error ends the call with a usage error."""

import os
import re
import shlex
import shutil
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import click

from plumbline.cli.common import SpecProject
from plumbline.expressions.rendering import names_in
from plumbline.expressions.values import file_problem, form_problem, normal, problem, says
from plumbline.runbook.journal import RunbookJournal, UnusableJournal, newest_journals, open_journal
from plumbline.runbook.rendering import RenderedRunbook, mode_of, render_runbook, step_texts
from plumbline.runbook.run import DONE, GOES_BACK, HALF_DONE, OURS, with_shells
from plumbline.spec.finding import EnvironmentMissing
from schema.runbook import Runbook

_LEAST_SECRET = 6
"""Characters from which a variable's value is taken out of output; a shorter one would blank half of it."""

Pairs = tuple[str, ...]
Shells = dict[str, tuple[str, ...]]


def pairs(_: click.Context, parameter: click.Parameter, given: Pairs) -> Pairs:
    """See that each value is KEY=VALUE."""
    for each in given:
        if "=" not in each:
            raise click.BadParameter(f"write {parameter.metavar}, not {each!r}")
    return given


def find_runbook(project: SpecProject, name: str, mode: str | None) -> Runbook:
    """The runbook of that name, which is for that mode."""
    known = project.spec.runbooks
    if name not in known:
        close = get_close_matches(name, known, 1)
        raise click.UsageError(
            f"there is no runbook {name!r}; " + (f"did you mean {close[0]!r}?" if close else "see `plumb runbook list`")
        )
    if mode and mode not in known[name].modes:
        raise click.UsageError(f"{name} is for {', '.join(known[name].modes)}, not for {mode!r}")
    return known[name]


def given_values(project: SpecProject, name: str, given: Pairs, *, new: bool) -> dict[str, str]:
    """Values as commands expect them; those of a run that is gone on with are looked at in their form alone."""
    parameters = project.spec.runbooks[name].parameters
    values: dict[str, str] = {}
    for each in given:
        key, value = each.split("=", 1)
        if key not in parameters:
            raise click.UsageError(f"{name} asks for no {key!r}; it asks for: {', '.join(parameters) or 'nothing'}")
        value = normal(parameters[key], value)
        wrong = problem(project.spec, parameters[key], value) if new else form_problem(parameters[key], value)
        if wrong:
            raise click.UsageError(f"--set {key}={value!r}: {wrong}")
        if values.setdefault(key, value) != value:
            raise click.UsageError(f"--set {key} is given twice: {values[key]!r} and {value!r}")
    return values


def prepare(
    project: SpecProject, name: str, mode: str | None, values: Mapping[str, str], *, examples: bool = False
) -> RenderedRunbook:
    """The runbook with its values, all of them unless examples will do."""
    runbook = find_runbook(project, name, mode)
    missing = [
        f"--set {key}=…  ({each.description} It has to be {says(each)}.)"
        for key, each in runbook.parameters.items()
        if key not in values
    ]
    if missing and not examples:
        raise click.UsageError(f"{name} needs more:\n  " + "\n  ".join(missing))
    return render_runbook(project.spec, name, mode or mode_of(project.spec, runbook), values)


def parse_shells(runbook: RenderedRunbook, given: Pairs) -> Shells:
    """The other ways to its places that a call gives."""
    known = {step.place.id for step in runbook.steps}
    shells: Shells = {}
    for each in given:
        place, command = each.split("=", 1)
        if place not in known:
            raise click.UsageError(f"{runbook.id} has no step at {place!r}; its places are {', '.join(sorted(known))}")
        try:
            shlex.split(command)
        except ValueError as error:
            raise click.UsageError(f"--at {each!r} is not a shell command: {error}") from None
        shells[place] = (*shells.get(place, ()), command.strip())
    return shells


def with_ways(runbook: RenderedRunbook, shells: Shells) -> RenderedRunbook:
    """The runbook with these ways; each place has one."""
    for place in {step.place.id: step.place for step in runbook.steps}.values():
        if place.id not in shells and not place.plumb and not any(place.shells):
            raise click.UsageError(
                f"no way to reach {place.title} from here: its place has neither `shell` nor `plumb`; "
                f"give --at {place.id}=COMMAND, which opens a shell there; an empty COMMAND means this machine"
            )
    return with_shells(runbook, shells)


def check_programs(runbook: RenderedRunbook) -> None:
    """See that the programs that lead to its places are there."""
    for step in runbook.steps:
        for shell in filter(None, step.place.shells):
            program = next((word for word in shlex.split(shell) if not re.match(r"[A-Za-z_]\w*=", word)), "sh")
            if shutil.which(program) is None:
                raise EnvironmentMissing(
                    f"{program} is not installed, and the way to {step.place.title} needs it",
                    f"install it, or give another way: --at {step.place.id}=COMMAND",
                )


def check_files(project: SpecProject, runbook: RenderedRunbook, values: Mapping[str, str]) -> None:
    """See that the files and folders are there of which this machine alone has to know."""
    source = project.spec.runbooks[runbook.id]
    for key, parameter in source.parameters.items():
        shells = {
            shell
            for step, shown in zip(source.steps, runbook.steps, strict=True)
            if any(key in names_in(text) for _, text in step_texts(step))
            for shell in shown.place.shells
        }
        if shells == {""} and (wrong := file_problem(parameter, values[key])):
            raise click.UsageError(f"--set {key}={values[key]!r}: {wrong}")


def find_run(name: str, file: Path | None, folder: Path, values: Mapping[str, str], undo: bool) -> RunbookJournal:
    """The one run that a call can mean: the one that it names, or the only one that has something left to do."""
    try:
        runs = [open_journal(file, secret_masker())] if file else newest_journals(folder, name, values, secret_masker())
    except UnusableJournal as error:
        raise click.UsageError(str(error)) from None
    if file and runs[0].begin["runbook"] != name:
        raise click.UsageError(f"{file} is of the runbook {runs[0].begin['runbook']}")
    if file and not values.items() <= runs[0].begin["values"].items():
        raise click.UsageError(f"{file} is of a run with other values: {values_line(runs[0].begin['values'])}")
    open_runs = [run for run in runs if _has_to(run, undo)]
    if len(open_runs) == 1:
        return open_runs[0]
    verb = "undone" if undo else "resumed"
    if not open_runs:
        raise click.UsageError(f"no run of {name} can be {verb}: {file or folder} has none")
    listed = "\n  ".join(f"{values_line(run.begin['values'])}  ({run.path})" for run in open_runs)
    raise click.UsageError(f"more than one run of {name} can be {verb}; choose one with --set or --journal\n  {listed}")


def unfinished_run(name: str, folder: Path, values: Mapping[str, str]) -> Path | None:
    """The journal of a run with these values that was neither finished nor taken back; None where there is none."""
    try:
        runs = newest_journals(folder, name, values, secret_masker())
    except UnusableJournal:
        return None  # who goes on with it is told
    for run in runs:
        left = set(run.states.values()) & (GOES_BACK - {"undone", "left"})
        if run.begin["values"] == values and (left or (run.states and _has_to(run, undo=False))):
            return run.path
    return None


def _has_to(run: RunbookJournal, undo: bool) -> bool:
    states = set(run.states.values())
    if undo:
        return bool(states & (OURS | HALF_DONE))
    return not states & GOES_BACK and run.begin["steps"] != sum(each in DONE for each in run.states.values())


def values_line(values: Mapping[str, Any]) -> str:
    """Values in a line."""
    return " ".join(f"{key}={value}" for key, value in values.items()) or "no values"


def secret_masker() -> Callable[[str], str]:
    """What takes secrets out of output: the values of this environment's secret variables, and whatever looks like one."""
    from plumbline.report.masking import MASK, SECRET_NAME, mask_secrets

    known = {value for name, value in os.environ.items() if SECRET_NAME.search(name) and len(value) >= _LEAST_SECRET}

    def hide(text: str) -> str:
        for value in sorted(known, key=len, reverse=True):
            text = text.replace(value, MASK)
        return mask_secrets(text)

    return hide
