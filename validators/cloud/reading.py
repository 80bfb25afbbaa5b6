"""Reads a project: each kind is listed once, however many tenants there are, and nothing is asked for by name.

A list that cannot be read does not stop the others: the snapshot says which, and why.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import requests
from hcloud import APIException, Client

from generators.cloud.desired import ARCHITECTURE
from plumbline.provisioning.calls import API_ERRORS, code_of, describe_error
from validators.cloud.fields import unknown_fields
from validators.cloud.raw import Raw, at, entries, number, text
from validators.cloud.snapshot import CloudObject, OfferEnd, Snapshot

LISTS = {
    "server": "servers",
    "network": "networks",
    "firewall": "firewalls",
    "volume": "volumes",
    "placement_group": "placement_groups",
    "ssh_key": "ssh_keys",
    "primary_ip": "primary_ips",
    "floating_ip": "floating_ips",
    "load_balancer": "load_balancers",
    "certificate": "certificates",
    "zone": "zones",
    "server_type": "server_types",
}
"""Every kind that is listed whole, and what the API calls it."""
IMAGES = {"type": ["system", "snapshot", "backup"], "include_deprecated": "true"}
PER_PAGE = 50
MOST_PAGES = 200
FATAL = ("unauthorized",)
"""What every further list would be answered too."""
ODD = (KeyError, TypeError, AttributeError, ValueError)
"""What an answer in no known form can end with."""


class Unlisted(Exception):
    """A list that did not come whole; the message says why."""


def read_project(api: Client, zones: Iterable[str]) -> Snapshot:
    """The project as it is now; a token that may only read is enough. Raises what the SDK raises while nothing could be read."""
    lists: dict[str, tuple[str, str, dict[str, Any]]] = {
        kind: (f"/{plural}", plural, {}) for kind, plural in LISTS.items()
    }
    lists |= {"image": ("/images", "images", IMAGES)}
    lists |= {f"record {zone}": (f"/zones/{zone}/rrsets", "rrsets", {}) for zone in sorted(set(zones))}
    raws: dict[str, list[Raw]] = {}
    unread: dict[str, str] = {}
    for kind, (path, plural, query) in lists.items():
        try:
            raws[kind] = list(_every(api, path, plural, query))
        except (Unlisted, *API_ERRORS, *ODD) as error:
            if code_of(error) in FATAL or (not raws and isinstance(error, requests.RequestException)):
                raise
            # no such zone: that it is missing, the list of zones says
            if not (kind.startswith("record ") and code_of(error) == "not_found"):
                unread[kind] = f"GET {path}: {_why(error)}"
    return snapshot_of(raws, unread)


def _why(error: Exception) -> str:
    if isinstance(error, Unlisted):
        return str(error)
    if isinstance(error, APIException):
        return f"{error.message} ({error.code})"
    return describe_error(error) if isinstance(error, API_ERRORS) else "the answer has an unknown form"


def _every(api: Client, path: str, plural: str, query: dict[str, Any]) -> Iterator[Raw]:
    """All objects of a list. Raises Unlisted for one without an end, and for what is no list."""
    page = 1
    for _ in range(MOST_PAGES):
        answer = api.request("GET", path, params={**query, "page": page, "per_page": PER_PAGE})
        found = entries(answer, plural)
        if found is None:
            raise Unlisted(f"the answer has no list of {plural}")
        yield from found
        following = number(answer, "meta.pagination.next_page")
        if following is None:
            return
        if following <= page:
            raise Unlisted(f"after page {page} comes page {following}: the list has no end")
        page = following
    raise Unlisted(f"more than {MOST_PAGES} pages")


def snapshot_of(raws: dict[str, list[Raw]], unread: dict[str, str]) -> Snapshot:
    """What lists say, by kind. Nothing in them is trusted to have its form."""
    types, images = raws.pop("server_type", []), raws.get("image", [])
    seen = [
        CloudObject(kind.partition(" ")[0], raw, kind.partition(" ")[2])
        for kind, found in raws.items()
        for raw in found
        if kind != "image" or text(raw, "type") != "system"
    ]
    unknown = [unknown_fields(kind.split(" ")[0], found) for kind, found in raws.items()]
    return Snapshot(
        objects=tuple(seen),
        server_types={text(raw, "name") or "": _places(raw) for raw in types},
        disks=frozenset(disk for raw in types if (disk := number(raw, "disk")) is not None),
        images={
            text(raw, "name") or "": _offer(raw)
            for raw in images
            if text(raw, "type") == "system" and text(raw, "architecture") in (None, ARCHITECTURE)
        },
        unread=unread,
        unknown=frozenset().union(*unknown),
    )


def _places(server_type: Raw) -> dict[str, OfferEnd]:
    """Where a type is offered; the API has named a place in either way."""
    return {
        name: _offer(place)
        for place in entries(server_type, "locations") or []
        if (name := text(place, "name") or text(place, "location.name"))
    }


def _offer(raw: Raw) -> OfferEnd:
    end = at(raw, "deprecation.unavailable_after")
    return OfferEnd(end[:10] if isinstance(end, str) else None)
