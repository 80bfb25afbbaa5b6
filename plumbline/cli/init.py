"""`plumb init`: a small spec to start from."""

import os
from importlib.resources import files
from pathlib import Path

import click

from plumbline.spec.finding import Finding, InputError
from plumbline.spec.sections import SECTIONS


@click.command()
@click.argument("target", metavar="DIR", default="data", type=click.Path(path_type=Path))
def init(target: Path) -> None:
    """Create a spec in DIR: two services, one mode, no findings. An existing folder must be empty."""
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise InputError([Finding("PLB004", f"{target} exists and is not an empty folder", hint="name another folder")])
    starter = files("plumbline") / "starter"
    for source in sorted(Path(str(starter)).rglob("*.yaml")):
        copy = target / source.relative_to(str(starter))
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(_for_editors(source.relative_to(str(starter))) + source.read_text("utf-8"), "utf-8")
        click.echo(f"wrote {os.path.relpath(copy)}")
    project = os.path.relpath(target.resolve().parent)
    click.echo(f"`plumb build` writes deploy/, docs/ and schema/ into {project} and overwrites no existing file")
    click.echo(f"next: plumb --spec {target} check --no-drift, then plumb --spec {target} build")


def _for_editors(file: Path) -> str:
    """The line by which editors find the schema of a data file: that of the project, which knows its ids."""
    name = file.parts[0].removesuffix(".yaml")
    schema = next(section.schema for section in SECTIONS if section.name == name)
    return f"# yaml-language-server: $schema={'../' * len(file.parts)}schema/project/{schema}.json\n"
