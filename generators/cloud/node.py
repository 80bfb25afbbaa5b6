"""Where things are on a node: what first boot makes and what a roll-out brings agree on it here."""

from plumbline.effective.backups import state_folder
from plumbline.spec.spec import Spec


def home_of(spec: Spec) -> str:
    """Folder of the compose project: compose.yaml, config/, role.env, secrets/."""
    return f"/opt/{spec.platform.name}"


def state_of(spec: Spec) -> str:
    """Folder of what a node remembers for itself: metrics of its own, and what is under way."""
    return state_folder(spec)
