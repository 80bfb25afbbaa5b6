"""`plumb completion`: what a shell needs to complete plumb's commands."""

import click
from click.shell_completion import get_completion_class

from plumbline.cli.exit_codes import VARIABLE

SHELLS = ("bash", "zsh", "fish")


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the completion script for SHELL: commands, options, modes, tenants, runbooks, rules and files.

    \b
    plumb completion bash > ~/.local/share/bash-completion/completions/plumb
    plumb completion zsh  > ~/.zfunc/_plumb      (any folder in $fpath)
    plumb completion fish > ~/.config/fish/completions/plumb.fish
    """
    made = get_completion_class(shell)
    assert made is not None
    script = made(context.find_root().command, {}, "plumb", VARIABLE)
    click.echo(script.source_template % script.source_vars())
