"""PLB432: whether a service may read the folders of its node that it mounts."""

from collections.abc import Iterator

from plumbline.effective.node_folders import ENTER, OWNER, READ, folder_at, has_rights
from plumbline.spec.paths import path_of
from plumbline.spec.spec import Spec
from validators.rules.effective_services import Placed, once, placed_services
from validators.rules.registry import Violation, rule

_LOGS = "mounts: [{source: /var/lib/docker/containers, target: /logs}]"


@rule(
    "PLB432",
    title="Mount of a folder that its user cannot read",
    why=(
        "The engine mounts it all the same, and a program that searches it finds nothing: a log shipper is ready, healthy, and ships "
        "no line. Capabilities do not help a user other than root, to whom the engine gives none."
    ),
    fix=(
        "Run the service as the folder's owner, without any capability, and add a waiver of PLB415 with the reason; or mount a "
        "folder that the user can read."
    ),
    failing=f'services/web.yaml: {{user: "1000:1000", {_LOGS}}}\n',
    passing=f'services/web.yaml: {{user: "0:1000", {_LOGS}}}\n',
)
def unreadable_mount(spec: Spec) -> Iterator[Violation]:
    """Mounts of folders that the engine keeps for root, in services of another user."""
    return once(found for placed in placed_services(spec) for found in _unreadable(placed))


def _unreadable(placed: Placed) -> Iterator[Violation]:
    for index, mount in enumerate(placed.service.mounts):
        folder = folder_at(mount.source)
        if placed.service.user is None or folder is None:
            continue
        if not has_rights(placed.service, OWNER, folder.mode, READ | ENTER):
            yield Violation(
                path_of(placed.path("mounts"), index),
                f"service {placed.id} runs as {placed.service.user}, and {mount.source} is root's, mode {folder.mode:04o}",
                observed=mount.source,
                also=((placed.path("user"), "the user"),),
            )
