"""PLB510, PLB518, PLB526, PLB527: room for what services keep."""

from collections.abc import Iterator
from pathlib import PurePosixPath

from generators.cloud.desired import carries_volume, servers_of
from plumbline.effective.deployment import Deployment, deployments, effective, field_path
from plumbline.spec.paths import PathText, path_of
from plumbline.spec.spec import Spec
from validators.rules.cloud_examples import cloud_example
from validators.rules.cloud_lookup import clouds
from validators.rules.effective_services import once, placed_services
from validators.rules.registry import Violation, rule


@rule(
    "PLB510",
    title="Volumes larger than the disk, or size of an unknown volume",
    why="A store that fills its disk stops in the middle of a write, and so do all others on that disk.",
    fix=(
        "Give the cloud volume, or the role's disk, at least the sum of `volume_gb`. Name only volumes of the "
        "service there."
    ),
    failing="services/db.yaml: {volume_gb: {data: 50}}",
    passing="services/db.yaml: {volume_gb: {data: 20}}",
)
def no_room(spec: Spec) -> Iterator[Violation]:
    """Roles whose services need more than their disk, or their cloud volume, has; sizes of volumes that are none."""
    yield from once(_sizes_of_nothing(spec))
    oversized = _oversized(spec)
    for (id, volume), rooms in oversized.items():
        told = ", ".join(f"{room} GB of role {role} in mode {mode}" for mode, role, _, room in rooms)
        yield Violation(
            path_of("services", id, "volume_gb", volume),
            f"`{volume}` of `{id}` alone is larger than the room: {told}",
            also=tuple((path, f"{room} GB") for _, _, path, room in rooms),
        )
    told_of = {path for rooms in oversized.values() for _, _, path, _ in rooms}
    for deployment in deployments(spec):
        path, room = _room_of(spec, deployment)
        needed = sum(size for _, _, size in _sizes(deployment))
        if needed > room and path not in told_of:
            yield Violation(
                path,
                f"the volumes of role {deployment.role} need {needed} GB, but this is {room} GB",
                expected=f"at least {needed}",
                observed=str(room),
            )


def _oversized(spec: Spec) -> dict[tuple[str, str], list[tuple[str, str, PathText, float]]]:
    """Volumes that fit into none of two or more rooms, with mode, role, path and size of each: not each room is too small."""
    fitting: set[tuple[str, str]] = set()
    found: dict[tuple[str, str], list[tuple[str, str, PathText, float]]] = {}
    for deployment in deployments(spec):
        path, room = _room_of(spec, deployment)
        for id, volume, size in _sizes(deployment):
            if size > room:
                found.setdefault((id, volume), []).append((deployment.mode, deployment.role, path, room))
            else:
                fitting.add((id, volume))
    return {key: rooms for key, rooms in found.items() if len(rooms) > 1 and key not in fitting}


def _sizes(deployment: Deployment) -> Iterator[tuple[str, str, float]]:
    """Service, volume and GB of each volume that a project keeps."""
    for id, service in deployment.services.items():
        yield from ((id, volume, size) for volume, size in service.volume_gb.items() if volume in service.volumes)


def _room_of(spec: Spec, deployment: Deployment) -> tuple[PathText, float]:
    """Where the room of a role's volumes is declared, and its GB: the cloud volume, or the role's disk."""
    topology = spec.topology[deployment.mode]
    if topology.cloud and topology.cloud.volume.role == deployment.role:
        return path_of("topology", deployment.mode, "cloud", "volume", "size_gb"), topology.cloud.volume.size_gb
    disk = path_of("topology", deployment.mode, "roles", deployment.role, "size", "disk_gb")
    return disk, topology.roles[deployment.role].size.disk_gb


