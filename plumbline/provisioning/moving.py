"""What a server takes from another: its fixed address, and the volume. Who gives it up is shut down first, and is ours."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from plumbline.provisioning.calls import wait_for
from plumbline.provisioning.guard import NOTHING, Effect, Effects
from plumbline.provisioning.kinds import CloudProject, ResourceChange, ResourceKind, Want
from plumbline.provisioning.labels import LEAVING, labels_of

SHUTDOWN_POLLS = 60


class ServerMoves(ResourceKind):
    """Addresses and volumes of servers."""

    def _addressed(self, project: CloudProject, bound: Any, want: Want, seen: Want) -> Iterator[ResourceChange]:
        network = ("network", want["network"])
        what = f"join network {want['network']} as {want['address']}"
        in_place = network not in project.renewed and seen["networks"].get(want["network"]) == want["address"]
        if network in project.waiting and not in_place:
            yield ResourceChange(what, lambda: None, blocked="the network must be recreated first")
            return
        leaving = NOTHING
        for private in bound.private_net or []:
            name = project.name_of("network", private.network.id)
            if (
                not (in_place and name == want["network"])
                and project.word_for("network", private.network.id) is not None
            ):
                leaving = frozenset((Effect.DETACHES,))
                leave = f"leave network {name}, {private.ip}"
                yield ResourceChange(leave, partial(bound.detach_from_network, private.network), leaving)
        if in_place:
            return
        other, word = self.holder_of_address(project, bound, want)
        if other is None:
            # not before it has left: the API would refuse it, and all that comes after
            yield ResourceChange(what, lambda: _joined(project, bound, want), leaving)
        elif word is None:
            yield ResourceChange(
                what, lambda: None, blocked=f"server #{other.id}, which is not this tenant's, has {want['address']}"
            )
        else:
            yield ResourceChange(
                f"take the address {want['address']} from {other.name} (#{other.id}), which is shut down for that",
                lambda: self._address_taken(project, bound, other, want),
                frozenset((Effect.STOPS, Effect.DETACHES)),
                (word,),
            )

    def holder_of_address(self, project: CloudProject, bound: Any, want: Want) -> tuple[Any, str | None]:
        """Another server with the desired address in the desired network, and the name that --allow takes for it."""
        network = project.held.get(("network", want["network"]))
        if network is None:
            return None, None
        own = bound.id if bound is not None else None
        ours = {other.id: (other, word) for word, other in project.owned("server")}
        foreign = [each for each in network.servers or [] if each.id not in ours]
        for other, word in (*ours.values(), *((each, None) for each in foreign)):
            if other.id != own and any(
                each.network.id == network.id and each.ip == want["address"] for each in other.private_net or []
            ):
                return other, word
        return None, None

    def _address_taken(self, project: CloudProject, bound: Any, other: Any, want: Want) -> Any:
        other.reload()
        self.switched_off(project, other)
        _leaving(project, other)
        network = project.lookup("network", want["network"])
        if any(each.network.id == network.id for each in other.private_net or []):
            wait_for(other.detach_from_network(network))
        return _joined(project, bound, want)

    def _with_volume(self, project: CloudProject, bound: Any, want: Want, seen: Want) -> Iterator[ResourceChange]:
        for each in bound.volumes or []:
            name = project.name_of("volume", each.id)
            if name != want["volume"] and project.word_for("volume", each.id) is not None:
                what = f"detach volume {name}" + ("" if seen["status"] == "off" else "; it is shut down for that")
                yield ResourceChange(
                    what, partial(self._given_up, project, bound, each), stops(seen) | {Effect.DETACHES}
                )
        if not want["volume"] or want["volume"] in seen["volumes"]:
            return
        what = f"attach volume {want['volume']}"
        other, word = self.holder_of_volume(project, bound, want)
        if other is None:
            yield ResourceChange(what, lambda: project.lookup("volume", want["volume"]).attach(bound, automount=False))
        elif word is None:
            reason = f"server #{other.id}, which is not this tenant's, has it: detach it there first"
            yield ResourceChange(what, lambda: None, blocked=reason)
        else:
            yield ResourceChange(
                f"take volume {want['volume']} from {other.name} (#{other.id}), which is shut down for that",
                lambda: self._volume_taken(project, bound, other, want),
                frozenset((Effect.STOPS, Effect.DETACHES)),
                (word,),
            )

    def holder_of_volume(self, project: CloudProject, bound: Any, want: Want) -> tuple[Any, str | None]:
        """Another server that has the desired volume, and the name that --allow takes for it."""
        volume = project.held.get(("volume", want["volume"])) if want["volume"] else None
        if volume is None or volume.server is None or (bound is not None and volume.server.id == bound.id):
            return None, None
        ours = next(((other, word) for word, other in project.owned("server") if other.id == volume.server.id), None)
        return ours or (volume.server, None)

    def _volume_taken(self, project: CloudProject, bound: Any, other: Any, want: Want) -> Any:
        volume = project.lookup("volume", want["volume"])
        self._given_up(project, other, volume)
        _leaving(project, other)
        volume.reload()
        return volume.attach(bound, automount=False)

    def _given_up(self, project: CloudProject, bound: Any, volume: Any) -> None:
        """Take a volume from a server of ours that has been shut down; from no other."""
        bound.reload()
        self.switched_off(project, bound)
        volume.reload()
        if volume.server is not None and volume.server.id == bound.id:
            wait_for(volume.detach())

    def switched_off(self, project: CloudProject, bound: Any) -> None:
        """Ask the system to end; switch off what does not."""
        if bound.status == "off":
            return
        project.stopped.add(bound.id)
        wait_for(bound.shutdown())
        for _ in range(SHUTDOWN_POLLS):
            bound.reload()
            if bound.status == "off":
                return
            project.pause(1)
        wait_for(bound.power_off())


def stops(seen: Want) -> Effects:
    """What a change does that needs the server switched off."""
    return NOTHING if seen["status"] == "off" else frozenset((Effect.STOPS,))


def _leaving(project: CloudProject, other: Any) -> None:
    """One that is not desired and has given something up works no more: roll-outs look for it in vain, unless it says so."""
    if LEAVING not in labels_of(other) and any(each.bound.id == other.id for each in project.others):
        other.update(labels={**labels_of(other), LEAVING: "yes"})


def _joined(project: CloudProject, bound: Any, want: Want) -> Any:
    return bound.attach_to_network(project.lookup("network", want["network"]), ip=want["address"])
