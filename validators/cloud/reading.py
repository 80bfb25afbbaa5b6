"""Reads a project: each kind is listed once, however many tenants there are, and nothing is asked for by name."""

from collections.abc import Iterable, Iterator
from typing import Any

from hcloud import Client

from generators.cloud.desired import ARCHITECTURE
from plumbline.provisioning.calls import Failed
from plumbline.provisioning.kinds import Project
from plumbline.provisioning.servers import kinds
from validators.cloud.snapshot import Offer, Seen, Snapshot


class Whole(Project):
    """All of a project's objects, whoever owns them."""

    def __init__(self, api: Client):
        super().__init__(api)
        self.names: dict[tuple[str, int], str] = {}

    def name_of(self, kind: str, id: int) -> str:
        """The name of an object, without a search."""
        return self.names.get((kind, id), f"#{id}")


def read(api: Client, zones: Iterable[str]) -> Snapshot:
    """The project as it is now; a token that may only read is enough. Raises what the SDK raises."""
    project, readers = Whole(api), kinds()
    bound = {name: list(kind.client(project).get_all()) for name, kind in readers.items() if name != "record"}
    for kind, objects in bound.items():
        project.names |= {(kind, each.id): each.name for each in objects}
    seen = [
        {**readers[kind].seen(project, each), **_MORE.get(kind, _nothing)(project, each)}
        for kind, objects in bound.items()
        for each in objects
    ]
    there: set[str] = set()
    for zone in sorted(set(zones)):
        try:
            records = readers["record"].listed(project, None, [{"zone": zone}])
        except Failed:
            continue  # there is no such zone
        there.add(zone)
        seen += [readers["record"].seen(project, each) for each in records]
    seen += [*_addresses(project), *_certificates(api), *_load_balancers(api)]
    return Snapshot(tuple(seen), _server_types(api), _images(api), frozenset(there))


def _nothing(project: Whole, bound: Any) -> Seen:
    return {}


def _server(project: Whole, bound: Any) -> Seen:
    return {
        "networks": {
            project.name_of("network", each.network.id): ", ".join([each.ip, *sorted(each.alias_ips or [])])
            for each in bound.private_net
        },
        "volumes": sorted(project.name_of("volume", each.id) for each in bound.volumes),
        "ipv4": "no" if bound.public_net.ipv4 is None else "blocked" if bound.public_net.ipv4.blocked else "yes",
        "backups": bound.backup_window,
        "iso": bound.iso.name if bound.iso else None,
        "rescue": bound.rescue_enabled,
    }


def _network(project: Whole, bound: Any) -> Seen:
    return {
        "routes": {each.destination: each.gateway for each in bound.routes},
        "members": sorted(project.name_of("server", each.id) for each in bound.servers or []),
    }


def _firewall(project: Whole, bound: Any) -> Seen:
    return {
        "selectors": sorted(each.label_selector.selector for each in bound.applied_to if each.label_selector),
        "members": sorted(project.name_of("server", each.server.id) for each in bound.applied_to if each.server),
    }


def _volume(project: Whole, bound: Any) -> Seen:
    return {"server": project.name_of("server", bound.server.id) if bound.server else None}


def _placement_group(project: Whole, bound: Any) -> Seen:
    return {"members": sorted(project.name_of("server", each) for each in bound.servers)}


_MORE = {
    "server": _server,
    "network": _network,
    "firewall": _firewall,
    "volume": _volume,
    "placement_group": _placement_group,
}
"""What the engine has no use for and a comparison has, by kind."""


def _addresses(project: Whole) -> Iterator[Seen]:
    for each in project.api.primary_ips.get_all():
        yield {
            "kind": "primary_ip",
            "name": each.name,
            "labels": each.labels,
            "ip": each.ip,
            "server": project.name_of("server", each.assignee_id) if each.assignee_id else None,
        }


def _certificates(api: Client) -> Iterator[Seen]:
    for each in api.certificates.get_all():
        failed = each.status and "failed" in (each.status.issuance, each.status.renewal)
        yield {
            "kind": "certificate",
            "name": each.name,
            "labels": each.labels,
            "domains": sorted(each.domain_names or []),
            "until": each.not_valid_after.date().isoformat() if each.not_valid_after else None,
            "failed": bool(failed),
        }


def _load_balancers(api: Client) -> Iterator[Seen]:
    for each in api.load_balancers.get_all():
        yield {"kind": "load_balancer", "name": each.name, "labels": each.labels}


def _server_types(api: Client) -> dict[str, dict[str, Offer]]:
    return {
        str(each.name): {str(place.location.name): _offer(place) for place in each.locations or []}
        for each in api.server_types.get_all()
    }


def _images(api: Client) -> dict[str, Offer]:
    listed = api.images.get_all(type=["system"], architecture=[ARCHITECTURE], include_deprecated=True)
    return {str(each.name): _offer(each) for each in listed}


def _offer(bound: Any) -> Offer:
    end = bound.deprecation and bound.deprecation.unavailable_after
    return Offer(end.date().isoformat() if end else None)
