"""The mounts of a service in the form of Compose: volumes, folders of the host, folders in memory."""

from typing import Any

from generators.compose.interpolation import literal
from plumbline.effective.volumes import VolumeMount

OPEN = ("/tmp",)
"""Folders in memory that are open to all."""


def tmpfs_options(path: str, user: str | None) -> str:
    """Options of a writable folder in memory: open to all below /tmp, else the user's own."""
    if path in OPEN or user is None:
        return "mode=1777"
    uid, gid = user.split(":")
    return f"uid={uid},gid={gid},mode=0700"


def volume(mount: VolumeMount, name: str) -> dict[str, Any]:
    """What an image holds at the place goes into a new volume by its owner alone, whoever starts first."""
    whole: dict[str, Any] = {"type": "volume", "source": mount.name, "target": mount.target}
    if mount.owner != name:
        whole |= {"read_only": mount.read_only, "volume": {"nocopy": True}}
    return whole


def bind(source: str, target: str, read_only: bool) -> dict[str, Any]:
    """A folder or file of the host; one that is not there is an error, and no new folder of root."""
    return {
        "type": "bind",
        "source": literal(source),
        "target": literal(target),
        "read_only": read_only,
        "bind": {"create_host_path": False},
    }
