"""PLB157, PLB161: migrations that go to the last revision, and contract only what no release that may still run uses."""

from collections.abc import Iterator

from plumbline.spec.paths import path_of
from plumbline.spec.spec import Spec
from plumbline.update.formats import version
from validators.rules.effective_services import raw
from validators.rules.registry import Violation, rule

_UPDATE = """\
platform.yaml: {{version: "1.2"}}
update.yaml:
  {{downtime_goal_s: 0, drain: [], migrations: {{job: [{{revision: "2", title: Drop a column, contracting: true{0}}}]}}}}
services/job.yaml: {{title: Job, summary: Migrates., kind: job, image: traefik, segments: [front]}}
topology/single.yaml: {{roles: {{host: {{services: [db, web, job]}}}}}}
"""


@rule(
    "PLB157",
    title="Migration that removes what the previous release may still use",
    why=(
        "Services of the previous release run during the migrations, and again after a failed update. They "
        "must not need anything that a migration removes."
    ),
    fix="Name in `unused_since` the earlier release that stopped using it, or move the migration to a later release.",
    failing=_UPDATE.format(', unused_since: "1.2"'),
    passing=_UPDATE.format(', unused_since: "1.1"'),
)
def contracts_too_early(spec: Spec) -> Iterator[Violation]:
    """Contracting migrations without an earlier release, releases at others, jobs that are none, and revisions that stand twice."""
    own = spec.platform.version
    for job, migrations in spec.update.migrations.items():
        base = path_of("update", "migrations", job)
        if job in spec.services and spec.services[job].kind != "job":
            yield Violation(base, f"`{job}` is not a job, so no update runs it", at_key=True)
        seen: set[str] = set()
        for index, each in enumerate(migrations):
            at = path_of(base, index)
            if each.revision in seen:
                yield Violation(path_of(at, "revision"), f"revision {each.revision} is listed twice")
            seen.add(each.revision)
            if each.contracting and each.unused_since is None:
                yield Violation(
                    at, f"revision {each.revision} removes something, but names no release that stopped using it"
                )
            elif each.unused_since and not each.contracting:
                message = f"revision {each.revision} is not marked `contracting`, but names `unused_since`"
                yield Violation(path_of(at, "unused_since"), message)
            elif each.unused_since and version(each.unused_since) >= version(own):
                message = f"revision {each.revision} removes what was still used before this release, {own}"
                expected = f"a release before {own}"
                yield Violation(path_of(at, "unused_since"), message, expected=expected, observed=each.unused_since)


_JOB = _UPDATE.format(', unused_since: "1.1"').replace(
    "image: traefik,", "image: traefik, command: [alembic, upgrade, %s],"
)


@rule(
    "PLB161",
    title="Migration job that does not go to the last revision",
    why="The release starts on an older schema than the one that it was written for.",
    fix="Upgrade to `head`.",
    failing=_JOB % '"1"',
    passing=_JOB % "head",
)
def stops_before(spec: Spec) -> Iterator[Violation]:
    """Commands of Alembic that go down, or up to a revision that is not the last one of update.yaml."""
    for job, migrations in spec.update.migrations.items():
        if job not in spec.services or not migrations:
            continue
        written = [raw(word) for word in spec.services[job].command or ()]
        words = [word for text in written for word in text.split()] if "alembic" in " ".join(written) else []
        path = path_of("services", job, "command")
        last = migrations[-1].revision
        if "downgrade" in words:
            yield Violation(path, f"`{job}` takes migrations back")
        elif "upgrade" in words[:-1] and (to := words[words.index("upgrade") + 1]) not in ("head", "heads", last):
            yield Violation(
                path, f"`{job}` goes to {to}, but the last revision is {last}", expected="head", observed=to
            )
