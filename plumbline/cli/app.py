"""The commands. They are imported when they are called, so that `plumb check` pays for nothing else."""

import gc
import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING

import click

from plumbline.cli.exit_codes import EXIT_CODES_TOLD, VARIABLE, run_guarded, spec_folder

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

COMMANDS = {
    "check": ("plumbline.cli.check", "Check the spec and every committed artifact."),
    "build": ("plumbline.cli.build", "Generate every artifact from the spec."),
    "why": ("plumbline.cli.why", "Show which part of the spec a generated line comes from."),
    "explain": ("plumbline.cli.explain", "Explain a rule: why it exists, how to fix a finding, examples."),
    "schema": ("plumbline.cli.schema", "Print the JSON Schema of a kind of file."),
    "lock": ("plumbline.cli.lock", "Update the image digests in images.yaml from the registries."),
    "verify": ("plumbline.cli.verify", "Start what was generated and compare it with the spec."),
    "evidence": ("plumbline.cli.evidence", "List the live proofs: current, stale, failed or never run."),
    "runbook": ("plumbline.cli.runbook", "List, show and run runbooks."),
    "bundle": ("plumbline.cli.bundle", "Build, sign, inspect and update the archive for an air-gapped host."),
    "update": ("plumbline.cli.update", "Show what an update from one release to another does."),
    "provision": (
        "plumbline.cli.provision",
        "Create, update or delete each tenant's cloud resources to match the spec.",
    ),
    "site": ("plumbline.cli.site", "Build or serve the documentation site."),
    "completion": ("plumbline.cli.completion", "Print a shell completion script."),
    "init": ("plumbline.cli.init", "Create a small new spec."),
}
SHORT = frozenset({"build", "check", "explain", "schema", "why"})
"""Commands that end before what they leave behind is worth collecting: a tenth of their time goes into looking for it."""


class LazyGroup(click.Group):
    """A group whose commands are modules."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(COMMANDS[name][0]), name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command; a name that is none is told with what was probably meant."""
        name = args[0] if args else ""
        if name in COMMANDS or name.startswith("-") or ctx.resilient_parsing:
            return super().resolve_command(ctx, args)
        from difflib import get_close_matches

        close = get_close_matches(name, COMMANDS, n=1)
        ctx.fail(f"no such command '{name}'" + (f"; did you mean `plumb {close[0]}`?" if close else ""))

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list["CompletionItem"]:
        """Names of commands without importing any of them."""
        from click.shell_completion import CompletionItem

        named = [CompletionItem(name, help=text) for name, (_, text) in COMMANDS.items() if name.startswith(incomplete)]
        return named + click.Command.shell_complete(self, ctx, incomplete)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.command(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]}, epilog=EXIT_CODES_TOLD)
@click.option(
    "--spec",
    "folder",
    default="data",
    metavar="DIR",
    show_default=True,
    envvar="PLUMB_SPEC",
    help="Folder of the spec. Its parent folder is the project.",
)
@click.option("--no-color", is_flag=True, help="Print no colour, even on a terminal.")
@click.option("-q", "--quiet", is_flag=True, help="Print results and errors only.")
@click.option("-v", "--verbose", count=True, help="Print more; -vv adds tracebacks.")
@click.version_option(package_name="plumbline", prog_name="plumb")
@click.pass_context
def cli(ctx: click.Context, folder: str, no_color: bool, quiet: bool, verbose: int) -> None:
    """One spec. Everything derived from it. Everything proven against it.

    \b
    plumb check                          check the spec and every committed artifact
    plumb build                          write every artifact
    plumb why deploy/offline/compose.yaml:41
    plumb verify stack --mode offline    start the stack and compare it with the spec

    """
    if ctx.invoked_subcommand not in SHORT:
        gc.enable()
    ctx.obj = {"folder": str(spec_folder(folder)), "colour": not no_color, "quiet": quiet, "verbose": verbose}
    if no_color:
        ctx.color = False


def run() -> None:
    """Carry out the call."""
    if instruction := os.environ.get(VARIABLE):
        from click.shell_completion import shell_complete

        sys.exit(shell_complete(cli, {}, "plumb", VARIABLE, instruction))
    run_guarded(cli)
