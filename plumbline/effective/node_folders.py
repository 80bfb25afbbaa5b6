"""Folders of a node that are not everybody's, and who may do what in them: what the kernel asks, owner, group, others. Pure."""

import posixpath
from dataclasses import dataclass

from schema.service import Service

READ, WRITE, ENTER = 4, 2, 1
_ALL_RIGHTS = {"DAC_OVERRIDE", "ALL"}


@dataclass(frozen=True)
class NodeFolder:
    """A folder that the engine makes as root's, with what is in it."""

    mode: int
    file: str = ""
    """A file in it, as the engine names one; empty where nothing in it is read by its files."""
    file_mode: int = 0o640


ENGINE_FOLDERS = {
    "/var/lib/docker": NodeFolder(0o710),
    "/var/lib/docker/volumes": NodeFolder(0o701),
    "/var/lib/docker/containers": NodeFolder(0o710, "0f1e2d/0f1e2d-json.log"),
}
"""By their path, those of Engine 26.1 as it makes them (moby, daemon/daemon.go; jsonfilelog.go for the files), all 0:0."""
OWNER = "0:0"


def folder_at(source: str) -> NodeFolder | None:
    """What is known of a path on a node."""
    return ENGINE_FOLDERS.get(posixpath.normpath(source))


def has_rights(service: Service, owner: str, mode: int, wanted: int) -> bool:
    """Whether a service's user has rights by an owner and a mode. Root is an owner like any other where all capabilities are
    dropped: DAC_OVERRIDE alone, or to read DAC_READ_SEARCH, lets it pass, and the engine gives them to no other user."""
    (uid, gid), (owning, group) = (service.user or "0:0").split(":"), owner.split(":")
    added = {each.removeprefix("CAP_") for each in service.capabilities} if uid == "0" else set()
    if added & _ALL_RIGHTS or ("DAC_READ_SEARCH" in added and not wanted & WRITE):
        return True
    shift = 6 if uid == owning else 3 if gid == group else 0
    return mode >> shift & wanted == wanted
