"""`plumb why`: from a generated line back to the spec."""

from difflib import get_close_matches

import click

from generators.registry import generate
from generators.site.diagrams import drawings
from plumbline.cli import completing
from plumbline.cli.common import SpecProject, load
from plumbline.project.artifact import Artifact, Source
from plumbline.spec.finding import Finding, InputError
from plumbline.spec.location import Location
from plumbline.spec.paths import path_of
from plumbline.spec.spec import Spec
from validators.all_rules import ALL_RULES

_ITSELF = "comes from the generator itself, not from the spec"


@click.command()
@click.argument("place", metavar="FILE[:LINE]", shell_complete=completing.artifacts)
@click.pass_context
def why(context: click.Context, place: str) -> None:
    """Show which parts of the spec a generated line comes from, the closest first."""
    path, _, number = place.partition(":")
    if number and not (number.isascii() and number.isdecimal() and int(number) > 0):
        raise click.BadParameter("write FILE or FILE:LINE, e.g. deploy/offline/compose.yaml:41")
    project = load(context)
    artifact = _artifact(project.spec, path.removeprefix("./"))
    if not number:
        _explain_all(project, artifact)
    elif int(number) > artifact.line_count:
        raise InputError([_no_line(artifact, int(number))])
    else:
        _explain(project, artifact, int(number))


def _artifact(spec: Spec, path: str) -> Artifact:
    artifacts = generate(spec, tuple(ALL_RULES.values()))
    known = {artifact.path: artifact for artifact in artifacts}
    pictures = {each.path: each for each in drawings(artifacts)}
    if path in pictures:
        drawn = path_of("artifacts", next(each.path for each in artifacts if each.content == pictures[path].source))
        return Artifact(path, pictures[path].source, sources=(Source(1, 1, drawn),))
    if path in known:
        return known[path]
    close = get_close_matches(path, known, n=1)
    hint = f"did you mean `{close[0]}`?" if close else "generated.json lists what is"
    raise InputError([Finding("PLB926", f"{path} is not generated from this spec", hint=hint)])


def _no_line(artifact: Artifact, number: int) -> Finding:
    lines = f"{artifact.line_count} line{'' if artifact.line_count == 1 else 's'}"
    return Finding(
        "PLB926",
        f"{artifact.path} has {lines}, and no line {number}",
        location=Location(artifact.path),
        hint=(
            "this line number is of the file that the spec generates; `plumb check` shows where the file on disk "
            "differs"
        ),
    )


def _explain(project: SpecProject, artifact: Artifact, number: int) -> None:
    sources = artifact.sources_of(number)
    own = [source for source in sources if not source.block]
    if not own:
        click.echo(f"{artifact.path}:{number}: its text {_ITSELF}")
    for source in own:
        _tell(project, source, "")
    told = {source.path for source in own}
    for source in sources:
        if source.block and source.path not in told:
            told.add(source.path)
            _tell(project, source, "it is there because of ")


def _explain_all(project: SpecProject, artifact: Artifact) -> None:
    sources = artifact.every_source()
    if not sources:
        click.echo(f"{artifact.path}: {_ITSELF}")
    told = {_told(project, source): None for source in sorted(sources, key=lambda each: each.first_line)}
    for text in told:
        click.echo(text)


def _tell(project: SpecProject, source: Source, prefix: str) -> None:
    click.echo(prefix + _told(project, source))
    location = project.spec.at(source.path)
    line = project.sources.get(location.file, "").splitlines()[location.line - 1 : location.line]
    if line and project.spec.has(source.path):
        click.echo(f"    {line[0].strip()}")


def _told(project: SpecProject, source: Source) -> str:
    """Where the source stands, and what it is."""
    match source.path.parts:
        case ("artifacts", str(path)):
            return f"{path}  the whole file; `plumb why {path}` says where that comes from"
        case ("templates", str(name), int(line)):
            return f"{project.spec.at(source.path)}  line {line} of the template {name}"
    written = "" if project.spec.has(source.path) else "  (not written: the default)"
    return f"{project.spec.at(source.path)}  {source.path}{written}"
