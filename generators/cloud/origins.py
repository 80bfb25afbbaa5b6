"""Which parts of the spec each field of a cloud object comes from. Pure."""

from generators.cloud.desired import Object, spec_path
from plumbline.spec.paths import PathText, path_of

ROLE = "{role}"
"""Stands for the object's role."""
Places = tuple[tuple[str, ...], ...]
_NETWORK = ("cloud", "network")
_SERVER: dict[str, Places] = {
    "name": (("cloud", "names", "server"),),
    "types": (("roles", ROLE, "server_type"), ("roles", ROLE, "fallbacks")),
    "address": (("roles", ROLE, "first_host"), (*_NETWORK, "subnet")),
    "image": (("cloud", "image"),),
    "location": (("cloud", "location"),),
    "network": (("cloud", "names", "network"),),
    "firewalls": (("cloud", "names", "firewall"),),
    "placement_group": (("cloud", "spread_servers"), ("cloud", "names", "placement_group")),
    "ssh_keys": (("cloud", "ssh_keys"),),
    "volume": (("cloud", "volume", "role"), ("cloud", "names", "volume")),
}
_OF_KIND: dict[str, dict[str, Places]] = {
    "server": _SERVER,
    "placement_group": {"name": (("cloud", "names", "placement_group"),)},
    "network": {
        "name": (("cloud", "names", "network"),),
        "ip_range": ((*_NETWORK, "range"),),
        "subnets": ((*_NETWORK, "subnet"), ("cloud", "network_zone")),
    },
    "firewall": {"name": (("cloud", "names", "firewall"),)},
    "volume": {
        "name": (("cloud", "names", "volume"),),
        "size_gb": (("cloud", "volume", "size_gb"),),
        "format": (("cloud", "volume", "format"),),
        "location": (("cloud", "location"),),
    },
    "record": {
        "name": (("cloud", "dns", "record"),),
        "zone": (("cloud", "dns", "zone"),),
        "type": (("cloud", "dns", "type"),),
        "ttl_s": (("cloud", "dns", "ttl_s"),),
        "values": (("cloud", "dns", "address"), ("cloud", "addresses")),
    },
}
_OF_ALL: dict[str, Places] = {
    "labels": (("cloud", "labels"), ("cloud", "ownership"), ("cloud", "environment")),
    "protected": (("cloud", "protected"),),
}
_BY_OCTET = {"address", "ip_range", "subnets"}


def origin(mode: str, want: Object, field: str) -> PathText:
    """The spec path that decides a field of a desired object; that of the whole object where the field has none of its own."""
    places = _places(mode, want, field)
    return places[0] if places else spec_path(mode, want)


def origins(mode: str, tenant: str, want: Object, field: str) -> tuple[PathText, ...]:
    """Every spec path of a field of a desired object; none where it is the same for all objects of its kind."""
    if want["kind"] == "ssh_key" and field in ("name", "public_key", "fingerprint"):
        return (path_of(spec_path(mode, want), "public_key"),)
    octet = [path_of("tenants", tenant, "octet")] if field in _BY_OCTET else []
    # the tenant's own type takes the place of the role's
    own = [path_of("tenants", tenant, "nodes", want["role"])] if field == "types" else []
    return (*own, *_places(mode, want, field), *octet)


def _places(mode: str, want: Object, field: str) -> list[PathText]:
    places = {**_OF_ALL, **_OF_KIND.get(want["kind"], {})}.get(field, ())
    return [path_of("topology", mode, *(want["role"] if part == ROLE else part for part in each)) for each in places]
