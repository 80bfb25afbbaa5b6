"""The command line of the script."""

import argparse
import os
import sys
from pathlib import Path

from plumbline.provisioning.calls import TROUBLE, Failed, Refused, connect, described
from plumbline.provisioning.data import Edited, desired_of, tenants_in
from plumbline.provisioning.journal import Journal
from plumbline.provisioning.run import Run, Step

ENDPOINT = "https://api.hetzner.cloud/v1"
FINE, TROUBLED, WOULD_CHANGE, MISSING = 0, 1, 2, 3
WRONG_CALL = 2
EPILOGUE = """\
The token: HCLOUD_TOKEN, or --token-file. Exit codes: 0 fine, 1 failed, refused, or something needs --allow,
2 plan: something would change, or a wrong call, 3 no token. Run it again after any failure: nothing is made twice."""


def main(folder: Path, arguments: list[str] | None = None) -> int:
    """Do what the arguments say, with the data of a folder; the exit code."""
    try:
        options = _options(folder, arguments)
        desired = desired_of(folder, options.tenant)
    except Edited as error:
        print(f"refused: {error}", file=sys.stderr)
        return WRONG_CALL
    token = _token(options.token_file)
    if not token:
        print("no token: set HCLOUD_TOKEN, or name a file with --token-file", file=sys.stderr)
        return MISSING
    journal = Journal(options.journal or Path(f"provision-{options.tenant}.jsonl"))
    poll = float(os.environ.get("HCLOUD_POLL_SECONDS", "1"))
    api = connect(token, os.environ.get("HCLOUD_ENDPOINT", ENDPOINT), poll)
    run = Run(api, desired, journal, print, options.allow)
    try:
        return {"plan": _plan, "apply": _apply, "destroy": _destroy, "status": _status}[options.verb](run, options)
    except (Refused, Failed) as error:
        print(f"{type(error).__name__.lower()}: {error}", file=sys.stderr)
    except TROUBLE as error:
        print(f"failed: {described(error)}", file=sys.stderr)
    except KeyboardInterrupt:
        print("interrupted; run it again to go on", file=sys.stderr)
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
        description="A tenant's objects at Hetzner Cloud: what would change, and making it so.",
        epilog=EPILOGUE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("verb", nargs="?", default="plan", choices=["plan", "apply", "destroy", "status"])
    parser.add_argument("--tenant", metavar="ID", help="whose objects")
    parser.add_argument(
        "--allow", action="append", default=[], metavar="NAME", help="delete, replace or stop this object"
    )
    parser.add_argument("--keep-on-failure", action="store_true", help="do not undo what a failed apply made")
    parser.add_argument("--yes", action="store_true", help="do not ask before changing anything")
    parser.add_argument("--token-file", type=Path, metavar="FILE", help="file with the API token")
    parser.add_argument("--journal", type=Path, metavar="FILE", help="where steps are written: provision-TENANT.jsonl")
    return parser


def _token(file: Path | None) -> str:
    return (file.read_text("utf-8") if file else os.environ.get("HCLOUD_TOKEN", "")).strip()


def _plan(run: Run, options: argparse.Namespace) -> int:
    steps = run.plan()
    print("\n".join(plan_lines(steps)))
    return WOULD_CHANGE if steps else FINE


def plan_lines(steps: list[Step]) -> list[str]:
    """A plan for people: a line a step, the price of new servers, and what needs the operator's word."""
    if not steps:
        return ["nothing to do: all is as desired"]
    lines = []
    for step in steps:
        price = f"  {step.price:.2f} a month" if step.price else ""
        lines.append(f"{step.mark} {step.kind} {step.name}: {step.what}{price}")
    if total := sum(step.price for step in steps):
        lines.append(f"servers that are made: {total:.2f} a month, net")
    return lines + [f"  {step.name}: only with --allow {step.name}" for step in steps if step.mark == "!"]


def status_lines(run: Run) -> list[str]:
    """Each object, its state, and what is not as desired."""
    differing = {(step.kind, step.name): step.what for step in run.plan()}
    lines = []
    for key in (*run.wants, *run.extras()):
        bound = run.project.held.get(key)
        state = "missing" if bound is None else str(getattr(bound, "status", None) or "there")
        lines.append(f"{key[0]:16} {key[1]:40} {state:10} {differing.get(key, '') if bound else ''}".rstrip())
    return lines


def _apply(run: Run, options: argparse.Namespace) -> int:
    if cut_off := run.journal.made_before():
        print(f"a run was cut off; what it made is taken up: {', '.join(name for _, name in cut_off)}")
    if not options.yes and sys.stdin.isatty():
        print("\n".join(plan_lines(run.plan())))
        _confirm("apply")
    left = run.apply(options.keep_on_failure)
    print("\n".join(plan_lines(left)))
    return TROUBLED if left else FINE


def _destroy(run: Run, options: argparse.Namespace) -> int:
    if not options.yes and sys.stdin.isatty():
        run.look()
        print("\n".join(f"- {kind} {name}" for kind, name in run.project.held if kind != "ssh_key"))
        _confirm(run.desired["tenant"])
    kept = run.destroy()
    for kind, name in kept:
        print(f"kept: {kind} {name}; --allow {name} deletes it")
    return TROUBLED if kept else FINE


def _confirm(word: str) -> None:
    if input(f"type {word} to go on: ").strip() != word:
        raise Refused("nothing was changed")


def _status(run: Run, options: argparse.Namespace) -> int:
    print("\n".join(status_lines(run)))
    return FINE
