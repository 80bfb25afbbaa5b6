"""`plumb build`: the spec's artifacts, written."""

import sys
from datetime import date
from functools import partial
from pathlib import Path

import click

from generators.registry import generate
from generators.site.diagrams import drawings
from plumbline.cli.common import SpecProject, load, report
from plumbline.cli.exit_codes import EXIT_FINDINGS
from plumbline.cli.kept_file import kept_files
from plumbline.cli.phase_line import PhaseLine
from plumbline.project.artifact import Artifact, Drawing
from plumbline.project.diagrams import NotDrawn, draw
from plumbline.project.workspace import Workspace
from plumbline.spec.finding import EnvironmentMissing, Finding, Severity
from plumbline.spec.kept import keeping
from validators.all_rules import ALL_RULES
from validators.drift import ADOPTED, obstacles
from validators.rules import check_rules


@click.command()
@click.option("--force", is_flag=True, help="Build even if a rule finds an error in the spec.")
@click.option("--adopt", is_flag=True, help="Overwrite unmanaged files at the paths of artifacts.")
@click.pass_context
def build(context: click.Context, force: bool, adopt: bool) -> None:
    """Write every artifact that differs from the spec, and remove those that the spec no longer generates.

    If a path holds a file that no build wrote, the build stops before it writes anything. --adopt overwrites such files.
    """
    kept = kept_files(Path(context.obj["folder"]))
    with keeping(kept.of_spec, kept.of_plumb):
        _build(context, force, adopt)


def _build(context: click.Context, force: bool, adopt: bool) -> None:
    project = load(context)
    with PhaseLine(quiet=context.obj["quiet"]) as phases:
        findings = check_rules(project.spec, date.today(), partial(phases, "checking rules"))
    errors = [found for found in findings if found.severity == Severity.ERROR]
    if errors:
        report(context, errors)
        if not force:
            click.echo("nothing was written; fix these errors, or build anyway with --force", err=True)
            sys.exit(EXIT_FINDINGS)
    artifacts = _generated(project, errors, quiet=context.obj["quiet"])
    workspace = project.workspace
    pictures = drawings(artifacts)
    stale = [picture for picture in pictures if not workspace.is_current(picture)]
    made = [*artifacts, *(workspace.kept_drawing(picture) for picture in pictures if picture not in stale)]
    _refuse_obstacles(context, [*made, *(workspace.kept_drawing(picture) for picture in stale)], workspace, adopt)
    result = workspace.write(made, later=[picture.path for picture in stale])
    for path in result.written:
        click.echo(f"wrote    {path}")
    for path in result.removed:
        click.echo(f"removed  {path}")
    for path in result.left:
        click.echo(f"left     {path}: no longer generated, but possibly edited by hand; delete it yourself")
    drawn, missing = _draw(workspace, stale)
    if not context.obj["quiet"]:
        written = len(result.written) + drawn
        unchanged = result.unchanged + len(stale) - drawn - len(missing)
        click.echo(f"{written} written, {len(result.removed)} removed, {unchanged} unchanged")
    if missing:
        raise EnvironmentMissing(f"{len(missing)} pictures are not drawn: {missing[0]}", "everything else is written")


def _generated(project: SpecProject, errors: list[Finding], *, quiet: bool) -> list[Artifact]:
    """The artifacts. Of a spec with errors there may be none, whatever is forced."""
    try:
        with PhaseLine(quiet=quiet) as phases:
            told = partial(phases, "generating families of artifacts")
            return generate(project.spec, tuple(ALL_RULES.values()), told)
    except Exception:
        if not errors:
            raise
        click.echo(
            "nothing was written; with these errors the artifacts cannot be generated, even with --force", err=True
        )
        sys.exit(EXIT_FINDINGS)


def _draw(workspace: Workspace, stale: list[Drawing]) -> tuple[int, list[str]]:
    """How many pictures were written, and which can't be drawn, each with why. All else is written by then."""
    if not stale:
        return 0, []
    click.echo(f"drawing {len(stale)} diagrams …", err=True)
    written, missing = 0, []
    for drawing, picture in draw(stale):
        if isinstance(picture, NotDrawn):
            missing.append(f"{drawing.path}: {picture}")
            click.echo(f"missing  {missing[-1]}", err=True)
            continue
        for path in workspace.add([picture]):
            click.echo(f"wrote    {path}")
            written += 1
    return written, missing


def _refuse_obstacles(context: click.Context, made: list[Artifact], workspace: Workspace, adopt: bool) -> None:
    found = [each for each in obstacles(made, workspace) if not (adopt and each.rule == ADOPTED)]
    if found:
        report(context, found)
        click.echo("nothing was written", err=True)
        sys.exit(EXIT_FINDINGS)
