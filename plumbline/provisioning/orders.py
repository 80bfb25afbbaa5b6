"""Server types at a location: which can be ordered now, at what price, and why one cannot be."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from hcloud import APIException

from plumbline.provisioning.calls import Failed, code_of, describe_error
from plumbline.provisioning.codes import SOLD_OUT
from plumbline.provisioning.kinds import CloudProject, Want


@dataclass(frozen=True)
class ServerOffer:
    """A server type at a location: whether it can be ordered now, and its price a month, net, in the account's currency."""

    available: bool
    price: float


@dataclass(frozen=True)
class Choice:
    """The type that is ordered, or why none is."""

    type: str = ""
    price: float = 0.0
    dearer: str = ""
    """In words, where it costs more than the first of the list, or nobody knows what that one costs."""
    problem: str = ""


class Orders:
    """What the API offers, asked once a run."""

    def __init__(self) -> None:
        self._types: list[Any] = []
        self._images: dict[tuple[str, str], Any] = {}
        self.ceilings: dict[str, float] = {}
        """The most that a server may cost a month, by its name: what the plan said."""

    def load(self, project: CloudProject) -> None:
        """Ask for the catalogue, once."""
        self._types = self._types or list(project.api.server_types.get_all())

    def offers(self, project: CloudProject, location: str) -> dict[str, ServerOffer]:
        """What the API offers at a location; a type that was withdrawn there is not offered."""
        self.load(project)
        return {
            each.name: ServerOffer(bool(place.available), _price(each, location))
            for each in self._types
            for place in each.locations or []
            if place.location.name == location and not _withdrawn(place)
        }

    def order_of(self, project: CloudProject, want: Want) -> list[str]:
        """The types of the list that exist there, those that can be had now first."""
        offers = self.offers(project, want["location"])
        return sorted((name for name in want["types"] if name in offers), key=lambda name: not offers[name].available)

    def type(self, name: str) -> Any:
        return next((each for each in self._types if each.name == name), None)

    def disk_of(self, name: str) -> int:
        """GB; 0 where it is not known."""
        found = self.type(name)
        return int(found.disk) if found is not None and found.disk else 0

    def choose(self, project: CloudProject, want: Want) -> Choice:
        """The first type of the list that can be had now, and what that means for the price."""
        offers, types = self.offers(project, want["location"]), self.order_of(project, want)
        if not types or not offers[types[0]].available:
            return Choice(problem=self._why_none(project, want))
        new, first = types[0], want["types"][0]
        price = offers[new].price
        self.ceilings[want["name"]] = price
        if new == first:
            return Choice(new, price)
        if first not in offers:
            return Choice(new, price, f"{first} is withdrawn in {want['location']}; {new} is {price:.2f} a month")
        dearer = price > offers[first].price
        words = f"{first} is sold out; {new} is {price:.2f} a month instead of {offers[first].price:.2f}"
        return Choice(new, price, words if dearer else "")

    def _why_none(self, project: CloudProject, want: Want) -> str:
        """Sold out, withdrawn and a location that is down are different things, and need different deeds."""
        location, types = want["location"], ", ".join(want["types"])
        offers = self.offers(project, location)
        if not offers or not any(offer.available for offer in offers.values()):
            return f"nothing can be ordered in {location} now, no type at all: the location is down or full; see the provider's status page"
        gone = [name for name in want["types"] if name not in offers]
        if len(gone) == len(want["types"]):
            return f"withdrawn in {location}: {types}; waiting does not help: choose another type in the spec"
        withdrawn = f" ({', '.join(gone)} is withdrawn)" if gone else ""
        return f"sold out in {location}: {types}{withdrawn}; try again later, or add a type to the spec's list"

    def ordered(self, project: CloudProject, want: Want, **order: Any) -> Any:
        """Order a type of the list, never one that is dearer than the plan said. Raises Failed where none can be had."""
        offers = self.offers(project, want["location"])
        ceiling = self.ceilings.get(want["name"], offers[want["types"][0]].price if want["types"][0] in offers else 0.0)
        refusals: list[APIException] = []
        for name in self.order_of(project, want):
            if offers[name].price > ceiling:
                continue
            try:
                return project.api.servers.create(server_type=self.type(name), **order)
            except APIException as error:
                if code_of(error) not in SOLD_OUT:
                    raise
                refusals.append(error)
        passing = [error for error in refusals if code_of(error) == "placement_error"]
        if passing:
            raise passing[0]
        said = f" ({describe_error(refusals[-1])})" if refusals else ""
        raise Failed(
            f"server {want['name']}: none of {', '.join(want['types'])} can be had in {want['location']} at {ceiling:.2f} "
            f"a month{said}; try again later; a dearer one of the list is bought only with --allow {want['name']}"
        )

    def image(self, project: CloudProject, want: Want) -> Any:
        """The image that servers are made with; None when it is withdrawn or was never there."""
        key = (want["image"], want["architecture"])
        if key not in self._images:
            self._images[key] = project.api.images.get_by_name_and_architecture(*key)
        found = self._images[key]
        return None if found is None or _ended(getattr(found, "deprecation", None)) else found


def _withdrawn(place: Any) -> bool:
    return _ended(getattr(place, "deprecation", None))


def _ended(deprecation: Any) -> bool:
    end = getattr(deprecation, "unavailable_after", None)
    return isinstance(end, datetime) and end <= datetime.now(UTC)


def _price(server_type: Any, location: str) -> float:
    found = [each for each in server_type.prices or [] if each["location"] == location]
    return round(float(found[0]["price_monthly"]["net"]), 2) if found else 0.0
