"""What is backed up on the nodes of each role, derived from backups.yaml and from where services stand. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from plumbline.effective.deployment import Deployment, deployments
from plumbline.effective.per_spec import per_spec
from plumbline.spec.paths import PathText, path_of
from plumbline.spec.spec import Spec
from schema.backup import KeptFiles, KeptStore


@dataclass(frozen=True, slots=True)
class Kept:
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
def kept_on(spec: Spec, mode: str, role: str) -> tuple[Kept, ...]:
    """The backups of a role's nodes, stores before files; none in a mode without servers."""
    topology = spec.topology[mode]
    if topology.cloud is None or role not in topology.roles:
        return ()
    named = topology.roles[topology.roles[role].variant_of or role]
    known = spec.backups
    stores = [
        Kept(name, path_of("backups", "stores", name), each)
        for name, each in known.stores.items()
        if name in named.services and name in spec.services
    ]
    files = [
        Kept(name, path_of("backups", "files", name), each) for name, each in known.files.items() if role in each.roles
    ]
    return (*stores, *files)


def backing_up(spec: Spec) -> Iterator[Deployment]:
    """The deployments whose nodes make backups."""
    for mode in backed_up_modes(spec):
        for deployment in deployments(spec, mode):
            if kept_on(spec, mode, deployment.role):
                yield deployment


def keys_of_backups(spec: Spec, mode: str, role: str) -> tuple[str, ...]:
    """Secrets by which a role's nodes write backups."""
    destination = spec.backups.destination
    if destination is None or not kept_on(spec, mode, role):
        return ()
    return (destination.access_key, destination.secret_key)
