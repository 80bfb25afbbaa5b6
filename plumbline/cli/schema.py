"""`plumb schema`: a JSON Schema on stdout."""

from collections.abc import Callable
from functools import partial

import click

from generators.json_schema import OTHERS, schema_of
from plumbline.spec.sections import SECTIONS

REPORTS = ("stack-report", "parity-report", "cloud-report")


@click.command()
@click.argument("kind", type=click.Choice([*(section.schema for section in SECTIONS), *OTHERS, *REPORTS]))
@click.pass_context
def schema(context: click.Context, kind: str) -> None:
    """Print the JSON Schema (draft 2020-12) of a data file, the bundle manifest, the facts of a release or a `plumb verify` report."""
    if kind not in REPORTS:
        click.echo(schema_of(kind))
        return
    from validators.check_reports import json_schema
    from validators.cloud.report import CloudReport
    from validators.parity import report as parity
    from validators.stack.report import StackReport

    schemas: dict[str, Callable[[], str]] = {
        "stack-report": partial(json_schema, StackReport),
        "parity-report": parity.json_schema,
        "cloud-report": partial(json_schema, CloudReport),
    }
    click.echo(schemas[kind](), nl=False)
