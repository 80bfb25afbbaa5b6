"""Server types at a location: which can be ordered now, at what price, and why one cannot be."""

import math
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
    price: float | None
    """None where the API does not say."""


@dataclass(frozen=True)
class Choice:
    """The type that is ordered, or why none is."""

    type: str = ""
    price: float | None = 0.0
    """None where the API does not say."""
    dearer: str = ""
    """In words, where it costs more than the first of the list, or nobody knows what one of the two costs."""
    problem: str = ""


class Orders:
    """What the API offers, asked once a run."""

    def __init__(self) -> None:
        self._types: list[Any] = []
        self._images: dict[tuple[str, str], Any] = {}
        self.planned: dict[str, Choice] = {}
        """What the plan said, by the server's name: no order costs more."""

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
        self.planned[want["name"]] = Choice(new, price)
        if new == first:
            return Choice(new, price)
        if first not in offers:
            return Choice(
                new, price, f"{first} is withdrawn in {want['location']}; {new} is {shown_price(price)} a month"
            )
        words = (
            f"{first} is sold out; {new} is {shown_price(price)} a month instead of {shown_price(offers[first].price)}"
        )
        return Choice(new, price, "" if _within(price, offers[first].price) else words)

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
        first = offers.get(want["types"][0], ServerOffer(False, 0.0))
        planned = self.planned.get(want["name"], Choice(want["types"][0], first.price))
        refusals: list[APIException] = []
        for name in self.order_of(project, want):
            if name != planned.type and not _within(offers[name].price, planned.price):
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
            f"server {want['name']}: none of {', '.join(want['types'])} is available in {want['location']} at "
            f"{shown_price(planned.price)} a month{said}; try again later; a more expensive one of the list needs --allow {want['name']}"
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


def shown_price(price: float | None) -> str:
    """A price in words; one that nobody knows is no low one."""
    return "?" if price is None else f"{price:.2f}"


def _within(price: float | None, limit: float | None) -> bool:
    return price is not None and limit is not None and price <= limit


def _price(server_type: Any, location: str) -> float | None:
    found = [each for each in server_type.prices or [] if each["location"] == location]
    price = float(found[0]["price_monthly"]["net"]) if found else math.nan
    return round(price, 2) if math.isfinite(price) else None
