"""The command line of provisioning: what is shown, what is asked, and how it ends."""

import argparse
import os
import signal
import sys
from collections.abc import Callable, Sequence
from io import TextIOWrapper
from pathlib import Path
from typing import Any

from plumbline.provisioning.calls import API_ERRORS, Failed, Lacking, Misused, Refused, connect, describe_error
from plumbline.provisioning.data import EditedData, desired_of, tenants_in
from plumbline.provisioning.deliveries import record_deliveries
from plumbline.provisioning.exit_codes import FINE, MISSING, MISUSED, TOLD, TROUBLED, WOULD_CHANGE
from plumbline.provisioning.guard import check_words
from plumbline.provisioning.journal import ProvisionJournal, journal_folder
from plumbline.provisioning.losses import mark_lost
from plumbline.provisioning.plan import PlanStep, plan_lines, read_plan, write_plan
from plumbline.provisioning.run import ProvisionRun
from plumbline.provisioning.streams import open_closed_streams, was_heard
from plumbline.provisioning.tenant_objects import ODD

ENDPOINT = "https://api.hetzner.cloud/v1"
EPILOGUE = f"""\
The token comes from HCLOUD_TOKEN or --token-file. Proxy settings and .netrc of the environment are ignored.
{TOLD}
After a failure, run it again: it creates nothing twice and undoes nothing."""


def main(folder: Path, arguments: list[str] | None = None) -> int:
    """Do what the arguments say, with the data of a folder; the exit code."""
    open_closed_streams()
    for ending in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, _interrupted)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # a locale that lacks a character is no reason to stop
            stream.reconfigure(errors="backslashreplace")
    try:
        options = _options(folder, arguments)
        desired = desired_of(folder, options.tenant)
    except EditedData as error:
        print(f"refused: {error}", file=sys.stderr)
        return MISUSED
    code = run_guarded(lambda: _done(desired, options))
    return code if was_heard() else max(code, TROUBLED)


def _interrupted(signum: int, frame: Any) -> None:
    raise KeyboardInterrupt


def run_guarded(work: Callable[[], int]) -> int:
    """Do it; an error in one line, and its exit code."""
    try:
        return work()
    except Misused as error:
        print(f"wrong call: {error}", file=sys.stderr)
        return MISUSED
    except Lacking as error:
        print(str(error), file=sys.stderr)
        return MISSING
    except (Refused, Failed) as error:
        print(f"{type(error).__name__.lower()}: {error}", file=sys.stderr)
    except API_ERRORS as error:
        print(f"failed: {describe_error(error)}", file=sys.stderr)
    except KeyboardInterrupt:
        print("interrupted; run it again to continue", file=sys.stderr)
    except BrokenPipeError:
        print("interrupted, because its output was closed; run it again to continue", file=sys.stderr)
    except ODD as error:
        print(f"failed: the API gave an unexpected answer, {type(error).__name__}: {error}", file=sys.stderr)
    return TROUBLED


def _options(folder: Path, arguments: list[str] | None) -> argparse.Namespace:
    """The call, judged by the tenants that there are. Raises Edited; leaves with 2 for a wrong call."""
    parser = _parser()
    options = parser.parse_args(arguments)
    tenants = tenants_in(folder)
    if not tenants:
        parser.error("there is no tenant yet: add one to the spec's tenants.yaml, then plumb build")
    if options.tenant not in tenants:
        asked = f"there is no tenant {options.tenant}" if options.tenant else "which tenant? --tenant ID"
        parser.error(f"{asked}; there is {', '.join(tenants)}")
    return options


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description="Create, update or delete a tenant's resources at Hetzner Cloud to match the spec.",
        epilog=EPILOGUE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        # `--y` is no yes
        allow_abbrev=False,
    )
    parser.add_argument("verb", nargs="?", default="plan", choices=list(VERBS))
    parser.add_argument("--tenant", metavar="ID", help="tenant to provision")
    parser.add_argument("file", nargs="?", type=Path, metavar="PLAN", help="apply: plan to apply exactly")
    parser.add_argument(
        "--allow",
        action="append",
        default=[],
        metavar="NAME",
        help="resource that may be deleted, replaced, detached, shrunk, stopped, opened or made more expensive; repeatable",
    )
    parser.add_argument("--out", type=Path, metavar="FILE", help="plan: file to write the plan to, for apply PLAN")
    parser.add_argument(
        "--delivered",
        action="append",
        default=[],
        metavar="SERVER=HASH",
        help="record: server, and the hash of the node files that a roll-out left on it; repeatable",
    )
    parser.add_argument(
        "--server",
        action="append",
        default=[],
        metavar="NAME",
        help="mark-lost: server that another replaces; repeatable",
    )
    parser.add_argument("--undo", action="store_true", help="mark-lost: remove the mark")
    parser.add_argument("--yes", action="store_true", help="do not ask for confirmation; required without a terminal")
    parser.add_argument(
        "--token-file", type=Path, metavar="FILE", help="file with the API token; default: HCLOUD_TOKEN"
    )
    parser.add_argument(
        "--proxy", metavar="URL", help="proxy for API calls; proxy settings of the environment are ignored"
    )
    place = "journal file; default: provision-ID.jsonl in $XDG_STATE_HOME/plumbline"
    parser.add_argument("--journal", type=Path, metavar="FILE", help=place)
    return parser


