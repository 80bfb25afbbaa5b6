"""What is backed up on the nodes of each role, derived from backups.yaml and from where services stand. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from plumbline.effective.deployment import Deployment, deployments
from plumbline.effective.per_spec import per_spec
from plumbline.spec.paths import PathText, path_of
from plumbline.spec.spec import Spec
from schema.backup import KeptFiles, KeptStore
from schema.service import Service

BACKUP_SERIES = frozenset(
    (
        "backup_first_success_timestamp_seconds",
        "backup_last_success_timestamp_seconds",
        "backup_size_bytes",
        "backup_failed",
        "restore_test_last_success_timestamp_seconds",
        "restore_test_failed",
    )
)
"""What backup.sh writes down, each with the label `backup`."""


@dataclass(frozen=True, slots=True)
class KeptThing:
    """A backup that the nodes of a role make."""

    name: str
    """The service's id, or the name of the files."""
    path: PathText
    """Where backups.yaml speaks of it."""
    what: KeptStore | KeptFiles

    @property
    def store(self) -> KeptStore | None:
        """What is kept of a service."""
        return self.what if isinstance(self.what, KeptStore) else None

    @property
    def files(self) -> KeptFiles | None:
        """What is kept of the node itself."""
        return self.what if isinstance(self.what, KeptFiles) else None


def backed_up_modes(spec: Spec) -> list[str]:
    """Modes on servers: elsewhere the customer keeps the host, and exports by hand."""
    return [mode for mode in spec.modes if spec.topology[mode].cloud is not None]


@per_spec
def kept_on(spec: Spec, mode: str, role: str) -> tuple[KeptThing, ...]:
    """The backups of a role's nodes, stores before files; none in a mode without servers."""
    topology = spec.topology[mode]
    if topology.cloud is None or role not in topology.roles:
        return ()
    named = topology.roles[topology.roles[role].variant_of or role]
    known = spec.backups
    stores = [
        KeptThing(name, path_of("backups", "stores", name), each)
        for name, each in known.stores.items()
        if name in named.services and name in spec.services
    ]
    files = [
        KeptThing(name, path_of("backups", "files", name), each)
        for name, each in known.files.items()
        if role in each.roles
    ]
    return (*stores, *files)


def backing_up(spec: Spec) -> Iterator[Deployment]:
    """The deployments whose nodes make backups."""
    for mode in backed_up_modes(spec):
        for deployment in deployments(spec, mode):
            if kept_on(spec, mode, deployment.role):
                yield deployment


def metrics_folder(spec: Spec) -> str:
    """Folder of a node in which its own scripts write metrics, in the text form of Prometheus; whoever tells them mounts it."""
    return f"{state_folder(spec)}/metrics"


def state_folder(spec: Spec) -> str:
    """Folder of what a node remembers for itself."""
    return f"/var/lib/{spec.platform.name}"


def tells_node_metrics(spec: Spec, service: Service) -> bool:
    """Whether a service tells what the scripts of its node write down."""
    return any(mount.source == metrics_folder(spec) for mount in service.mounts)


def told_on(spec: Spec, mode: str) -> Iterator[KeptThing]:
    """The backups of tenants' nodes whose metrics some service there tells."""
    for deployment in deployments(spec, mode):
        telling = any(tells_node_metrics(spec, each) for each in deployment.services.values())
        if telling and spec.topology[mode].roles[deployment.role].scope == "tenant":
            yield from kept_on(spec, mode, deployment.role)


def shared_kept(spec: Spec, mode: str) -> tuple[KeptThing, ...]:
    """The backups of nodes that all tenants share. No collector reaches those: the host of the restore tests tells them to each tenant."""
    if spec.backups.test is None:
        return ()
    roles = [each.role for each in backing_up(spec) if each.mode == mode]
    return tuple(
        kept
        for role in roles
        if spec.topology[mode].roles[role].scope != "tenant"
        for kept in kept_on(spec, mode, role)
    )


def tells_shared(spec: Spec, deployment: Deployment) -> bool:
    """Whether the nodes of a deployment tell their tenant's collector of the shared nodes' backups."""
    mode = deployment.mode
    telling = any(tells_node_metrics(spec, each) for each in deployment.services.values())
    return telling and spec.topology[mode].roles[deployment.role].scope == "tenant" and bool(shared_kept(spec, mode))


def keys_of_backups(spec: Spec, mode: str, role: str) -> tuple[str, ...]:
    """Secrets by which a role's nodes write backups."""
    destination = spec.backups.destination
    if destination is None or not kept_on(spec, mode, role):
        return ()
    return (destination.access_key, destination.secret_key)
