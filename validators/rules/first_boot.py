"""PLB52x: what a cloud server makes of itself at its first boot, and what it lets in from its neighbours."""

from collections.abc import Iterator

from generators.cloud.desired import cloud_tenants
from generators.cloud.first_boot import LIMIT, user_data
from generators.offline.scripts import LEAST
from plumbline.effective.deployment import roles_of, services_of
from plumbline.effective.node_links import deployment_of
from plumbline.spec.paths import path_of
from plumbline.spec.spec import Spec
from schema.cloud import Cloud
from schema.topology import Topology
from validators.rules.cloud_examples import cloud_example
from validators.rules.registry import Violation, rule

TAKEN = frozenset({
    "root", "daemon", "bin", "sys", "sync", "games", "man", "lp", "mail", "news", "uucp", "proxy", "www-data", "backup", "list",
    "irc", "nobody", "adm", "tty", "disk", "kmem", "dialout", "fax", "voice", "cdrom", "floppy", "tape", "sudo", "audio", "dip",
    "operator", "src", "shadow", "utmp", "video", "sasl", "plugdev", "staff", "users", "nogroup", "docker", "sshd",
})  # fmt: skip
"""Users and groups that Debian and the packages of a node bring themselves."""
_TENANT = "tenants.yaml: {tenants: {acme: {title: Acme, octet: 1, state: ACTIVE}}}\n"
_SHARED = """\
    all:
      title: All tenants.
      scope: shared
      size: {vcpus: 4, memory_mib: 8192, disk_gb: 80, reserve_mib: 512}
      services: [web]
"""


_MANY_KEYS = f'k0: &key {{public_key: "ssh-ed25519 AAAA {"x" * 700}"}}, ' + ", ".join(
    f"k{number}: *key" for number in range(1, 45)
)


@rule(
    "PLB520",
    title="User data larger than the cloud accepts",
    why="The provider refuses a server whose user data exceeds 32 KiB, and the network and volume already exist by then.",
    fix="Use fewer or shorter `ssh_keys`.",
    failing=_TENANT + cloud_example(keys=_MANY_KEYS),
    passing=_TENANT + cloud_example(),
)
def too_much_user_data(spec: Spec) -> Iterator[Violation]:
    """Roles whose user data is over the limit, for the tenant of the longest id."""
    longest: dict[str, str] = {}
    for mode, tenant in cloud_tenants(spec):
        longest[mode] = max(longest.get(mode, ""), tenant, key=len)
    for mode, tenant in longest.items():
        for name, role in spec.topology[mode].roles.items():
            size = len(user_data(spec, mode, tenant, name).encode()) if role.scope == "tenant" else 0
            if size > LIMIT:
                yield Violation(
                    path_of("topology", mode, "roles", name),
                    f"user data of tenant {tenant} has {size} bytes",
                    expected=f"at most {LIMIT}",
                    observed=str(size),
                    at_key=True,
                )


@rule(
    "PLB521",
    title="OS image whose Docker is too old for the stack",
    why="Servers install Docker from their distribution. Health checks with a start interval need Engine 25, and the "
    "stack needs Compose. With anything older, nothing starts.",
    fix="Use an image of catalogue.yaml whose `docker` is new enough.",
    failing=cloud_example(docker='{engine: "20.10", packages: [docker.io]}'),
    passing=cloud_example(),
)
def unfit_system(spec: Spec) -> Iterator[Violation]:
    """Images whose packages are unknown, or too old."""
    for mode, _, cloud in _clouds(spec):
        image = spec.catalogue.images.get(cloud.image)
        if image is None:
            continue
        path, docker = path_of("topology", mode, "cloud", "image"), image.docker
        if docker is None:
            yield Violation(path, f"the catalogue does not say which Docker {cloud.image} can install")
        elif docker.compose is None:
            yield Violation(path, f"{cloud.image} has Engine {docker.engine}, but no Compose package")
        elif _older(docker.engine, LEAST.engine) or _older(docker.compose, LEAST.compose):
            yield Violation(
                path,
                f"{cloud.image} has Engine {docker.engine} and Compose {docker.compose}",
                expected=f"at least {LEAST.engine} and {LEAST.compose}",
                observed=f"{docker.engine} and {docker.compose}",
            )


