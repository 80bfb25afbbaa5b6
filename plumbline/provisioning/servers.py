"""Servers: made switched off, brought into line, then switched on.

Where another server takes a server's place, that one goes on until the new one is there. The order: the old one is renamed,
the new one is ordered, switched off; if that cannot be, the old one gets its name back and never stopped. Only then the old
one is shut down and gives up the volume and its address, the new one takes them and is switched on, and the old one is
deleted. Whatever fails on the way, another apply goes on from there. One that has served is deleted only by an apply after a
roll-out to the new one is recorded: until then it stays, switched off, and its place can be given back to it.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

from hcloud import APIException
from hcloud.firewalls import FirewallResource
from hcloud.locations import Location

from plumbline.provisioning.calls import API_ERRORS, Failed, wait_for
from plumbline.provisioning.codes import GONE
from plumbline.provisioning.dns_records import RecordKind
from plumbline.provisioning.first_boot import (
    first_boot_difference,
    first_boot_labels,
    is_of_one_label,
    told_labels,
    undelivered,
)
from plumbline.provisioning.guard import NOTHING, Effect, Effects
from plumbline.provisioning.kinds import CloudProject, ResourceChange, ResourceKind, Want, common, is_protected
from plumbline.provisioning.labels import LOST, NEW, TOLD_VOLUME, USER_DATA, identity_labels, labels_of
from plumbline.provisioning.moving import ServerMoves, stops
from plumbline.provisioning.objects import FirewallKind, NetworkKind, PlacementGroupKind, SshKeyKind, VolumeKind
from plumbline.provisioning.server_types import Choice, Orders, shown_price

VOLUME_ID = "@VOLUME_ID@"
"""In user data: the id of the server's volume, which is known only when it was made."""
ON_ITS_WAY = ("initializing", "starting")
"""States that end by themselves within seconds."""
STEADY = ("running", "off")
"""States that say what a server does; in any other it is left alone until it has ended."""


