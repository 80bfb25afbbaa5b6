"""PLB510…: room for what services keep."""

from collections.abc import Iterator

from generators.cloud.desired import carries_volume, servers_of
from plumbline.effective.deployment import deployments, effective
from plumbline.spec.paths import inner_path, path_of
from plumbline.spec.spec import Spec
from validators.rules.cloud_examples import cloud_example
from validators.rules.clouds import clouds
from validators.rules.effective_services import once, placed_services
from validators.rules.registry import Violation, rule


@rule(
    "PLB510",
    title="Volumes larger than the disk, or size of an unknown volume",
    why="A store that fills its disk stops in the middle of a write, and so do all others on that disk.",
    fix="Give the cloud volume, or the role's disk, at least the sum of `volume_gb`. Name only volumes of the service there.",
    failing="services/db.yaml: {volume_gb: {data: 50}}",
    passing="services/db.yaml: {volume_gb: {data: 20}}",
)
def no_room(spec: Spec) -> Iterator[Violation]:
    """Roles whose services need more than their disk, or their cloud volume, has; sizes of volumes that are none."""
    yield from once(_sizes_of_nothing(spec))
    for deployment in deployments(spec):
        topology = spec.topology[deployment.mode]
        needed = sum(
            size
            for service in deployment.services.values()
            for volume, size in service.volume_gb.items()
            if volume in service.volumes
        )
        path, room = (
            inner_path("roles", deployment.role, "size", "disk_gb"),
            topology.roles[deployment.role].size.disk_gb,
        )
        if topology.cloud and topology.cloud.volume.role == deployment.role:
            path, room = inner_path("cloud", "volume", "size_gb"), topology.cloud.volume.size_gb
        if needed > room:
            yield Violation(
                path_of("topology", deployment.mode, path),
                f"the volumes of role {deployment.role} need {needed} GB, but this is {room} GB",
                expected=f"at least {needed}",
                observed=str(room),
            )


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