@rule(
    "PLB522",
    title="Administrator name that Debian already uses",
    why="The account or group already exists, so it is not created, and nobody can log in.",
    fix="Choose a name that Debian does not use, e.g. `ops`.",
    failing=cloud_example(administrator="operator"),
    passing=cloud_example(administrator="ops"),
)
def taken_administrator(spec: Spec) -> Iterator[Violation]:
    """Administrators that Debian has already."""
    for mode, _, cloud in _clouds(spec):
        name = cloud.first_boot.administrator
        if name in TAKEN:
            yield Violation(
                path_of("topology", mode, "cloud", "first_boot", "administrator"),
                f"Debian already has a user or group `{name}`",
                observed=name,
            )


@rule(
    "PLB523",
    title="Role with a volume and more than one node",
    why="A volume is attached to one server. On every other node of the role, the engine waits for it forever.",
    fix="Keep `count` and `max_count` at 1 for the role and for its variants.",
    failing=cloud_example(max_count=3),
    passing=cloud_example(),
)
def shared_volume(spec: Spec) -> Iterator[Violation]:
    """Roles with the volume that may have several nodes."""
    for mode, topology, cloud in _clouds(spec):
        for name, role in topology.roles.items():
            if cloud.volume.role in (name, role.variant_of) and max(role.count, role.max_count) > 1:
                yield Violation(
                    path_of("topology", mode, "roles", name),
                    f"may have {max(role.count, role.max_count)} nodes, but the volume is attached to one",
                    at_key=True,
                )


@rule(
    "PLB524",
    title="Cloud volume for a role that keeps no state",
    why="The volume stays empty, and the stores keep their data on a disk that is lost with the server.",
    fix="Name the role whose services have `volumes`.",
    failing="services/db.yaml: {volumes: null}\n" + cloud_example(),
    passing=cloud_example(),
)
def idle_volume(spec: Spec) -> Iterator[Violation]:
    """Volumes of roles without a service that keeps state."""
    for mode, topology, cloud in _clouds(spec):
        if cloud.volume.role not in topology.roles:
            continue
        deployment = deployment_of(spec, mode, cloud.volume.role)
        if not any(service.volumes for service in (deployment.services.values() if deployment else ())):
            yield Violation(
                path_of("topology", mode, "cloud", "volume", "role"),
                f"no service of role {cloud.volume.role} has a volume",
                observed=cloud.volume.role,
            )


@rule(
    "PLB525",
    title="Need between a shared role and a tenant role",
    why="Shared nodes are in no tenant's network. The port is published, but nobody can reach it.",
    fix="Place both services in roles of one scope, or make the link another way, as `entry.backend` does.",
    failing=cloud_example(services="[db]", others=_SHARED),
    passing=cloud_example(),
)
def need_without_a_way(spec: Spec) -> Iterator[Violation]:
    """Needs between a shared role and a tenant's."""
    for mode, topology, _ in _clouds(spec):
        for name, service in services_of(spec, mode).items():
            for need in service.needs:
                here, there = (
                    {topology.roles[role].scope for role in roles_of(spec, mode, each)} for each in (name, need)
                )
                if here and there and here != there:
                    yield Violation(
                        path_of("services", name, "needs", need),
                        f"`{name}` runs on {'/'.join(sorted(here))} nodes, but `{need}` on {'/'.join(sorted(there))} nodes",
                    )


def _older(version: str, least: str) -> bool:
    return [int(part) for part in version.split(".")] < [int(part) for part in least.split(".")]


def _clouds(spec: Spec) -> Iterator[tuple[str, Topology, Cloud]]:
    for mode, topology in spec.topology.items():
        if topology.cloud:
            yield mode, topology, topology.cloud
