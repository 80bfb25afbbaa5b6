"""PLB126, PLB127: volumes that a service shares with the one whose they are."""

from collections.abc import Callable, Iterator

from plumbline.effective.deployment import Deployment, deployments, field_path, services_of
from plumbline.effective.volumes import gives_owners
from plumbline.spec.finding import Severity
from plumbline.spec.paths import path_of
from plumbline.spec.spec import Spec
from schema.service import Service, SharedVolume
from validators.rules.effective_services import once
from validators.rules.registry import Violation, rule

Check = Callable[[Spec, Deployment, str, SharedVolume], str | None]
"""What is wrong with a share of a service, if anything."""


def _example(share: str = "service: db, volume: data", more: str = "") -> str:
    return f"services/web.yaml: {{shares: [{{{share}, target: /srv/data{more}}}]}}\n"


@rule(
    "PLB126",
    title="Shared volume that does not exist",
    why="A volume belongs to one service on one node. Mounting anything else creates a new, empty volume.",
    fix="Name a volume of a service on the same role. List the service's own volumes in `volumes`.",
    failing=_example("service: db, volume: date"),
    passing=_example(),
)
def nothing_to_share(spec: Spec) -> Iterator[Violation]:
    """Shares of volumes that their service has not, or has on another node."""
    yield from once(found for each in deployments(spec) for found in _shares(spec, each, _missing))


@rule(
    "PLB127",
    title="Shared volume that two users write to",
    severity=Severity.WARNING,
    why=(
        "Files belong to the user that writes them: the other user cannot change or delete them, and may not be "
        "able to read them."
    ),
    fix="Mount it with `read_only: true`, or run both services with the same user or group.",
    failing=_example(more=", read_only: false"),
    passing=_example(),
)
def two_writers(spec: Spec) -> Iterator[Violation]:
    """Volumes that are written by services with neither user nor group in common."""
    yield from once(found for each in deployments(spec) for found in _shares(spec, each, _written_by_two))


def _shares(spec: Spec, deployment: Deployment, check: Check) -> Iterator[Violation]:
    for name, service in deployment.services.items():
        at = field_path(name, spec.services[name], deployment.mode, "shares")
        for index, share in enumerate(service.shares):
            if share.service in spec.services and (wrong := check(spec, deployment, name, share)):
                yield Violation(path_of(at, index), wrong)


def _missing(spec: Spec, deployment: Deployment, name: str, share: SharedVolume) -> str | None:
    if share.service == name:
        return f"{name} shares a volume with itself"
    owner = deployment.services.get(share.service)
    if owner:
        return None if share.volume in owner.volumes else f"`{share.service}` has no volume `{share.volume}`"
    if share.service not in services_of(spec, deployment.mode):
        return f"`{share.service}` is placed nowhere in mode {deployment.mode}"
    return f"{name} is on role {deployment.role} in mode {deployment.mode}, but `{share.service}` is not"


def _written_by_two(spec: Spec, deployment: Deployment, name: str, share: SharedVolume) -> str | None:
    one, other = deployment.services[name], deployment.services.get(share.service)
    if share.read_only or other is None or share.volume not in other.volumes:
        return None
    if _have_one_owner(one, other) or gives_owners(one):
        return None
    return f"{name} writes as {one.user}, but {share.service} as {other.user}"


def _have_one_owner(one: Service, other: Service) -> bool:
    """Whether user or group are the same, or not known: an image's own."""
    if one.user is None or other.user is None:
        return True
    return any(mine == others for mine, others in zip(one.user.split(":"), other.user.split(":"), strict=True))
