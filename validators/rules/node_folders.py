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
    title="Mount of a folder that the service's user cannot read",
    why=(
        "The engine mounts it anyway, and the program finds nothing in it: a log shipper is healthy and "
        "ships no line. Capabilities do not help, because the engine gives them only to root."
    ),
    fix=(
        "Run the service as the folder's owner, without capabilities, and add a waiver of PLB415 with the "
        "reason. Or mount a folder that the user can read."
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
                (
                    f"service {placed.id} runs as {placed.service.user}, and {mount.source} is root's, mode "
                    f"{folder.mode:04o}"
                ),
                observed=mount.source,
                also=((placed.path("user"), "the user"),),
            )
