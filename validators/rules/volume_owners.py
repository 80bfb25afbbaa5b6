"""PLB315: whether a service may write to its new volumes, by what the image's contract says of its folders."""

import posixpath
from collections.abc import Iterator

from plumbline.effective.deployment import Deployment, deployments
from plumbline.effective.node_folders import ENTER, WRITE, has_rights
from plumbline.effective.volumes import calls_of_chown, gives_owners, services_sharing
from plumbline.spec.paths import PathText, path_of
from plumbline.spec.spec import Spec
from schema.contract import ImageFolder
from schema.service import Service
from validators.rules.effective_services import Placed, once
from validators.rules.registry import Violation, rule

_ROOTS = ImageFolder(owner="0:0")
"""What a new volume is where the image has no folder at its path: root's, mode 0755 (moby, volume/local/local.go)."""
_CONTRACT = (
    'contracts/postgres.yaml: {read: {tag: "16.15-alpine"}, folders: {/var/lib/postgresql/data: {owner: "70:70"}}}\n'
)
_JOB = (
    "services/owner.yaml: {title: Owner, summary: Gives the volume its owner., kind: job, image: postgres, "
    "entrypoint: [chown], "
    'command: ["70:70", /state], user: "0:0", capabilities: [CHOWN], segments: [back], limits: {memory_mib: 32, cpus: 0.1}, '
    "shares: [{service: db, volume: data, target: /state, read_only: false}]}\n"
    "topology/single.yaml: {roles: {host: {services: [db, web, owner]}}}\n"
)


@rule(
    "PLB315",
    title="New volume that its service cannot write to",
    why=(
        "A new volume belongs to the owner of the image's folder at that path, or to root if the image has "
        "no such folder. Another user cannot write to it: the service does not start, or loses its data."
    ),
    fix=(
        "Mount it where the image has a folder of this user. Or add a job that shares the volume and runs "
        "`chown` as root with only the capability CHOWN, and start the service `after` it."
    ),
    failing=_CONTRACT + "services/db.yaml: {volumes: {data: /state}}\n",
    passing=_CONTRACT + _JOB + "services/db.yaml: {volumes: {data: /state}, after: [owner]}\n",
)
def refused_by_its_volume(spec: Spec) -> Iterator[Violation]:
    """Volumes at paths that the image has not, or has as another user's, unless a job gives them their owner."""
    yield from once(found for each in deployments(spec) for found in _refused(spec, each))


def _refused(spec: Spec, deployment: Deployment) -> Iterator[Violation]:
    for name, service in deployment.services.items():
        contract = spec.contracts.get(service.image)
        if contract is None or contract.folders is None or service.user is None:
            continue
        folders = {posixpath.normpath(path): folder for path, folder in contract.folders.items()}
        for volume, target in service.volumes.items():
            folder = folders.get(posixpath.normpath(target))
            if may_write(service, folder or _ROOTS) or _is_given(deployment, name, service, volume):
                continue
            has = f"has {target} as {folder.owner}, mode {folder.mode}" if folder else f"has no folder {target}"
            yield Violation(
                Placed(spec, deployment.mode, name, service).path("volumes", volume),
                f"`{name}` runs as {service.user}, but image {service.image} {has}: "
                f"the new volume `{volume}` belongs to {(folder or _ROOTS).owner}",
                observed=target,
                also=(
                    (path_of("contracts", service.image, "folders"), "the folders of the image"),
                    (Placed(spec, deployment.mode, name, service).path("user"), "whom it runs as"),
                    *_sharing(spec, deployment, name, volume),
                ),
            )


def may_write(service: Service, folder: ImageFolder) -> bool:
    """Whether a service may make files in a folder."""
    return has_rights(service, folder.owner, int(folder.mode, 8), WRITE | ENTER)


def _is_given(deployment: Deployment, name: str, service: Service, volume: str) -> bool:
    """Whether a job that the service starts after gives a volume the service's user."""
    for job in (deployment.services[each] for each in service.after if each in deployment.services):
        shared = [each for each in job.shares if (each.service, each.volume) == (name, volume) and not each.read_only]
        if gives_owners(job) and any(
            service.user in words and each.target in words for words in calls_of_chown(job) for each in shared
        ):
            return True
    return False


def _sharing(spec: Spec, deployment: Deployment, name: str, volume: str) -> tuple[tuple[PathText, str], ...]:
    """Where the jobs that share the volume say what they do to it, for one of them may be meant to give it."""
    return tuple(
        (
            Placed(spec, deployment.mode, job, deployment.services[job]).path(field),
            f"{job} shares the volume, but does not change its owner",
        )
        for job in services_sharing(deployment.services, name, volume)
        if deployment.services[job].kind == "job"
        for field in ("user", "command", "shares")
    )
