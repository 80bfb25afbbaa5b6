"""`plumb evidence`: which live proofs are current."""

import json
import sys

import click
from tabulate import tabulate

from plumbline.cli.common import load
from plumbline.cli.exit_codes import EXIT_FINDINGS
from plumbline.project.proofs import standings


@click.command()
@click.option("--stale", is_flag=True, help="Print only the commands to run again, one per line.")
@click.option(
    "--format", type=click.Choice(["text", "json"]), default="text", show_default=True, help="Form of the list."
)
@click.pass_context
def evidence(context: click.Context, stale: bool, format: str) -> None:
    """List the live proofs: current, stale, failed or never run.

    \b
    plumb evidence
    plumb evidence --stale | sh -ex

    A proof is current until something changes that it depends on: generated files, stand-ins, or the program that checks them.
    It ends with 1 unless all are current.
    """
    project = load(context)
    found = list(standings(project.spec, project.folder))
    open_ones = [proof for proof, how in found if how.state != "current"]
    if stale:
        click.echo("".join(f"{proof.command}\n" for proof in open_ones), nl=False)
        return
    rows = [{"command": proof.command, "page": proof.page, "state": how.state, "why": how.why} for proof, how in found]
    if format == "json":
        click.echo(json.dumps(rows, indent=2))
    else:
        table = [[row["state"], row["command"], row["why"]] for row in rows]
        click.echo(tabulate(table, ["state", "proof", "why"], tablefmt="plain"))
    sys.exit(EXIT_FINDINGS if open_ones else 0)