class ServerKind(ServerMoves):
    """Its address, firewall and volume are there before it boots for the first time."""

    client_name = "servers"

    def __init__(self) -> None:
        self.orders = Orders()

    def describe(self, project: CloudProject, bound: Any) -> Want:
        group, public = bound.placement_group, bound.public_net
        return {
            **common("server", bound),
            "type": bound.server_type.name if bound.server_type else None,
            "disk_gb": bound.primary_disk_size,
            "image": bound.image.name if bound.image else None,
            "location": bound.location.name if bound.location else None,
            "networks": {project.name_of("network", each.network.id): each.ip for each in bound.private_net or []},
            "firewalls": sorted(
                project.name_of("firewall", each.firewall.id) for each in (public.firewalls if public else None) or []
            ),
            "placement_group": project.name_of("placement_group", group.id) if group else None,
            "volumes": sorted(project.name_of("volume", each.id) for each in bound.volumes or []),
            "protected": is_protected(bound),
            "first_boot": told_labels(labels_of(bound)),
            "told_volume": labels_of(bound).get(TOLD_VOLUME),
            "status": bound.status,
        }

    def half_made(self, project: CloudProject, bound: Any) -> str:
        """A server that never ran and whose creation ended in an error has no system, though it is there."""
        if bound.status in ("running", "migrating", "rebuilding", "stopping", "deleting"):
            return ""
        for action in bound.get_actions():
            if action.command == "create_server" and action.status == "error":
                cause = (action.error or {}).get("message", "error")
                return f"is half created: its creation failed with “{cause}”, so it may have no operating system"
        return ""

    def passing(self, seen: Want) -> bool:
        return seen["status"] in ON_ITS_WAY

    def in_flux(self, seen: Want) -> str:
        return "" if seen["status"] in (*STEADY, *ON_ITS_WAY) else f"its status is {seen['status']}"

    def unreadable(self, want: Want, seen: Want) -> list[str]:
        found = [field for field in ("type", "image", "location") if seen[field] is None]
        if seen["status"] not in STEADY:
            found.append(f"status {seen['status']}: it is left alone until that has ended")
        return found

    def hindrance(self, project: CloudProject, want: Want) -> str:
        """Asked before anything is bought or given up."""
        if problem := self.orders.choose(project, want).problem:
            return problem
        if self.orders.image(project, want) is None:
            return f"image {want['image']} for {want['architecture']} is withdrawn; choose another in the spec: hcloud image list"
        return self._out_of_reach(project, want)

    def _out_of_reach(self, project: CloudProject, want: Want) -> str:
        """A volume goes to no server of another location; without it, the old server would have stopped for nothing."""
        key = ("volume", want["volume"])
        volume = project.held.get(key)
        if (
            volume is None
            or key in project.renewed
            or volume.location is None
            or volume.location.name == want["location"]
        ):
            return ""
        there = volume.location.name
        return f"volume {want['volume']} is in {there}, and a server in {want['location']} cannot have it: move its data first"

    def choice(self, project: CloudProject, want: Want) -> Choice:
        """The type that would be ordered now."""
        return self.orders.choose(project, want)

    def create(self, project: CloudProject, want: Want) -> Any:
        volume = project.lookup("volume", want["volume"]) if want["volume"] else None
        labels = {**identity_labels(want["labels"], want["name"]), **first_boot_labels(want[USER_DATA]), NEW: "yes"}
        if volume is not None:
            labels[TOLD_VOLUME] = str(volume.id)
        image = self.orders.image(project, want)
        if image is None:
            raise Failed(f"server {want['name']}: {self.hindrance(project, want)}")
        made = self.orders.ordered(
            project,
            want,
            name=want["name"],
            image=image,
            location=Location(name=want["location"]),
            ssh_keys=[project.lookup("ssh_key", name) for name in want["ssh_keys"]],
            firewalls=[project.lookup("firewall", name) for name in want["firewalls"]],
            placement_group=project.lookup("placement_group", want["placement_group"])
            if want["placement_group"]
            else None,
            labels=labels,
            user_data=want[USER_DATA].replace(VOLUME_ID, str(volume.id) if volume else VOLUME_ID),
            # a fixed address in the private network can only be given to a server that exists
            start_after_create=False,
        )
        wait_for(made.action, made.next_actions)
        return made.server

    def must_be_replaced(self, project: CloudProject, bound: Any, want: Want, seen: Want) -> list[str]:
        """What only a new server has: its image, its place, what it did at its first boot, a smaller disk."""
        reasons = [
            f"{field} {seen[field]} → {want[field]}"
            for field in ("image", "location")
            if seen[field] is not None and seen[field] != want[field]
        ]
        if seen["type"] is not None and seen["type"] not in want["types"]:
            new = (*self.orders.order_of(project, want), "")[0]
            disk = self.orders.disk_of(new)
            if new and seen["disk_gb"] and disk < seen["disk_gb"]:
                reasons.append(f"disk {seen['disk_gb']} → {disk} GB, with type {new}")
        if difference := first_boot_difference(seen["first_boot"], want[USER_DATA]):
            reasons.append(difference)
        if LOST in labels_of(bound):
            reasons.append("it is marked as lost")
        return reasons + self._told_another(project, want, seen)

    def _told_another(self, project: CloudProject, want: Want, seen: Want) -> list[str]:
        """Its units wait for the volume that first boot was told, for ever."""
        key = ("volume", want["volume"])
        if not want["volume"] or not seen["told_volume"]:
            return []
        if key in project.renewed:
            return [f"its volume is recreated, but its first boot was given #{seen['told_volume']}"]
        volume = project.held.get(key)
        if volume is None or str(volume.id) == seen["told_volume"]:
            return []
        return [f"its first boot was given volume #{seen['told_volume']}, but {want['volume']} is #{volume.id}"]

    def brought_by_others(self, want: Want, seen: Want) -> str:
        return undelivered(seen["first_boot"], want[USER_DATA])

    def effects_of_replacing(self, seen: Want) -> Effects:
        return frozenset((Effect.REPLACES, Effect.STOPS))

    def price_of_another(self, project: CloudProject, want: Want, seen: Want) -> str:
        choice = self.orders.choose(project, want)
        if choice.problem:
            return ""
        now = f", now {seen['type']}" if seen["type"] != choice.type else ""
        return f"; a new {choice.type} is {shown_price(choice.price)} a month at today's price{now}"

    def changes(self, project: CloudProject, bound: Any, want: Want, seen: Want) -> Iterator[ResourceChange]:
        yield from self._named_and_labelled(project, bound, want, seen)
        if is_of_one_label(seen["first_boot"], want[USER_DATA]):
            labels = {**labels_of(bound), **first_boot_labels(want[USER_DATA])}
            yield ResourceChange("label first boot and node files apart", lambda: bound.update(labels=labels))
        if self.in_flux(seen):
            return
        yield from self._behind_firewalls(project, bound, want, seen)
        yield from self._grouped(project, bound, want, seen)
        yield from self._typed(project, bound, want, seen)
        needed = _all_or_nothing(
            [*self._addressed(project, bound, want, seen), *self._with_volume(project, bound, want, seen)]
        )
        yield from needed
        yield from self._protected(bound, want, seen)
        if seen["status"] == "off":
            yield _switched_on(bound, needed)

    def _behind_firewalls(self, project: CloudProject, bound: Any, want: Want, seen: Want) -> Iterator[ResourceChange]:
        itself = [FirewallResource(type="server", server=bound)]
        for name in sorted(set(want["firewalls"]) - set(seen["firewalls"])):
            yield ResourceChange(
                f"put behind firewall {name}",
                partial(self._put_behind, project, name, itself),
            )
        for each in (bound.public_net.firewalls if bound.public_net else None) or []:
            name = project.name_of("firewall", each.firewall.id)
            if name not in want["firewalls"] and project.word_for("firewall", each.firewall.id) is not None:
                effects = frozenset((Effect.EXPOSES, Effect.DETACHES))
                yield ResourceChange(
                    f"take from firewall {name}", partial(each.firewall.remove_from_resources, itself), effects
                )

    def _put_behind(self, project: CloudProject, name: str, itself: list[FirewallResource]) -> Any:
        return project.lookup("firewall", name).apply_to_resources(itself)

    def _grouped(self, project: CloudProject, bound: Any, want: Want, seen: Want) -> Iterator[ResourceChange]:
        have = seen["placement_group"]
        if have == want["placement_group"] and ("placement_group", str(have)) not in project.renewed:
            return
        if have and project.word_for("placement_group", bound.placement_group.id) is None:
            return  # a foreign group: it is reported and left alone
        what = f"placement group {have} → {want['placement_group']}; it is switched off for that"
        yield ResourceChange(what, lambda: self._regroup(project, bound, want), stops(seen))

    def _regroup(self, project: CloudProject, bound: Any, want: Want) -> Any:
        self.switched_off(project, bound)
        if bound.placement_group:
            wait_for(bound.remove_from_placement_group())
        if want["placement_group"]:
            return bound.add_to_placement_group(project.lookup("placement_group", want["placement_group"]))
        return None

    def _typed(self, project: CloudProject, bound: Any, want: Want, seen: Want) -> Iterator[ResourceChange]:
        if seen["type"] is None or seen["type"] in want["types"]:
            return
        choice, offers = self.orders.choose(project, want), self.orders.offers(project, want["location"])
        if choice.problem:
            yield ResourceChange(f"type {seen['type']}", lambda: None, blocked=choice.problem)
            return
        before = offers[seen["type"]].price if seen["type"] in offers else None
        more = choice.price - before if choice.price is not None and before is not None else None
        effects = stops(seen) | (frozenset((Effect.COSTS_MORE,)) if more is None or more > 0 else NOTHING)
        prices = f"{shown_price(before)} → {shown_price(choice.price)} a month"
        what = f"type {seen['type']} → {choice.type}, {prices}; it is switched off for that"

        def change() -> Any:
            self.switched_off(project, bound)
            try:
                return wait_for(bound.change_type(self.orders.type(choice.type), upgrade_disk=False))
            except API_ERRORS:
                # it is not left switched off for a type that cannot be had
                wait_for(bound.power_on())
                raise

        yield ResourceChange(what, change, effects, price=more if more is None else round(more, 2))

    def in_the_way(self, project: CloudProject, bound: Any) -> list[str]:
        """A foreign volume is not detached from a running system."""
        return [
            f"volume #{each.id}, which is not this tenant's, is on it: detach it there first"
            for each in bound.volumes or []
            if project.word_for("volume", each.id) is None
        ]

    def not_carried_over(self, project: CloudProject, bound: Any) -> list[str]:
        """A firewall that somebody put there in need, or a network that others reach it by."""
        public = bound.public_net
        there = [("firewall", each.firewall.id) for each in (public.firewalls if public else None) or []]
        there += [("network", each.network.id) for each in bound.private_net or []]
        return [
            f"{kind} #{id}, which is not this tenant's, is on it and would not be on another: take it off first"
            for kind, id in sorted(there)
            if project.word_for(kind, id) is None
        ]

    def protect(self, bound: Any, on: bool) -> Any:
        return bound.change_protection(delete=on, rebuild=on)

    def delete(self, project: CloudProject, bound: Any) -> Any:
        if way := self.in_the_way(project, bound):
            raise Failed(f"server {bound.name} (#{bound.id}): {'; '.join(way)}")
        self.switched_off(project, bound)
        for each in bound.volumes or []:
            self._given_up(project, bound, each)
        return bound.delete()


