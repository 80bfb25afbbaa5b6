"""`plumb provision`: what a tenant's standalone script does, for one tenant or for all in parallel."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from plumbline.cli import completing
from plumbline.cli.common import load
from plumbline.cli.exit_codes import EXIT_FINDINGS

if TYPE_CHECKING:
    from plumbline.provisioning.run import ProvisionRun

Work = Callable[["ProvisionRun"], Any]
Say = Callable[[str], None]


@dataclass
class ProvisionCall:
    """What a call is about."""

    runs: dict[str, "ProvisionRun"]
    """A run for each tenant."""
    at_once: int
    plans: dict[str, Any]
    """What was planned for each tenant, where a plan's file says so."""

    def say(self, tenant: str, text: str) -> None:
        """Print, behind the tenant where there are several."""
        click.echo(f"{tenant}: {text}" if len(self.runs) > 1 else text)


def _options(command: Callable[..., None]) -> Callable[..., None]:
    """What all verbs take."""
    for option in (
        click.option(
            "--tenant",
            "tenants",
            multiple=True,
            metavar="ID",
            shell_complete=completing.tenants,
            help="Tenant to provision; repeatable.",
        ),
        click.option("--all", "everyone", is_flag=True, help="All tenants of the spec."),
        click.option(
            "--mode",
            metavar="MODE",
            shell_complete=completing.modes,
            help="Mode to use. Default: the only mode that has a `cloud`.",
        ),
        click.option(
            "--allow",
            multiple=True,
            metavar="NAME",
            help="Resource that may be deleted, replaced, detached, shrunk, stopped, opened or made more expensive; repeatable.",
        ),
        click.option(
            "--token-file", type=click.Path(path_type=Path), help="File with the API token. Default: HCLOUD_TOKEN."
        ),
        click.option(
            "--proxy", metavar="URL", help="Proxy for API calls; proxy settings of the environment are ignored."
        ),
        click.option(
            "--journals",
            type=click.Path(path_type=Path, file_okay=False),
            help="Folder for the journals. Default: $XDG_STATE_HOME/plumbline.",
        ),
        click.option(
            "--at-once",
            default=8,
            show_default=True,
            type=click.IntRange(1, 64),
            help="Number of tenants to process in parallel.",
        ),
    ):
        command = option(command)
    return command


_yes = click.option("--yes", is_flag=True, help="Do not ask for confirmation. Required without a terminal.")


@click.group()
def provision() -> None:
    """Create, update or delete each tenant's cloud resources to match the spec. The token comes from HCLOUD_TOKEN or --token-file.

    \b
    plumb provision plan --tenant acme      show the changes and their cost
    plumb provision apply --all             apply them for every tenant of the spec
    plumb provision unlock --tenant acme    break the lock of a crashed run

    Exit codes: 0 success; 1 failed, refused, or some changes still need --allow; 2 invalid usage, or no terminal and no --yes;
    3 no token, or no folder for the journal; 4 plan: there are changes, status: something is missing or differs.
    """


@provision.command()
@_options
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), help="File to write the plan to, for `apply FILE`."
)
@click.pass_context
def plan(context: click.Context, /, out: Path | None, **options: Any) -> None:
    """Show what would change. Changes nothing; a read-only token is enough."""
    _leave(lambda: _plan(_call(context, options), out))


@provision.command()
@click.argument("file", required=False, type=click.Path(path_type=Path, dir_okay=False))
@_options
@_yes
@click.pass_context
def apply(context: click.Context, /, file: Path | None, yes: bool, **options: Any) -> None:
    """Apply the changes, or exactly the plan in FILE. If a change fails, nothing is undone; run apply again to continue."""
    _leave(lambda: _apply(context, file, yes, options))


@provision.command()
@_options
@click.pass_context
def status(context: click.Context, /, **options: Any) -> None:
    """List every resource and its state. Exit code 4 if something is missing or differs."""
    _leave(lambda: _status(_call(context, options)))


@provision.command()
@_options
@_yes
@click.pass_context
def destroy(context: click.Context, /, yes: bool, **options: Any) -> None:
    """Delete the resources of tenants. Data and protected resources need --allow NAME."""
    _leave(lambda: _destroy(context, yes, options))


@provision.command()
@_options
@_yes
@click.pass_context
def unlock(context: click.Context, /, yes: bool, **options: Any) -> None:
    """Break the lock that a crashed run left behind."""
    _leave(lambda: _unlock(context, yes, options))


