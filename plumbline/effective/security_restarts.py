"""When a node restarts for a security update, so that no two roles of a tenant do at once, and tenants one after the other. Pure."""

from plumbline.spec.spec import Spec

_SHIFT_MIN = 7
"""Minutes by which the next tenant is later; the window's end leads to its start."""
_DAY_MIN = 24 * 60


def restart_at(spec: Spec, mode: str, tenant: str, role: str) -> str:
    """Time of day, HH:MM, at which a role's nodes of a tenant restart. Raises ValueError for a mode without a cloud."""
    cloud = spec.topology[mode].cloud
    if cloud is None:
        raise ValueError(f"mode {mode} has no cloud")
    first_boot = cloud.first_boot
    offset = _place(spec, mode, role) * minutes_apart(spec, mode) + spec.tenants.tenants[tenant].octet * _SHIFT_MIN
    hours, minutes = map(int, first_boot.reboot_at.split(":"))
    at = (hours * 60 + minutes + offset % first_boot.reboot_window_min) % _DAY_MIN
    return f"{at // 60:02}:{at % 60:02}"


def minutes_apart(spec: Spec, mode: str) -> int:
    """Minutes between the restarts of two roles of one tenant, at least."""
    cloud = spec.topology[mode].cloud
    return cloud.first_boot.reboot_window_min // max(1, len(_places(spec, mode))) if cloud else 0


def _places(spec: Spec, mode: str) -> list[str]:
    """Roles of a tenant by name, so that their order in the file decides nothing. A variant has the place of its role."""
    roles = spec.topology[mode].roles
    return sorted(name for name, role in roles.items() if role.scope == "tenant" and role.variant_of is None)


def _place(spec: Spec, mode: str, role: str) -> int:
    return _places(spec, mode).index(spec.topology[mode].roles[role].variant_of or role)
