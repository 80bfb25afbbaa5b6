"""`plumb check`: rules and drift."""

import sys
from datetime import date
from functools import partial
from pathlib import Path

import click

from generators.registry import generate
from generators.site.diagrams import drawings
from plumbline.cli.check_watch import check_again
from plumbline.cli.common import finish, load, report
from plumbline.cli.exit_codes import reporting
from plumbline.cli.kept_file import kept_files
from plumbline.cli.phase_line import PhaseLine
from plumbline.cli.replay import FRESH, remember
from plumbline.report.explained import ExplainedRule
from plumbline.report.text import summary
from plumbline.spec.finding import Severity
from plumbline.spec.kept import keeping
from validators.all_rules import ALL_RULES
from validators.drift import DRIFT_RULES, drift, stale_drawings
from validators.named_artifacts import unknown_artifacts
from validators.rules import RULES, UNJUDGED, check_rules
from validators.stand_in_folders import missing_stand_ins


@click.command()
@click.option(
    "--format",
    type=click.Choice(["text", "json", "sarif", "github", "junit"]),
    default="text",
    show_default=True,
    help="Output format of findings.",
)
@click.option("--no-drift", is_flag=True, help="Check only the spec, not the committed artifacts.")
@click.option(FRESH, is_flag=True, help="Ignore results that an earlier call cached.")
@click.option("--watch", is_flag=True, help="Check only the spec, again after each change of a file.")
@click.pass_context
def check(context: click.Context, format: str, no_drift: bool, fresh: bool, watch: bool) -> None:
    """Check the structure and rules of the spec, and compare every committed artifact with it."""
    if watch:
        check_again(
            Path(context.obj["folder"]), lambda: reporting(context, lambda: _check(context, format, no_drift=True))
        )
    kept = kept_files(Path(context.obj["folder"]))
    with remember(sys.argv[1:]), keeping(None if fresh else kept.of_spec, kept.of_plumb):
        _check(context, format, no_drift)


def _check(context: click.Context, format: str, no_drift: bool) -> None:
    with PhaseLine(quiet=context.obj["quiet"]) as phases:
        _check_in_phases(context, format, no_drift, phases)


def _check_in_phases(context: click.Context, format: str, no_drift: bool, phases: PhaseLine) -> None:
    context.obj["format"] = format
    project = load(context)
    findings = check_rules(project.spec, date.today(), partial(phases, "checking rules"))
    findings += missing_stand_ins(project.spec, project.folder)
    unsound = any(finding.severity == Severity.ERROR for finding in findings)
    if unsound and not no_drift:
        phases.clear()
        click.echo("artifacts were not compared, because the spec has errors", err=True)
    elif not no_drift:
        artifacts = generate(
            project.spec, tuple(ALL_RULES.values()), partial(phases, "generating families of artifacts")
        )
        phases("comparing artifacts")
        workspace = project.workspace
        pictures = drawings(artifacts)
        unmanaged = workspace.unmanaged(
            [artifact.path for artifact in artifacts] + [picture.path for picture in pictures]
        )
        findings += drift(project.spec, artifacts, workspace, unmanaged)
        if any(workspace.read(artifact.path) is not None for artifact in artifacts):  # else nobody has built yet
            findings += stale_drawings(pictures, workspace.is_current)
        findings += unknown_artifacts(project.spec, [artifact.path for artifact in artifacts])
    phases.clear()
    unjudged = " ".join(finding.message for finding in findings if finding.rule == UNJUDGED)
    tried: dict[str, ExplainedRule] = {**RULES} if no_drift or unsound else {**RULES, **DRIFT_RULES}
    tried = {id: rule for id, rule in tried.items() if id not in unjudged}
    report(context, findings, format, tried)
    if format == "text" and not context.obj["quiet"]:
        scope = f"{len(project.spec.services)} services, {len(RULES)} rules"
        if not findings:
            click.echo(
                f"{summary(findings)}: {scope}" + ("" if no_drift else f", {len(artifacts)} artifacts up to date")
            )
    finish(findings)
