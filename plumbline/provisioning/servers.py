"""Servers: made switched off, brought into line, then switched on."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from typing import Any

from hcloud import APIException
from hcloud.firewalls import FirewallResource
from hcloud.locations import Location

from plumbline.provisioning.calls import SOLD_OUT, Failed, finished
from plumbline.provisioning.kinds import (
    Change,
    Firewall,
    Kind,
    Network,
    PlacementGroup,
    Project,
    Record,
    SshKey,
    Volume,
    Want,
)

VOLUME_ID = "@VOLUME_ID@"
"""In user data: the id of the server's volume, which is known only when it was made."""
USER_DATA = "user_data"
"""Label with the first half of the SHA-256 of the user data, for the API never gives user data back."""
SHUTDOWN_POLLS = 60


@dataclass(frozen=True)
class Offer:
    """A server type at a location: whether it can be ordered now, and its price a month, net, in the account's currency."""

    available: bool
    price: float


def user_data_hash(text: str) -> str:
    """As it stands in the label: a label holds at most 63 characters."""
    return sha256(text.encode()).hexdigest()[:32]


class Server(Kind):
    """Its address, firewall and volume are there before it boots for the first time."""

    client_name = "servers"

    def __init__(self) -> None:
        self._types: list[Any] = []

    def offers(self, project: Project, location: str) -> dict[str, Offer]:
        """What the API offers at a location, asked once."""
        self._types = self._types or list(project.api.server_types.get_all())
        return {
            each.name: Offer(bool(place.available), _price(each, location))
            for each in self._types
            for place in each.locations or []
            if place.location.name == location
        }

    def order_of(self, project: Project, want: Want) -> list[str]:
        """The types of the list that exist there, those that can be had now first."""
        offers = self.offers(project, want["location"])
        known = [name for name in want["types"] if name in offers]
        return sorted(known, key=lambda name: not offers[name].available)

    def _type(self, name: str) -> Any:
        return next(each for each in self._types if each.name == name)

    def seen(self, project: Project, bound: Any) -> Want:
        private = next(iter(bound.private_net), None)
        volumes = [project.name_of("volume", each.id) for each in bound.volumes]
        group = bound.placement_group
        return {
            "kind": "server",
            "name": bound.name,
            "type": bound.server_type.name,
            "disk_gb": bound.primary_disk_size,
            "image": bound.image.name if bound.image else None,
            "location": bound.location.name,
            "network": project.name_of("network", private.network.id) if private else None,
            "address": private.ip if private else None,
            "firewalls": sorted(project.name_of("firewall", each.firewall.id) for each in bound.public_net.firewalls),
            "placement_group": project.name_of("placement_group", group.id) if group else None,
            "volume": volumes[0] if volumes else None,
            "protected": bound.protection["delete"],
            "labels": {key: value for key, value in bound.labels.items() if key != USER_DATA},
            USER_DATA: bound.labels.get(USER_DATA),
            "status": bound.status,
        }

    def create(self, project: Project, want: Want) -> Any:
        volume = project.lookup("volume", want["volume"]) if want["volume"] else None
        made = self._ordered(
            project,
            want,
            name=want["name"],
            image=_image(project, want),
            location=Location(name=want["location"]),
            ssh_keys=[project.lookup("ssh_key", name) for name in want["ssh_keys"]],
            firewalls=[project.lookup("firewall", name) for name in want["firewalls"]],
            placement_group=project.lookup("placement_group", want["placement_group"])
            if want["placement_group"]
            else None,
            labels={**want["labels"], USER_DATA: user_data_hash(want[USER_DATA])},
            user_data=want[USER_DATA].replace(VOLUME_ID, str(volume.id) if volume else VOLUME_ID),
            # a fixed address in the private network can only be given to a server that exists
            start_after_create=False,
        )
        finished(made.action, made.next_actions)
        return made.server

    def _ordered(self, project: Project, want: Want, **order: Any) -> Any:
        """Order the first type of the list that can be had; those that are said to be sold out are tried last."""
        for name in self.order_of(project, want):
            try:
                return project.api.servers.create(server_type=self._type(name), **order)
            except APIException as error:
                if error.code not in SOLD_OUT:
                    raise
        raise Failed(
            f"none of {', '.join(want['types'])} can be had in {want['location']}; add a type to the spec's list"
        )

    def must_be_replaced(self, project: Project, want: Want, seen: Want) -> list[str]:
        """What only a new server has: its image, its place, what it did at its first boot, a smaller disk."""
        reasons = [
            f"{field} {seen[field]} → {want[field]}" for field in ("image", "location") if seen[field] != want[field]
        ]
        if seen["type"] not in want["types"] and (new := self.order_of(project, want)):
            disk = self._type(new[0]).disk
            reasons += [f"disk {seen['disk_gb']} → {disk} GB, with type {new[0]}"] if disk < seen["disk_gb"] else []
        return reasons + (["first boot"] if seen[USER_DATA] != user_data_hash(want[USER_DATA]) else [])

    def price_of_another(self, project: Project, want: Want, seen: Want) -> str:
        offers, types = self.offers(project, want["location"]), self.order_of(project, want)
        if not types:
            return ""
        now = f", now {seen['type']}" if seen["type"] != types[0] else ""
        return f"; a new {types[0]} is {offers[types[0]].price:.2f} a month at today's price{now}"

    def changes(self, project: Project, bound: Any, want: Want, seen: Want) -> Iterator[Change]:
        if seen["labels"] != want["labels"]:
            kept = {USER_DATA: seen[USER_DATA]} if seen[USER_DATA] else {}
            yield Change("labels", lambda: bound.update(labels={**want["labels"], **kept}))
        yield from self._in_groups(project, bound, want, seen)
        if seen["type"] not in want["types"]:
            yield self._another_type(project, bound, want, seen)
        if seen["network"] != want["network"] or seen["address"] != want["address"]:
            yield from self._addressed(project, bound, want, seen)
        yield from self._with_volume(project, bound, want, seen)
        if seen["protected"] != want["protected"]:
            word = "protect from deletion" if want["protected"] else "lift the protection from deletion"
            yield Change(word, lambda: self.protect(bound, want["protected"]), leave=not want["protected"])
        if seen["status"] != "running":
            yield Change("switch on", bound.power_on)

    def _in_groups(self, project: Project, bound: Any, want: Want, seen: Want) -> Iterator[Change]:
        itself = [FirewallResource(type="server", server=bound)]
        for name in sorted(set(want["firewalls"]) - set(seen["firewalls"])):
            firewall = project.lookup("firewall", name)
            yield Change(f"put behind firewall {name}", partial(firewall.apply_to_resources, itself))
        for each in bound.public_net.firewalls:
            name = project.name_of("firewall", each.firewall.id)
            if name not in want["firewalls"]:
                yield Change(f"take from firewall {name}", partial(each.firewall.remove_from_resources, itself))
        if seen["placement_group"] != want["placement_group"]:
            what = f"placement group {seen['placement_group']} → {want['placement_group']}; it is switched off for that"
            yield Change(what, lambda: self._regroup(project, bound, want), leave=seen["status"] == "running")

    def _regroup(self, project: Project, bound: Any, want: Want) -> Any:
        self._switched_off(project, bound)
        if bound.placement_group:
            finished(bound.remove_from_placement_group())
        if want["placement_group"]:
            return bound.add_to_placement_group(project.lookup("placement_group", want["placement_group"]))
        return None

    def _another_type(self, project: Project, bound: Any, want: Want, seen: Want) -> Change:
        offers, new = self.offers(project, want["location"]), (*self.order_of(project, want), want["types"][0])[0]
        before, after = (f"{offers[name].price:.2f}" if name in offers else "?" for name in (seen["type"], new))
        what = f"type {seen['type']} → {new}, {before} → {after} a month; it is switched off for that"

        def change() -> Any:
            self._switched_off(project, bound)
            return bound.change_type(self._type(new), upgrade_disk=False)

        return Change(what, change, leave=seen["status"] == "running")

    def _addressed(self, project: Project, bound: Any, want: Want, seen: Want) -> Iterator[Change]:
        for private in bound.private_net:
            yield Change(
                f"leave network {seen['network']}, {private.ip}",
                partial(bound.detach_from_network, private.network),
            )
        yield Change(
            f"join network {want['network']} as {want['address']}",
            lambda: bound.attach_to_network(project.lookup("network", want["network"]), ip=want["address"]),
        )

    def _with_volume(self, project: Project, bound: Any, want: Want, seen: Want) -> Iterator[Change]:
        if seen["volume"] == want["volume"]:
            return
        if seen["volume"]:
            what = f"detach volume {seen['volume']}; it is shut down for that"
            yield Change(what, lambda: self._without_volumes(project, bound), leave=True)
        if want["volume"]:
            yield Change(
                f"attach volume {want['volume']}", lambda: _attached(project.lookup("volume", want["volume"]), bound)
            )

    def _without_volumes(self, project: Project, bound: Any) -> None:
        self._shut_down(project, bound)
        for each in bound.volumes:
            finished(each.detach())

    def _switched_off(self, project: Project, bound: Any) -> None:
        if bound.status != "off":
            self._shut_down(project, bound)

    def _shut_down(self, project: Project, bound: Any) -> None:
        """Ask the system to end; switch off what does not."""
        if bound.status == "off":
            return
        finished(bound.shutdown())
        for _ in range(SHUTDOWN_POLLS):
            bound.reload()
            if bound.status == "off":
                return
            project.pause(1)
        finished(bound.power_off())

    def protect(self, bound: Any, on: bool) -> Any:
        return bound.change_protection(delete=on, rebuild=on)

    def before_deletion(self, project: Project, bound: Any) -> None:
        self._without_volumes(project, bound)


def _attached(volume: Any, server: Any) -> Any:
    """Attach a volume, taking it from where it is."""
    volume.reload()
    if volume.server is not None and volume.server.id != server.id:
        finished(volume.detach())
    return volume.attach(server, automount=False)


def _image(project: Project, want: Want) -> Any:
    image = project.api.images.get_by_name_and_architecture(want["image"], want["architecture"])
    if image is None:
        raise Failed(
            f"there is no image {want['image']} for {want['architecture']}; see: hcloud image list --type system"
        )
    return image


def _price(server_type: Any, location: str) -> float:
    found = [each for each in server_type.prices or [] if each["location"] == location]
    return round(float(found[0]["price_monthly"]["net"]), 2) if found else 0.0


def kinds() -> dict[str, Kind]:
    """Every kind, in the order in which objects are made."""
    return {
        "ssh_key": SshKey(),
        "placement_group": PlacementGroup(),
        "network": Network(),
        "firewall": Firewall(),
        "volume": Volume(),
        "server": Server(),
        "record": Record(),
    }
