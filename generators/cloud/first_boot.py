"""What a server does at its first boot: cloud-init's user data. Pure."""

from plumbline.spec import Spec

VOLUME_ID = "@VOLUME_ID@"
"""Stands for the id of the volume, which is known only when it was made."""


def user_data(spec: Spec, mode: str, tenant: str, role: str) -> str:
    """The cloud-config of a role's servers; at most 32 KiB, and no secret in it."""
    return "#cloud-config\npackage_update: true\n"
