"""PLB124, PLB125, PLB146, PLB155: what a service starts after, and whether the entry starts at all."""

from collections.abc import Iterator

from generators.compose.waits import can_wait, profiles
from plumbline.effective.deployment import Deployment, deployments, field_path, services_of
from plumbline.spec.paths import PathText, path_of
from plumbline.spec.spec import Spec
from validators.rules.effective_services import once, placed_services, raw
from validators.rules.registry import Violation, rule

_JOB = """
services/migrate.yaml:
  {title: Migration, summary: Brings the store to the release., kind: job, image: postgres, user: "70:70", segments: [back],
   limits: {memory_mib: 64, cpus: 0.1}, command: [/bin/true], needs: {db: sql}%s}
services/web.yaml: {%s}
topology/single.yaml: {roles: {host: {services: [web, db, migrate]}}}
"""


@rule(
    "PLB124",
    title="Entry in `after` that does not start together with the service",
    why=(
        "Compose can wait only for what starts in the same project. Elsewhere the wait is dropped silently, and "
        "the service finds a store that nobody has prepared."
    ),
    fix="Place both on one role, remove the other's `profile`, or remove it from `after`.",
    failing=_JOB % (", profile: extra", "after: [migrate]"),
    passing=_JOB % ("", "after: [migrate]"),
)
def endless_wait(spec: Spec) -> Iterator[Violation]:
    """Entries of `after` that are on no node of the mode, on another one, or left out where the service is started."""
    yield from once(found for each in deployments(spec) for found in _in(spec, each))


def _in(spec: Spec, deployment: Deployment) -> Iterator[Violation]:
    mode, services = deployment.mode, deployment.services
    started_by = profiles(services)
    for name, service in services.items():
        at = field_path(name, spec.services[name], mode, "after")
        for index, other in enumerate(service.after):
            path = path_of(at, index)
            if other in services:
                if not can_wait(started_by[name], started_by[other]):
                    only = " or ".join(f"`{each}`" for each in started_by[other])
                    also = ((field_path(other, spec.services[other], mode, "profile"), "its profile"),)
                    message = f"`{other}` starts only with profile {only}, but {name} starts without it"
                    yield Violation(path, message, also=also)
            elif other in spec.services:
                yield Violation(path, _elsewhere(spec, deployment, name, other))


def _elsewhere(spec: Spec, deployment: Deployment, name: str, other: str) -> str:
    mode = deployment.mode
    if other not in services_of(spec, mode):
        return f"`{other}` is placed nowhere in mode {mode}"
    return f"{name} is on role {deployment.role} in mode {mode}, but `{other}` is not"


@rule(
    "PLB125",
    title="Need for a job",
    why="A need is a connection, and a job that has ended does not answer.",
    fix="List the job in `after` to start when it has ended. Name in `needs` the service that stores its results.",
    failing=_JOB % (", ports: {done: 1234}", "needs: {db: sql, migrate: done}"),
    passing=_JOB % ("", "needs: {db: sql}, after: [migrate]"),
)
def connected_to_a_job(spec: Spec) -> Iterator[Violation]:
    """Needs of services that run once."""
    yield from once(
        Violation(path, f"`{need}` is a job: nothing can connect to it", f"write `after: [{need}]`", at_key=True)
        for path, need in _needs(spec)
        if spec.services[need].kind == "job"
    )


def _needs(spec: Spec) -> Iterator[tuple[PathText, str]]:
    for each in placed_services(spec):
        yield from ((each.path("needs", need), need) for need in each.service.needs if need in spec.services)


@rule(
    "PLB146",
    title="Entry that starts only with a profile",
    why="`docker compose up` starts everything else, reports success, and nobody answers requests.",
    fix="Remove `profile` from the entry and from its backend.",
    failing="services/web.yaml: {profile: extra}",
    passing="services/web.yaml: {tolerates: [db]}\nservices/db.yaml: {profile: extra}",
)
def dormant_entry(spec: Spec) -> Iterator[Violation]:
    """Entries and backends in a profile."""
    for mode, topology in spec.topology.items():
        services, field = (
            services_of(spec, mode),
            {"service": topology.entry.service, "backend": topology.entry.backend},
        )
        for role, name in field.items():
            if name in services and name and services[name].profile:
                path = field_path(name, spec.services[name], mode, "profile")
                message = f"`{name}` is the {_ROLES[role]} of mode {mode}, but starts only with profile {services[name].profile}"
                also = ((path_of("topology", mode, "entry", role), "where it is named"),)
                yield Violation(path, message, observed=services[name].profile, also=also)


_ROLES = {"service": "entry", "backend": "entry's backend"}
"""What a field of `entry` makes of the service that it names."""


@rule(
    "PLB155",
    title="Option where a program is expected",
    why="Without an entry point, the engine runs the first word of the command, and finds no program of that name.",
    fix="Write the program before its options, or remove the empty `entrypoint`.",
    failing="services/web.yaml: {entrypoint: []}",
    passing="services/web.yaml: {entrypoint: [traefik]}",
)
def started_by_an_option(spec: Spec) -> Iterator[Violation]:
    """Commands that begin with a dash behind an empty entry point."""
    yield from once(
        Violation(
            placed.path("entrypoint"),
            f"{placed.id} has no entry point, and its command begins with `{first}`",
            observed=first,
        )
        for placed in placed_services(spec)
        if placed.service.entrypoint == () and placed.service.command
        if (first := raw(placed.service.command[0]).split()[0]).startswith("-")
    )