def _done(desired: dict[str, Any], options: argparse.Namespace) -> int:
    if (options.file and options.verb != "apply") or (options.out and options.verb != "plan"):
        raise Misused("PLAN goes with apply, --out with plan")
    if bool(options.delivered) != (options.verb == "record"):
        raise Misused("record needs --delivered SERVER=HASH, and no other verb takes it")
    if bool(options.server) != (options.verb == "mark-lost") or (options.undo and options.verb != "mark-lost"):
        raise Misused("mark-lost needs --server NAME, and no other verb takes it or --undo")
    if options.file and options.allow:
        raise Misused("a plan includes its --allow names: give --allow to plan --out, not to apply PLAN")
    plan = None
    if options.file:
        plans = read_plan(options.file)
        if desired["tenant"] not in plans:
            raise Misused(f"{options.file} has no plan for tenant {desired['tenant']}")
        plan = plans[desired["tenant"]]
    if options.verb in ("apply", "destroy", "unlock"):
        check_terminal(options.yes)
    api = connect(read_token(options.token_file), endpoint(), poll_seconds(), proxy=options.proxy)
    journal = ProvisionJournal(options.journal or journal_folder() / f"provision-{desired['tenant']}.jsonl")
    run = ProvisionRun(api, desired, journal, print, plan["allow"] if plan else options.allow)
    if options.verb == "apply":
        return _apply(run, options, plan)
    return VERBS[options.verb](run, options)


def read_token(file: Path | None) -> str:
    """The API's token. Raises Misused for a file that cannot be read, Lacking where there is none."""
    try:
        token = (file.read_text("utf-8") if file else os.environ.get("HCLOUD_TOKEN", "")).strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Misused(
            f"--token-file {file} cannot be read: {getattr(error, 'strerror', None) or 'it is not text'}"
        ) from None
    if not token:
        raise Lacking("no token: set HCLOUD_TOKEN, or name a file with --token-file")
    if not token.isascii() or not token.isprintable() or " " in token:
        raise Misused("the token contains invalid characters: check HCLOUD_TOKEN or the token file")
    return token


def endpoint() -> str:
    """The address of the API."""
    return os.environ.get("HCLOUD_ENDPOINT") or ENDPOINT


def poll_seconds() -> float:
    """Seconds between two looks at an action. Raises Misused for what is no such number."""
    text = os.environ.get("HCLOUD_POLL_SECONDS", "1")
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= 60:
        raise Misused(f"HCLOUD_POLL_SECONDS is {text!r}; it is a number of seconds, from 0 to 60")
    return seconds


def check_terminal(yes: bool) -> None:
    """Raises Misused where nobody can be asked and nobody said yes."""
    if not yes and not sys.stdin.isatty():
        raise Misused("there is no terminal to confirm at, so nothing was done; give --yes")


def confirm(word: str, yes: bool, what: str = "") -> None:
    """Ask for a word to be typed. Raises Refused when it is another."""
    if yes:
        return
    try:
        typed = input(f"type {word} {what or 'to continue'}: ")
    except (EOFError, UnicodeDecodeError):
        typed = ""
    if typed.strip() != word:
        raise Refused("nothing was changed")


def _plan(run: ProvisionRun, options: argparse.Namespace) -> int:
    steps = run.plan()
    check_words(run.allowed, run.known_names())
    show(run, steps)
    if options.out:
        write_plan(options.out, [run.plan_data(steps)])
        print(f"written to {options.out}; `apply {options.out}` applies exactly this plan, or refuses")
    return WOULD_CHANGE if steps else FINE


