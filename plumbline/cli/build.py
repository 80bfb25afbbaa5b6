"""`plumb build`: the spec's artifacts, written."""

import sys
from datetime import date

import click

from generators.registry import generate
from generators.site.diagrams import drawings
from plumbline.cli.common import EXIT_FINDINGS, load, report
from plumbline.project.artifact import Artifact, Drawing
from plumbline.project.diagrams import draw
from plumbline.project.workspace import Workspace
from plumbline.spec.finding import Severity
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
    project = load(context)
    errors = [found for found in check_rules(project.spec, date.today()) if found.severity == Severity.ERROR]
    if errors:
        report(context, errors)
        if not force:
            click.echo("nothing was written; fix these errors, or build anyway with --force", err=True)
            sys.exit(EXIT_FINDINGS)
    artifacts = generate(project.spec, tuple(ALL_RULES.values()))
    made = [*artifacts, *_pictures(project.workspace, drawings(artifacts))]
    _refuse_obstacles(context, made, project.workspace, adopt)
    result = project.workspace.write(made)
    for path in result.written:
        click.echo(f"wrote    {path}")
    for path in result.removed:
        click.echo(f"removed  {path}")
    for path in result.left:
        click.echo(f"left     {path}: no longer generated, but possibly edited by hand; delete it yourself")
    if not context.obj["quiet"]:
        click.echo(f"{len(result.written)} written, {len(result.removed)} removed, {result.unchanged} unchanged")


def _refuse_obstacles(context: click.Context, made: list[Artifact], workspace: Workspace, adopt: bool) -> None:
    found = [each for each in obstacles(made, workspace) if not (adopt and each.rule == ADOPTED)]
    if found:
        report(context, found)
        click.echo("nothing was written", err=True)
        sys.exit(EXIT_FINDINGS)


def _pictures(workspace: Workspace, wanted: list[Drawing]) -> list[Artifact]:
    """Every picture; only those whose source changed are drawn."""
    stale = [drawing for drawing in wanted if not workspace.is_current(drawing)]
    if stale:
        click.echo(f"drawing {len(stale)} diagrams …", err=True)
    return [workspace.kept_drawing(drawing) for drawing in wanted if drawing not in stale] + draw(stale)