@rule(
    "PLB518",
    title="Cloud volume without a server",
    why="The stores write to the server's own disk, and lose everything with the server.",
    fix="Name a role that has its own server, or whose variant has one.",
    failing=cloud_example(count=0),
    passing=cloud_example(count=1),
)
def homeless_volume(spec: Spec) -> Iterator[Violation]:
    """Volumes whose role has no server."""
    for mode, topology, cloud in clouds(spec):
        if not any(carries_volume(topology, role, index) for role, index in servers_of(topology)):
            yield Violation(
                path_of("topology", mode, "cloud", "volume", "role"),
                f"role {cloud.volume.role} has no tenant server",
            )


def _sizes_of_nothing(spec: Spec) -> Iterator[Violation]:
    for each in placed_services(spec):
        own = spec.services[each.id]
        # the room may stand once for all modes, and the volume in some of them
        known = own.volumes.keys() | {volume for mode in spec.modes for volume in effective(own, mode).volumes}
        for volume in sorted(each.service.volume_gb.keys() - known):
            yield Violation(each.path("volume_gb", volume), f"`{each.id}` has no volume `{volume}`", at_key=True)


_MOUNTED = "services/web.yaml: {mounts: [{source: /mnt/data/web, target: /srv/web, read_only: false}]}\n"
_SECOND = """\
    second: {title: Second, server_type: cx33, first_host: 20, services: [%s],
             size: {vcpus: 4, memory_mib: 8192, disk_gb: 80, reserve_mib: 512}}
"""


@rule(
    "PLB526",
    title="Mount of a cloud volume on a node that has none",
    why="On that node, the folder is on the server's own disk, and its content is lost with the server.",
    fix="Place the service on the role of `cloud.volume`, or mount another folder.",
    failing=_MOUNTED + cloud_example(services="[db]", others=_SECOND % "web"),
    passing=_MOUNTED + cloud_example(),
)
def mounts_a_volume_elsewhere(spec: Spec) -> Iterator[Violation]:
    """Mounts below the cloud volume's folder, of services on other roles."""
    yield from once(_mounted_elsewhere(spec))


def _mounted_elsewhere(spec: Spec) -> Iterator[Violation]:
    for mode, topology, cloud in clouds(spec):
        for each in deployments(spec, mode):
            if cloud.volume.role in (each.role, topology.roles[each.role].variant_of):
                continue
            for name, service in each.services.items():
                base = field_path(name, spec.services[name], mode, "mounts")
                for index, mount in enumerate(service.mounts):
                    if PurePosixPath(mount.source).is_relative_to(cloud.volume.mount):
                        message = f"{mount.source} is on the cloud volume, which role {each.role} does not have"
                        yield Violation(path_of(base, index), message, observed=mount.source)


_SIZED = (
    "services/web.yaml: {{volumes: {{cache: /cache}}, volume_gb: {{cache: 1}}}}\nservices/db.yaml: {{volume_gb: {0}}}\n"
)


@rule(
    "PLB527",
    title="Volume of unknown size on a cloud volume",
    why=(
        "The size of the cloud volume is the sum of these sizes. A volume without a size can fill it, and then all "
        "its stores stop."
    ),
    fix="Add the volume to `volume_gb`, with the space that it needs.",
    failing=_SIZED.format("null") + cloud_example(),
    passing=_SIZED.format("{data: 5}") + cloud_example(),
)
def of_unknown_size(spec: Spec) -> Iterator[Violation]:
    """Volumes of services that give none a size, on a cloud volume on which others do."""
    yield from once(_of_unknown_size(spec))


def _of_unknown_size(spec: Spec) -> Iterator[Violation]:
    for mode, _, cloud in clouds(spec):
        for each in deployments(spec, mode):
            if each.role == cloud.volume.role and any(service.volume_gb for service in each.services.values()):
                for name, service in each.services.items():
                    for volume in () if service.volume_gb else sorted(service.volumes):
                        path = field_path(name, spec.services[name], mode, "volumes", volume)
                        message = f"`volume_gb` has no size for `{volume}` of `{name}`, which is on the cloud volume"
                        yield Violation(path, message, at_key=True)
