"""`plumb explain`: a rule's documentation."""

from difflib import get_close_matches
from textwrap import indent

import click

from plumbline.cli import completing
from validators.all_rules import ALL_RULES, source_of


@click.command()
@click.argument("rule", required=False, shell_complete=completing.rules)
def explain(rule: str | None) -> None:
    """Explain RULE, for example PLB101. Without RULE, list all rules."""
    if rule is None:
        for found in sorted(ALL_RULES.values(), key=lambda each: each.id):
            click.echo(f"{found.id}  {found.severity:<7}  {found.title}")
        return
    known = ALL_RULES.get(rule.upper())
    if known is None:
        raise click.BadParameter(f"there is no rule {rule}{_meant(rule.upper())}")
    click.echo(f"{known.id} ({known.severity}): {known.title}\n")
    click.echo(f"Why\n{indent(known.why.strip(), '  ')}\n")
    click.echo(f"How to fix it\n{indent(known.fix.strip(), '  ')}\n")
    if known.failing:
        click.echo(f"Fails\n{indent(known.failing.strip(), '  ')}\n")
        click.echo(f"Passes\n{indent(known.passing.strip(), '  ')}\n")
    click.echo(f"Source\n  {source_of(known.id)}")


def _meant(rule: str) -> str:
    """Rules that begin alike, or one that is written nearly so."""
    begin = sorted(each for each in ALL_RULES if rule.startswith("PLB") and each.startswith(rule))
    if begin:
        return f"; rules with this prefix: {', '.join(begin[:5])}{', …' if len(begin) > 5 else ''}"
    close = get_close_matches(rule, ALL_RULES, n=1, cutoff=0.8)
    return f"; did you mean {close[0]}?" if close else "; `plumb explain` lists them"
