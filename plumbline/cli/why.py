"""`plumb why`: from a generated line back to the spec."""

import click

from generators.registry import generate
from plumbline.cli.common import load
from plumbline.finding import Finding, InputError
from validators.catalogue import CATALOGUE


@click.command()
@click.argument("place", metavar="FILE[:LINE]")
@click.pass_context
def why(context: click.Context, place: str) -> None:
    """Say which part of the spec a generated line comes from, the closest first."""
    path, _, number = place.partition(":")
    if number and not (number.isdecimal() and int(number) > 0):
        raise click.BadParameter("write FILE or FILE:LINE, e.g. deploy/offline/compose.yaml:41")
    project = load(context)
    artifacts = {artifact.path: artifact for artifact in generate(project.spec, tuple(CATALOGUE.values()))}
    artifact = artifacts.get(path.removeprefix("./"))
    if artifact is None:
        raise InputError(
            [Finding("PLB926", f"{path} is not generated from this spec", hint="`plumb build` lists what is")]
        )
    sources = artifact.sources_of(int(number)) if number else list(artifact.sources)
    if not sources:
        click.echo(f"{place}: comes from the generator itself, not from a value of the spec")
    for source in sources:
        location = project.spec.at(source.path)
        written = "" if project.spec.has(source.path) else "  (not written: the default)"
        click.echo(f"{location}  {source.path}{written}")
        line = project.sources.get(location.file, "").splitlines()[location.line - 1 : location.line]
        if line and number:
            click.echo(f"    {line[0].strip()}")