@provision.command("mark-lost")
@_options
@click.option("--server", "servers", multiple=True, required=True, metavar="NAME", help="Server; repeatable.")
@click.option("--undo", is_flag=True, help="Remove the mark.")
@click.pass_context
def mark_lost(context: click.Context, /, servers: tuple[str, ...], undo: bool, **options: Any) -> None:
    """Mark a server of a tenant as lost, so that the next apply replaces it. Deletes nothing."""
    _leave(lambda: _mark_lost(_call(context, options), list(servers), not undo))


def _leave(work: Callable[[], int]) -> None:
    from plumbline.provisioning.command import run_guarded

    sys.exit(run_guarded(work))


def _plan(call: ProvisionCall, out: Path | None) -> int:
    from plumbline.provisioning.command import show
    from plumbline.provisioning.exit_codes import WOULD_CHANGE
    from plumbline.provisioning.plan import write_plan

    planned = _each(call, lambda run: run.plan(), show)
    _check_words(call)
    if out:
        if len(planned) < len(call.runs):
            click.echo(f"{out} was not written, because some tenants could not be planned", err=True)
            return EXIT_FINDINGS
        write_plan(out, [call.runs[tenant].plan_data(steps) for tenant, steps in planned.items()])
        click.echo(f"written to {out}; `plumb provision apply {out}` applies exactly this plan, or refuses")
    return _worst(call, planned, lambda steps: WOULD_CHANGE if steps else 0)


def _apply(context: click.Context, file: Path | None, yes: bool, options: dict[str, Any]) -> int:
    from plumbline.provisioning.command import check_terminal, confirm, show
    from plumbline.provisioning.plan import read_plan

    plans = read_plan(file) if file else {}
    if file and (options["allow"] or options["tenants"] or options["everyone"]):
        raise click.UsageError(
            "a plan includes its tenants and --allow names: give them to `plan --out`, not to `apply FILE`"
        )
    check_terminal(yes)
    call = _call(context, options, plans)
    looked = _each(
        call,
        lambda run: run.check(plans[run.desired["tenant"]]) if plans else run.plan(),
        _shown_if_any,
    )
    _check_words(call)
    if any(step.done for steps in looked.values() for step in steps):
        confirm("apply", yes)
    doing = ProvisionCall({tenant: call.runs[tenant] for tenant in looked}, call.at_once, {})
    left = _each(doing, lambda run: run.apply(looked[run.desired["tenant"]]), show, call)
    return _worst(call, left, lambda steps: EXIT_FINDINGS if steps else 0)


def _status(call: ProvisionCall) -> int:
    from plumbline.provisioning.command import status_lines
    from plumbline.provisioning.exit_codes import WOULD_CHANGE

    found = _each(call, status_lines, lambda run, lines, say: _said(lines[0], say))
    return _worst(call, found, lambda lines: 0 if lines[1] else WOULD_CHANGE)


def _destroy(context: click.Context, yes: bool, options: dict[str, Any]) -> int:
    from plumbline.provisioning.command import check_terminal, confirm, lines_of_kept, show_deletions

    check_terminal(yes)
    call = _call(context, options)
    looked = _each(call, lambda run: run.deletions(), show_deletions)
    _check_words(call)
    if any(step.done for steps in looked.values() for step in steps):
        confirm(", ".join(looked), yes, "to delete this")
    doing = ProvisionCall({tenant: call.runs[tenant] for tenant in looked}, call.at_once, {})
    kept = _each(
        doing,
        lambda run: run.destroy(looked[run.desired["tenant"]]),
        lambda run, steps, say: _said(lines_of_kept(steps), say),
        call,
    )
    return _worst(call, kept, lambda steps: EXIT_FINDINGS if steps else 0)


def _unlock(context: click.Context, yes: bool, options: dict[str, Any]) -> int:
    from plumbline.provisioning.command import check_terminal, confirm

    check_terminal(yes)
    call = _call(context, options)
    found = _each(call, lambda run: run.holder(), lambda run, who, say: say(who or "nobody holds the lock"))
    held = {tenant: call.runs[tenant] for tenant, who in found.items() if who}
    if held:
        confirm(", ".join(held), yes, "to break the lock (make sure that no run is in progress)")
    broken = _each(
        ProvisionCall(held, call.at_once, {}),
        lambda run: run.unlock(),
        lambda run, was, say: say("the lock is broken"),
        call,
    )
    return EXIT_FINDINGS if len(found) < len(call.runs) or len(broken) < len(held) else 0


