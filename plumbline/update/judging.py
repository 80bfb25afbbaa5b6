"""What forbids an update, or has to be known before it. Pure; the rules' own words stand with the other rules."""

from collections.abc import Iterator

from plumbline.spec.finding import Finding, Severity
from plumbline.update.differences import DeployedRelease, ServiceChange, unknown_images
from plumbline.update.formats import unread, version
from schema.platform import Migration
from schema.release import ReleaseFacts


def judge_update(old: DeployedRelease, new: DeployedRelease, found: tuple[ServiceChange, ...]) -> Iterator[Finding]:
    """Findings of an update from one release to another."""
    before, after = old.facts, new.facts
    yield from _unrelated(before, after)
    yield from _unread_data(before, after)
    yield from _contracting(before, after)
    for change in found:
        service = after.services.get(change.service)
        if service and service.kind == "service" and not service.health:
            message = f"{change.service} changes, and has no health check: the next service does not wait for it"
            yield Finding("PLB969", message, Severity.WARNING, subject=f"services.{change.service}")
    for reference in unknown_images(old, new):
        message = f"both releases name {reference}, and nothing shows whether it is the same image"
        hint = "compare installed releases: the bundle's MANIFEST.json beside release.json has the image's ID"
        yield Finding("PLB990", message, Severity.WARNING, hint=hint, subject=reference)
    for name, digest in after.networks.items():
        if before.networks.get(name, digest) != digest:
            message = f"network {name} changes, so all services stop before any starts"
            yield Finding("PLB993", message, Severity.WARNING, subject=f"networks.{name}")


def _unrelated(before: ReleaseFacts, after: ReleaseFacts) -> Iterator[Finding]:
    for what in ("platform", "mode", "role"):
        one, other = getattr(before, what), getattr(after, what)
        if one != other:
            message = f"the releases are of {what} {one} and {other}"
            yield Finding("PLB966", message, expected=one, observed=other, subject=what)
    if version(after.version) < version(before.version):
        message = f"release {after.version} is older than {before.version}, which runs"
        hint = "to go back, use rollback.sh, or install the older bundle with --allow-downgrade and a reason"
        yield Finding("PLB966", message, hint=hint, expected=f"after {before.version}", observed=after.version)


def _unread_data(before: ReleaseFacts, after: ReleaseFacts) -> Iterator[Finding]:
    for name, service in after.services.items():
        was = before.services.get(name)
        if was is None or was.data is None or not service.volumes:
            continue
        if service.data is None:
            wrong = "no contract says what data it can read"
        elif was.image != service.image and was.data.format != service.data.format:
            wrong = "it is another image"
        else:
            wrong = unread(was.data.read_by, was.data.version, service.data.version)
        if wrong:
            now = service.data.version if service.data else service.reference
            message = f"{name} {now} cannot read what {was.data.version} wrote ({was.data.format}): {wrong}"
            yield Finding("PLB967", message, hint=was.data.otherwise, subject=f"services.{name}")


def _contracting(before: ReleaseFacts, after: ReleaseFacts) -> Iterator[Finding]:
    for job, migrations in after.migrations.items():
        known = {each.revision for each in before.migrations.get(job, ())}
        for each in migrations:
            if each.revision in known or bears(before, each):
                continue
            message = f"migration {each.revision} ({each.title}) removes what release {before.version} still uses"
            since = each.unused_since
            hint = f"update to {since} first" if since else "name the release that stopped using it, in `unused_since`"
            yield Finding("PLB968", message, hint=hint, subject=job, expected=since, observed=before.version)


def bears(release: ReleaseFacts, migration: Migration) -> bool:
    """Whether a release runs on what a migration leaves."""
    since = migration.unused_since
    return not migration.contracting or (since is not None and version(release.version) >= version(since))
