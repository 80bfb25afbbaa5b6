"""PLB122, PLB123: ids that stand for something else, and names put together of ids that are the same."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from generators.compose.waits import JOB_PROFILE
from generators.offline.scripts import FOLDER as SCRIPTS
from generators.rollout.playbook import FOLDER as ROLL_OUT
from plumbline.effective.deployment import deployments
from plumbline.effective.volumes import volume_name
from plumbline.spec.paths import PathText, path_of
from plumbline.spec.spec import Spec
from validators.rules.effective_services import once, placed_services
from validators.rules.registry import Violation, rule

LOOPBACK = ("localhost", "ip6-localhost", "ip6-loopback")
"""Names that every container has in its own /etc/hosts."""


OF_A_MODE = (ROLL_OUT, SCRIPTS, "config", "models", "secrets")
"""Folders beside those of a mode's roles and tenants."""


@dataclass(frozen=True, slots=True)
class _Taken:
    """Ids of a kind that are in use already."""

    kind: str
    ids: Iterable[str]
    why: str


_INDEX = "its page would replace the index"
_FOLDER = "deploy/<mode>/{} belongs to the mode itself"
_TAKEN = (
    _Taken("service", LOOPBACK, "every container uses this name for itself"),
    _Taken("service", ["index"], _INDEX),
    _Taken("runbook", ["index"], _INDEX),
    *(_Taken(kind, [folder], _FOLDER.format(folder)) for kind in ("role", "tenant") for folder in OF_A_MODE),
    _Taken("profile", [JOB_PROFILE], "it starts the jobs"),
)


@rule(
    "PLB122",
    title="Reserved ID",
    why="IDs become names of hosts, pages, folders and profiles, and this one already means something else.",
    fix="Choose another ID.",
    failing="services/web.yaml: {profile: job}",
    passing="services/web.yaml: {profile: extra}",
)
def taken_id(spec: Spec) -> Iterator[Violation]:
    """Ids that Compose, Docker or the generators use themselves."""
    for kind, paths in _paths_by_kind(spec).items():
        for path, id in paths:
            for taken in _TAKEN:
                if taken.kind == kind and id in taken.ids:
                    message = f"a {kind} cannot be called `{id}`: {taken.why}"
                    yield Violation(path, message, at_key=kind in ("role", "tenant"))


def _paths_by_kind(spec: Spec) -> Mapping[str, Iterable[tuple[PathText, str]]]:
    profiles = (
        (each.path("profile"), each.service.profile) for each in placed_services(spec) if each.service.kind != "job"
    )
    return {
        "service": [(path_of("services", id), id) for id in spec.services],
        "runbook": [(path_of("runbooks", id), id) for id in spec.runbooks],
        "tenant": [(path_of("tenants", id), id) for id in spec.tenants.tenants],
        "role": [
            (path_of("topology", mode, "roles", id), id) for mode in spec.modes for id in spec.topology[mode].roles
        ],
        "profile": dict.fromkeys((path, profile) for path, profile in profiles if profile),
    }


@rule(
    "PLB123",
    title="Different things with the same generated name",
    why=(
        "Volumes, projects and servers are named after several IDs with hyphens between them. `a-b` and `c` give "
        "the same name as `a` and `b-c`, so two separate things become one."
    ),
    fix="Rename one of them.",
    failing="""
services/db.yaml: {volumes: {data-old: /var/lib/old}}
services/db-data.yaml:
  {title: Archive, summary: Keeps what is old., image: postgres, user: "70:70", segments: [back], volumes: {old: /srv},
   health: {command: [/bin/true]}, limits: {memory_mib: 64, cpus: 0.1}}
topology/single.yaml: {roles: {host: {services: [web, db, db-data]}}}
""",
    passing="services/db.yaml: {volumes: {data-old: /var/lib/old}}",
)
def one_name(spec: Spec) -> Iterator[Violation]:
    """Volumes of one project, projects, and servers of one provider's project, whose names are put together alike."""
    yield from once((*_volumes(spec), *_projects(spec), *_servers(spec)))


def _volumes(spec: Spec) -> Iterator[Violation]:
    for each in deployments(spec):
        named = (
            (volume_name(name, volume), f"volume {volume} of {name}", path_of("services", name))
            for name, service in each.services.items()
            for volume in service.volumes
        )
        yield from _same("volume", named)


def _projects(spec: Spec) -> Iterator[Violation]:
    named = (
        (each.project, each.folder, path_of("topology", each.mode, "roles", each.role)) for each in deployments(spec)
    )
    yield from _same("project", named)


def _servers(spec: Spec) -> Iterator[Violation]:
    for mode in spec.modes:
        topology = spec.topology[mode]
        if topology.cloud:
            pattern = topology.cloud.names.server
            named = (
                (
                    pattern.replace("{tenant}", tenant).replace("{role}", role),
                    f"role {role} of tenant {tenant}",
                    path_of("tenants", tenant),
                )
                for tenant in spec.tenants.tenants
                for role in topology.roles
            )
            yield from _same("server", named)


def _same(kind: str, named: Iterable[tuple[str, str, PathText]]) -> Iterator[Violation]:
    owners: dict[str, str] = {}
    for name, owner, path in named:
        if name in owners:
            yield Violation(path, f"{owner} and {owners[name]} both get the {kind} name `{name}`", at_key=True)
        owners.setdefault(name, owner)