def _mark_lost(call: ProvisionCall, servers: list[str], lost: bool) -> int:
    from plumbline.provisioning.command import lines_of_marks

    if len(call.runs) > 1:
        raise click.UsageError("servers of one tenant are marked at a time: --tenant ID")
    marked = _each(call, lambda run: lines_of_marks(run, servers, lost), lambda run, lines, say: _said(lines, say))
    return _worst(call, marked, lambda lines: 0)


def _call(context: click.Context, options: dict[str, Any], plans: dict[str, Any] | None = None) -> ProvisionCall:
    from generators.cloud.desired import cloud_tenants, desired_state
    from plumbline.provisioning.command import endpoint, poll_seconds, read_token
    from plumbline.provisioning.fleet import Fleet
    from plumbline.provisioning.journal import ProvisionJournal, journal_folder
    from plumbline.provisioning.run import ProvisionRun

    plans = plans or {}
    spec = load(context).spec
    mode = options["mode"] or next((plan["mode"] for plan in plans.values()), None)
    known = [(each, tenant) for each, tenant in cloud_tenants(spec) if mode in (None, each)]
    if not known:
        raise click.UsageError(
            f"there is nothing to provision: no mode of this spec{f' called {mode}' if mode else ''} has a `cloud` in its "
            "topology and `tenancy: many` with tenants"
        )
    wanted = list(plans) or ([tenant for _, tenant in known] if options["everyone"] else list(options["tenants"]))
    if not wanted:
        raise click.UsageError("which tenant? --tenant ID, or --all")
    modes = {each for each, tenant in known if tenant in wanted}
    for tenant in wanted:
        if tenant not in {each for _, each in known}:
            have = ", ".join(each for _, each in known) or "none with a cloud"
            raise click.BadParameter(f"there is no tenant {tenant!r}; the spec has {have}", param_hint="--tenant")
    if len(modes) > 1:
        raise click.UsageError(f"which mode? --mode {' or '.join(sorted(modes))}")
    (mode,) = modes
    fleet = Fleet(read_token(options["token_file"]), endpoint(), poll_seconds(), proxy=options["proxy"])
    folder = options["journals"] or journal_folder()
    call = ProvisionCall({}, options["at_once"], plans)

    def run(tenant: str) -> ProvisionRun:
        journal = ProvisionJournal(folder / f"provision-{tenant}.jsonl", lambda text: call.say(tenant, text))
        allowed = plans[tenant]["allow"] if tenant in plans else options["allow"]
        state = desired_state(spec, mode, tenant)
        return ProvisionRun(fleet.client(), state, journal, lambda text: call.say(tenant, text), allowed)

    call.runs = {tenant: run(tenant) for tenant in dict.fromkeys(wanted)}
    return call


def _shown_if_any(run: "ProvisionRun", steps: list[Any], say: Say) -> None:
    from plumbline.provisioning.command import show

    if steps:
        show(run, steps, say)


def _said(lines: list[str], say: Say) -> None:
    for line in lines:
        say(line)


def _check_words(call: ProvisionCall) -> None:
    """A name that --allow gives is of one tenant at least."""
    from plumbline.provisioning.guard import check_words

    runs = call.runs.values()
    check_words(
        sorted({name for run in runs for name in run.allowed}), {name for run in runs for name in run.known_names()}
    )


def _each(
    call: ProvisionCall,
    work: Work,
    shown: Callable[["ProvisionRun", Any, Say], Any],
    whole: ProvisionCall | None = None,
) -> dict[str, Any]:
    """Do it for every tenant, and show what came of it; results by tenant, without those that failed."""
    from plumbline.provisioning.fleet import for_each

    results: dict[str, Any] = {}
    for outcome in for_each(call.runs, lambda tenant: work(call.runs[tenant]), call.at_once):

        def say(text: str, tenant: str = outcome.tenant) -> None:
            (whole or call).say(tenant, text)

        if outcome.error:
            say(outcome.error)
            continue
        results[outcome.tenant] = outcome.result
        shown(call.runs[outcome.tenant], outcome.result, say)
    return results


def _worst(call: ProvisionCall, results: dict[str, Any], code: Callable[[Any], int]) -> int:
    """The exit code of all: a failure before a difference."""
    failed = sorted(set(call.runs) - set(results))
    if len(call.runs) > 1:
        left_out = f"; not: {', '.join(failed)}" if failed else ""
        click.echo(f"{len(results)} of {len(call.runs)} tenants done{left_out}")
    codes = {code(result) for result in results.values()}
    return EXIT_FINDINGS if failed or EXIT_FINDINGS in codes else max(codes, default=0)
