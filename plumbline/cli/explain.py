"""`plumb explain`: a rule's documentation."""

from difflib import get_close_matches
from textwrap import indent

import click

from validators.catalogue import CATALOGUE


@click.command()
@click.argument("rule", required=False)
def explain(rule: str | None) -> None:
    """Explain RULE, e.g. PLB101; without one, list them all."""
    if rule is None:
        for found in sorted(CATALOGUE.values(), key=lambda each: each.id):
            click.echo(f"{found.id}  {found.severity:<7}  {found.title}")
        return
    known = CATALOGUE.get(rule.upper())
    if known is None:
        close = get_close_matches(rule.upper(), CATALOGUE, n=1)
        raise click.BadParameter(f"there is no rule {rule}" + (f"; did you mean {close[0]}?" if close else ""))
    click.echo(f"{known.id} ({known.severity}): {known.title}\n")
    click.echo(f"Why\n{indent(known.why.strip(), '  ')}\n")
    click.echo(f"How to mend it\n{indent(known.fix.strip(), '  ')}\n")
    if known.failing:
        click.echo(f"Found in\n{indent(known.failing.strip(), '  ')}\n")
        click.echo(f"Not found in\n{indent(known.passing.strip(), '  ')}")