def _all_or_nothing(needed: list[ResourceChange]) -> list[ResourceChange]:
    """Nothing is stopped for one thing that is needed while another cannot be had."""
    hindered = any(change.blocked for change in needed)
    return [
        replace(change, blocked="only after everything else that it needs")
        if hindered and not change.blocked and Effect.STOPS in change.effects
        else change
        for change in needed
    ]


def _switched_on(bound: Any, needed: list[ResourceChange]) -> ResourceChange:
    """Not before it has its address and volume: without the word for those, another may still work with them."""
    return ResourceChange(
        "switch on",
        bound.power_on,
        NOTHING.union(*(change.effects for change in needed)),
        tuple(word for change in needed for word in change.words),
        blocked="; ".join(change.blocked for change in needed if change.blocked),
    )


def volume_exists(project: CloudProject, id: str) -> bool:
    """Whether a volume is there, whatever its name and labels are."""
    try:
        return id.isdecimal() and project.api.volumes.get_by_id(int(id)) is not None
    except APIException as error:
        if error.code == GONE:
            return False
        raise


def kinds() -> dict[str, ResourceKind]:
    """Every kind, in the order in which objects are made."""
    return {
        "ssh_key": SshKeyKind(),
        "placement_group": PlacementGroupKind(),
        "network": NetworkKind(),
        "firewall": FirewallKind(),
        "volume": VolumeKind(),
        "server": ServerKind(),
        "record": RecordKind(),
    }
