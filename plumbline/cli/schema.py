"""`plumb schema`: a JSON Schema on stdout."""

import click

from generators.json_schema import schema_of
from plumbline.sections import SECTIONS


@click.command()
@click.argument("kind", type=click.Choice([section.schema for section in SECTIONS]))
@click.pass_context
def schema(context: click.Context, kind: str) -> None:
    """Print the JSON Schema (draft 2020-12) of a kind of data file."""
    click.echo(schema_of(kind))
