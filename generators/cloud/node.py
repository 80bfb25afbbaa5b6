"""Where things are on a node: what first boot makes and what a roll-out brings agree on it here."""

from plumbline.spec.spec import Spec


def home_of(spec: Spec) -> str:
    """Folder of the compose project: compose.yaml, config/, role.env, secrets/."""
    return f"/opt/{spec.platform.name}"
