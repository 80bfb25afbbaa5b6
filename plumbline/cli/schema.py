"""`plumb schema`: a JSON Schema on stdout."""

import click

from generators.json_schema import MANIFEST, schema_of
from plumbline.sections import SECTIONS

REPORTS = ("stack-report", "parity-report")


@click.command()
@click.argument("kind", type=click.Choice([*(section.schema for section in SECTIONS), MANIFEST, *REPORTS]))
@click.pass_context
def schema(context: click.Context, kind: str) -> None:
    """Print the JSON Schema (draft 2020-12) of a kind of data file, of a bundle's manifest, or of a report of `plumb verify`."""
    if kind not in REPORTS:
        click.echo(schema_of(kind))
        return
    from validators.parity import report as parity
    from validators.stack import reports as stack

    click.echo((stack if kind == "stack-report" else parity).json_schema(), nl=False)
