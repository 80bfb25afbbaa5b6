"""`plumb schema`: a JSON Schema on stdout."""

import click

from generators.json_schema import schema_of
from plumbline.sections import SECTIONS

REPORT = "stack-report"


@click.command()
@click.argument("kind", type=click.Choice([*(section.schema for section in SECTIONS), REPORT]))
@click.pass_context
def schema(context: click.Context, kind: str) -> None:
    """Print the JSON Schema (draft 2020-12) of a kind of data file, or of the report of `plumb verify stack`."""
    if kind == REPORT:
        from validators.stack.reports import json_schema

        click.echo(json_schema(), nl=False)
        return
    click.echo(schema_of(kind))
