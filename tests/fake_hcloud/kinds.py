"""The kinds of objects: what the API calls them, what they can be asked by, what can be edited, what comes in any order."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Sets = Mapping[str, "Sets"]  # which lists of an object have no order; the value is the same about their members

_HOSTNAME = (
    r"(?=.{1,253}$)[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*"
)
_VOLUME = r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62}[A-Za-z0-9])?"
_SHORT = r"\S(?:.{0,126}\S)?"


@dataclass(frozen=True)
class Kind:
    """A kind of objects.

    `filters` are query parameters that must equal the field of that name, `updates` what PUT takes, `name` what a name must
    match, `busy` the error while an action runs on an object (None where nothing runs), `protection` what it can be protected
    against, `hidden` what the fake keeps beside the API's fields.
    """

    plural: str
    singular: str
    filters: tuple[str, ...] = ("name",)
    updates: Mapping[str, type] = field(default_factory=lambda: {"name": str, "labels": dict})
    name: str = _SHORT
    busy: str | None = "locked"
    protection: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    sets: Sets = field(default_factory=dict)


_TARGETS: Sets = {"targets": {"targets": {}}, "services": {}, "private_net": {}}
_RULES: Sets = {"rules": {"source_ips": {}, "destination_ips": {}}, "applied_to": {"applied_to_resources": {}}}
_SERVER: Sets = {"volumes": {}, "private_net": {"alias_ips": {}}, "load_balancers": {}}
_NETWORK: Sets = {"subnets": {}, "routes": {}, "servers": {}, "load_balancers": {}}
_READ_ONLY: Mapping[str, type] = {}
_NETWORK_EDIT = {"name": str, "labels": dict, "expose_routes_to_vswitch": bool}
_FLOATING_IP_EDIT = {"name": str, "labels": dict, "description": str}
_PRIMARY_IP_EDIT = {"name": str, "labels": dict, "auto_delete": bool}

KINDS = {
    kind.plural: kind
    for kind in (
        Kind("servers", "server", ("name", "status"), name=_HOSTNAME, protection=("delete", "rebuild"), sets=_SERVER),
        Kind("networks", "network", updates=_NETWORK_EDIT, busy="conflict", protection=("delete",), sets=_NETWORK),
        Kind("volumes", "volume", ("name", "status"), name=_VOLUME, protection=("delete",)),
        Kind("firewalls", "firewall", sets=_RULES),
        Kind("ssh_keys", "ssh_key", ("name", "fingerprint"), busy=None),
        Kind("placement_groups", "placement_group", ("name", "type"), busy=None, sets={"servers": {}}),
        Kind("primary_ips", "primary_ip", ("name", "ip"), _PRIMARY_IP_EDIT, protection=("delete",)),
        Kind("floating_ips", "floating_ip", updates=_FLOATING_IP_EDIT, protection=("delete",)),
        Kind("load_balancers", "load_balancer", protection=("delete",), sets=_TARGETS),
        Kind("certificates", "certificate", ("name", "type")),
        Kind("zones", "zone", ("name", "mode"), {"labels": dict}, protection=("delete",), hidden=("rrsets",)),
        Kind("images", "image", ("name", "architecture", "type", "status", "bound_to"), _READ_ONLY),
        Kind("server_types", "server_type", updates=_READ_ONLY, busy=None, sets={"locations": {}, "prices": {}}),
        Kind("load_balancer_types", "load_balancer_type", updates=_READ_ONLY, busy=None),
        Kind("locations", "location", updates=_READ_ONLY, busy=None),
    )
}


def fits(kind: str, name: Any) -> bool:
    """Whether the API takes this as a name for an object of the kind."""
    return isinstance(name, str) and re.fullmatch(KINDS[kind].name, name) is not None
