"""What a tenant's state means for its objects. One place for all who ask."""

from typing import Any

WITH_OBJECTS = ("PROVISIONING", "ACTIVE", "SUSPENDED")
"""States in which objects are made and kept as desired."""
ENDING = ("DEPROVISIONING", "FAILED")
"""States in which nothing is made any more and something may be left: on its way out, or half-way made."""
WITHOUT_OBJECTS = ("PENDING", "DEPROVISIONED")
"""States in which nothing exists: not yet, or not any more."""


def state_of(desired: dict[str, Any]) -> str:
    """A tenant's state; a desired state that does not say is of a tenant that is to be there."""
    return str(desired.get("state", "ACTIVE"))


def makes(desired: dict[str, Any]) -> bool:
    """Whether objects are made for a tenant in its present state."""
    return state_of(desired) in WITH_OBJECTS


def objects_now(desired: dict[str, Any]) -> list[dict[str, Any]]:
    """What must exist for a tenant in its present state."""
    return list(desired["objects"]) if makes(desired) else []
