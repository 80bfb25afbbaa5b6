"""Which part of the spec each field of a cloud object comes from. Pure."""

from generators.cloud.desired import Object, spec_path
from plumbline.paths import PathText, path_of

ROLE = "{role}"
"""Stands for the object's role."""
_SERVER: dict[str, tuple[str, ...]] = {
    "name": ("cloud", "names", "server"),
    "types": ("roles", ROLE, "server_type"),
    "address": ("roles", ROLE, "first_host"),
    "image": ("cloud", "image"),
    "location": ("cloud", "location"),
    "network": ("cloud", "names", "network"),
    "firewalls": ("cloud", "names", "firewall"),
    "placement_group": ("cloud", "spread_servers"),
    "ssh_keys": ("cloud", "ssh_keys"),
    "volume": ("cloud", "volume", "role"),
}
_OF_KIND: dict[str, dict[str, tuple[str, ...]]] = {
    "server": _SERVER,
    "placement_group": {"name": ("cloud", "names", "placement_group")},
    "network": {
        "name": ("cloud", "names", "network"),
        "ip_range": ("cloud", "network", "range"),
        "subnets": ("cloud", "network", "subnet"),
    },
    "firewall": {"name": ("cloud", "names", "firewall")},
    "volume": {
        "name": ("cloud", "names", "volume"),
        "size_gb": ("cloud", "volume", "size_gb"),
        "format": ("cloud", "volume", "format"),
        "location": ("cloud", "location"),
    },
    "record": {"ttl_s": ("cloud", "dns", "ttl_s"), "values": ("cloud", "dns", "address")},
}
_OF_ALL: dict[str, tuple[str, ...]] = {"labels": ("cloud", "labels"), "protected": ("cloud", "protected")}


def origin(mode: str, want: Object, field: str) -> PathText:
    """The spec path of a field of a desired object; that of the whole object where the field has none of its own."""
    path = {**_OF_ALL, **_OF_KIND.get(want["kind"], {})}.get(field)
    if path is None:
        return spec_path(mode, want)
    return path_of("topology", mode, *(want["role"] if part == ROLE else part for part in path))