def show(run: ProvisionRun, steps: Sequence[PlanStep], say: Callable[[str], None] = print) -> None:
    """A plan for people."""
    for line in plan_lines(steps, run.notes, run.prices.currency if steps else "EUR"):
        say(line)


def _apply(run: ProvisionRun, options: argparse.Namespace, plan: dict[str, Any] | None) -> int:
    steps = run.check(plan) if plan else run.plan()
    check_words(run.allowed, run.known_names())
    if steps:
        show(run, steps)
        if any(step.done for step in steps):
            confirm("apply", options.yes)
    left = run.apply(steps)
    show(run, left)
    return TROUBLED if left else FINE


def _destroy(run: ProvisionRun, options: argparse.Namespace) -> int:
    steps = run.deletions()
    check_words(run.allowed, run.known_names())
    show_deletions(run, steps)
    if any(step.done for step in steps):
        confirm(run.desired["tenant"], options.yes, "to delete this")
    kept = run.destroy(steps)
    for line in lines_of_kept(kept):
        print(line)
    return TROUBLED if kept else FINE


def show_deletions(run: ProvisionRun, steps: Sequence[PlanStep], say: Callable[[str], None] = print) -> None:
    """What a destroy would delete."""
    if not steps:
        for line in [*(f"* {note}" for note in run.notes), "nothing to do: no resources exist"]:
            say(line)
        return
    show(run, steps, say)


def lines_of_kept(kept: Sequence[PlanStep]) -> list[str]:
    """What a destroy kept, why, and how it goes."""
    return [
        f"kept: {step.kind} {step.name}, {step.what.removeprefix('kept: ')}"
        + "".join(f"; --allow {name} deletes it" for name in step.needs)
        for step in kept
    ]


def status_lines(run: ProvisionRun) -> tuple[list[str], bool]:
    """Each object, its state, and what is not as desired; whether all is."""
    steps = run.plan()
    differing = {(step.kind, step.name): step.what for step in reversed(steps)}
    there = [(key, run.project.held.get(key)) for key in run.wants]
    there += [((other.kind, str(other.bound.name)), other.bound) for other in run.others_in_order()]
    lines = [f"* {note}" for note in run.notes]
    for key, bound in there:
        state = "missing" if bound is None else str(getattr(bound, "status", None) or "there")
        lines.append(f"{key[0]:16} {key[1]:40} {state:10} {differing.get(key, '') if bound else ''}".rstrip())
    if holder := run.holder():
        lines.append(holder)
    return lines or ["no resources exist"], not steps


def _status(run: ProvisionRun, options: argparse.Namespace) -> int:
    lines, fine = status_lines(run)
    print("\n".join(lines))
    return FINE if fine else WOULD_CHANGE


def _unlock(run: ProvisionRun, options: argparse.Namespace) -> int:
    holder = run.holder()
    if not holder:
        print("nobody holds the lock")
        return FINE
    print(holder)
    confirm(run.desired["tenant"], options.yes, "to break the lock (make sure that no run is in progress)")
    run.unlock()
    print("the lock is broken")
    return FINE


def _record(run: ProvisionRun, options: argparse.Namespace) -> int:
    delivered = {}
    for each in options.delivered:
        name, separator, hash = each.partition("=")
        if not (name and separator and hash):
            raise Misused(f"--delivered {each}: it is SERVER=HASH")
        delivered[name] = hash
    changed = record_deliveries(run, delivered)
    for name in delivered:
        print(f"server {name}: {'recorded' if name in changed else 'is recorded already'}")
    return FINE


def _mark_lost(run: ProvisionRun, options: argparse.Namespace) -> int:
    for line in lines_of_marks(run, options.server, not options.undo):
        print(line)
    return FINE


def lines_of_marks(run: ProvisionRun, names: list[str], lost: bool) -> list[str]:
    """Mark servers, or take the mark away, and say so."""
    changed = mark_lost(run, names, lost)
    state = "marked as lost; the next apply with --allow replaces it" if lost else "not marked as lost any more"
    gone = [name for name in names if ("server", name) not in run.project.held]
    return [
        f"server {name}: {state if name in changed else 'does not exist; apply creates it' if name in gone else 'nothing to do'}"
        for name in names
    ]


VERBS: dict[str, Callable[..., int]] = {
    "plan": _plan,
    "apply": _apply,
    "destroy": _destroy,
    "status": _status,
    "unlock": _unlock,
    "record": _record,
    "mark-lost": _mark_lost,
}
