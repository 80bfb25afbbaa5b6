"""`plumb update`: shows what an update from one release to another would do."""

import json
from dataclasses import asdict
from pathlib import Path

import click

from plumbline.cli.common import finish, report
from plumbline.report.findings_json import as_json
from plumbline.spec.finding import Finding, InputError, Severity
from plumbline.update.differences import DeployedRelease
from plumbline.update.plan import UpdatePlan
from plumbline.update.plan import plan as plan_of
from plumbline.update.printing import as_words
from plumbline.update.reading import NAME, read_facts, unreadable

PLACE = click.Path(path_type=Path)
_MANIFEST = "MANIFEST.json"


@click.group()
def update() -> None:
    """Show what an update from one release to another does."""


@update.command()
@click.argument("old", metavar="OLD", type=PLACE)
@click.argument("new", metavar="NEW", type=PLACE)
@click.option(
    "--format", type=click.Choice(["text", "json"]), default="text", show_default=True, help="Form of the plan."
)
@click.pass_context
def plan(context: click.Context, old: Path, new: Path, format: str) -> None:
    """Show what stays, what is recreated, in which steps, and until when a rollback is possible.

    \b
    plumb update plan /opt/docpipe deploy/offline
    plumb update plan ../docpipe-1.0/deploy/online deploy/online

    OLD and NEW are each a release.json, a folder that holds one, or the folder of a mode. A MANIFEST.json beside it, as on an
    installed host, adds details of images and models. It ends with 1 where something forbids the update.
    """
    before, after = _releases(old), _releases(new)
    plans = [plan_of(before[place], after[place]) for place in after if place in before]
    if not plans and len(before) == len(after) == 1:
        plans = [plan_of(*before.values(), *after.values())]
    findings = [*_alone(before, after, len(plans)), *(each for plan in plans for each in plan.findings)]
    if format == "json":
        told = json.loads(as_json(findings, {}, False))
        click.echo(json.dumps({"plans": list(map(_as_data, plans)), **told}, indent=2, ensure_ascii=False))
    else:
        click.echo("\n".join(map(as_words, plans)), nl=False)
        if findings:
            click.echo()
            report(context, findings)
    finish(findings)


Places = dict[tuple[str, str], DeployedRelease]
"""Releases by mode and role."""


def _releases(place: Path) -> Places:
    """The releases of a file, a folder, or a folder of a folder for each role. Raises InputError."""
    if place.is_dir():
        own = place / NAME
        files = [own] if own.exists() else sorted(place.glob(f"*/{NAME}"))
    else:
        files = [place]
    if not files:
        raise unreadable(str(place), f"contains no {NAME}, and neither does any folder in it")
    found = [read_release(file) for file in files]
    return {(each.facts.mode, each.facts.role): each for each in found}


def read_release(file: Path) -> DeployedRelease:
    """The release of a release.json, with the manifest beside it, where one is. Raises InputError."""
    try:
        facts = read_facts(file.read_bytes(), str(file))
        beside = file.with_name(_MANIFEST)
        text = beside.read_bytes() if beside.is_file() else None
    except OSError as error:
        raise unreadable(str(file), f"can't be read: {error.strerror}") from None
    if text is None:
        return DeployedRelease(facts)
    from plumbline.bundle.manifest import parse
    from plumbline.bundle.refusal import BundleRefused

    try:
        manifest = parse(text)
    except BundleRefused as error:
        raise unreadable(str(beside), f"is not a manifest: {error}") from None
    # a bundle may be of another release than the spec that it was built from
    facts = facts.model_copy(update={"version": manifest.release})
    return DeployedRelease(
        facts, {each.name: each.config for each in manifest.images}, {each.path: each.sha256 for each in manifest.files}
    )


def _alone(before: Places, after: Places, planned: int) -> list[Finding]:
    """Roles that only one of the releases has, where others can be compared."""
    if not planned:
        names = [", ".join(f"{mode} {role}" for mode, role in places) for places in (before, after)]
        raise InputError([Finding("PLB966", f"the releases have no deployment in common: {names[0]}; {names[1]}")])
    if len(before) == len(after) == planned:
        return []
    return [
        Finding("PLB966", f"only the {which} release has role {role} of mode {mode}", Severity.WARNING, subject=role)
        for which, ours, theirs in (("old", before, after), ("new", after, before))
        for mode, role in ours
        if (mode, role) not in theirs
    ]


def _as_data(plan: UpdatePlan) -> dict[str, object]:
    data = asdict(plan)
    del data["findings"]
    return data
