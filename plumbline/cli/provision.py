"""`plumb provision`: what a tenant's own script does, for one tenant or for all of them side by side."""

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from plumbline.cli.common import EXIT_FINDINGS, load
from plumbline.finding import EnvironmentMissing

WOULD_CHANGE = 2


@dataclass(frozen=True)
class Call:
    """What a call is about."""

    states: dict[str, dict[str, Any]]
    """Desired state by tenant."""
    fleet: Any
    allowed: tuple[str, ...]
    journals: Path
    at_once: int


def _options(command: Callable[..., None]) -> Callable[..., None]:
    """What all verbs take."""
    for option in (
        click.option("--tenant", "tenants", multiple=True, metavar="ID", help="A tenant; may be given several times."),
        click.option("--all", "everyone", is_flag=True, help="All tenants of the spec."),
        click.option("--mode", metavar="MODE", help="The mode; the one with a cloud where there is only one."),
        click.option("--allow", multiple=True, metavar="NAME", help="Delete, replace or stop this object."),
        click.option(
            "--token-file", type=click.Path(path_type=Path, dir_okay=False, exists=True), help="Holds the token."
        ),
        click.option("--journals", default=".", type=click.Path(path_type=Path, file_okay=False), show_default=True),
        click.option(
            "--at-once", default=8, show_default=True, type=click.IntRange(1, 64), help="Tenants side by side."
        ),
    ):
        command = option(command)
    return command


@click.group()
def provision() -> None:
    """Make tenants' objects at the cloud provider what the spec says. The token is HCLOUD_TOKEN, or in --token-file.

    \b
    plumb provision plan --tenant acme      what would change; exit code 2 when something would
    plumb provision apply --all             make it so, for every tenant of the spec
    """


@provision.command()
@_options
@click.pass_context
def plan(context: click.Context, /, **options: Any) -> None:
    """Say what would change. Changes nothing; a read-only token is enough."""
    from plumbline.provisioning.command import plan_lines

    outcomes = _worked(_call(context, options), lambda run: run.plan(), plan_lines)
    _leave(outcomes, lambda steps: WOULD_CHANGE if steps else 0)


@provision.command()
@_options
@click.option("--keep-on-failure", is_flag=True, help="Do not undo what a failed run made.")
@click.option("--yes", is_flag=True, help="Do not ask before changing anything.")
@click.pass_context
def apply(context: click.Context, /, keep_on_failure: bool, yes: bool, **options: Any) -> None:
    """Make it so; resume what was cut off; undo what failed."""
    from plumbline.provisioning.command import plan_lines

    call = _call(context, options)
    _confirm(call, "apply", yes)
    outcomes = _worked(call, lambda run: run.apply(keep_on_failure), plan_lines)
    _leave(outcomes, lambda left: EXIT_FINDINGS if left else 0)


@provision.command()
@_options
@click.pass_context
def status(context: click.Context, /, **options: Any) -> None:
    """Say what is there, object by object."""
    from plumbline.provisioning.command import status_lines

    _leave(_worked(_call(context, options), status_lines, lambda lines: lines), lambda lines: 0)


@provision.command()
@_options
@click.option("--yes", is_flag=True, help="Do not ask before deleting anything.")
@click.pass_context
def destroy(context: click.Context, /, yes: bool, **options: Any) -> None:
    """Delete what tenants have; data and what is protected only where it is named by --allow."""
    call = _call(context, options)
    _confirm(call, "destroy", yes)
    outcomes = _worked(
        call,
        lambda run: run.destroy(),
        lambda kept: [f"kept: {kind} {name}; --allow {name} deletes it" for kind, name in kept],
    )
    _leave(outcomes, lambda kept: EXIT_FINDINGS if kept else 0)


def _call(context: click.Context, options: dict[str, Any]) -> Call:
    from generators.cloud.desired import cloud_tenants, desired_state
    from plumbline.fleet import Fleet
    from plumbline.provisioning.command import ENDPOINT

    spec = load(context).spec
    known = [(mode, tenant) for mode, tenant in cloud_tenants(spec) if options["mode"] in (None, mode)]
    wanted = [tenant for _, tenant in known] if options["everyone"] else list(options["tenants"])
    if not wanted:
        raise click.UsageError("which tenant? --tenant ID, or --all")
    modes = {mode for mode, tenant in known if tenant in wanted}
    for tenant in wanted:
        if tenant not in {each for _, each in known}:
            have = ", ".join(each for _, each in known) or "none with a cloud"
            raise click.BadParameter(f"there is no tenant {tenant!r}; the spec has {have}", param_hint="--tenant")
    if len(modes) > 1:
        raise click.UsageError(f"which mode? --mode {' or '.join(sorted(modes))}")
    token_file: Path | None = options["token_file"]
    token = (token_file.read_text("utf-8") if token_file else os.environ.get("HCLOUD_TOKEN", "")).strip()
    if not token:
        raise EnvironmentMissing("there is no token for the cloud project", "set HCLOUD_TOKEN, or name a --token-file")
    poll = float(os.environ.get("HCLOUD_POLL_SECONDS", "1"))
    fleet = Fleet(token, os.environ.get("HCLOUD_ENDPOINT", ENDPOINT), poll)
    states = {tenant: desired_state(spec, modes.copy().pop(), tenant) for tenant in wanted}
    options["journals"].mkdir(parents=True, exist_ok=True)
    return Call(states, fleet, options["allow"], options["journals"], options["at_once"])


def _worked(call: Call, work: Callable[[Any], Any], lines: Callable[[Any], list[str]]) -> list[Any]:
    """Do it for every tenant; print as it goes, each line behind its tenant where there are several."""
    from plumbline.fleet import for_each
    from plumbline.provisioning.journal import Journal
    from plumbline.provisioning.run import Run

    def say(tenant: str, text: str) -> None:
        click.echo(f"{tenant}: {text}" if len(call.states) > 1 else text)

    def one(tenant: str) -> Any:
        journal = Journal(call.journals / f"provision-{tenant}.jsonl")
        run = Run(call.fleet.client(), call.states[tenant], journal, lambda text: say(tenant, text), call.allowed)
        return work(run)

    outcomes = []
    for outcome in for_each(call.states, one, call.at_once):
        outcomes.append(outcome)
        for line in [outcome.error] if outcome.error else lines(outcome.result):
            say(outcome.tenant, line)
    if len(outcomes) > 1:
        failed = sorted(outcome.tenant for outcome in outcomes if outcome.error)
        click.echo(
            f"{len(outcomes) - len(failed)} of {len(outcomes)} tenants done"
            + (f"; not: {', '.join(failed)}" if failed else "")
        )
    return outcomes


def _leave(outcomes: list[Any], code: Callable[[Any], int]) -> None:
    sys.exit(max(EXIT_FINDINGS if outcome.error else code(outcome.result) for outcome in outcomes))


def _confirm(call: Call, verb: str, yes: bool) -> None:
    if yes or not sys.stdin.isatty():
        return
    click.echo(f"{verb}: {', '.join(call.states)}")
    if click.prompt(f"type {verb} to go on") != verb:
        raise click.Abort
