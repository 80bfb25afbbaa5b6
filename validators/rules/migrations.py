"""PLB157: a migration contracts only what no release that may still run uses."""

from collections.abc import Iterator

from plumbline.spec.paths import path_of
from plumbline.spec.spec import Spec
from plumbline.update.formats import version
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
