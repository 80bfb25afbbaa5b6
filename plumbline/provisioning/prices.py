"""What things cost a month, net, as the API says; and all that a tenant pays for now."""

import math
from collections.abc import Iterable
from typing import Any

from hcloud import Client

from plumbline.provisioning.calls import API_ERRORS, describe_error
from plumbline.provisioning.kinds import Key, Want
from plumbline.provisioning.labels import owned_by

Price = float | None
"""A month, net, in the account's currency; None where nobody knows, which is not nothing."""


def price_of_all(*prices: Price) -> Price:
    """The price of several things; not known where that of one is not."""
    known = [price for price in prices if price is not None]
    return round(sum(known), 2) if len(known) == len(prices) else None


def minus(price: Price) -> Price:
    """What is not paid any more."""
    return None if price is None else -price


def told_price(price: Price, form: str = ".2f") -> str:
    """A price in words."""
    return "at an unknown price" if price is None else f"{price:{form}} a month"


def told_sum(prices: Iterable[Price], currency: str, form: str = ".2f") -> str:
    """A sum in words, and how much it leaves out."""
    every = list(prices)
    known = [price for price in every if price is not None]
    lacking = len(every) - len(known)
    rest = f", and {lacking} thing{'s' if lacking > 1 else ''} at an unknown price" if lacking else ""
    return f"{sum(known):{form}} {currency} a month, net{rest}"


class LivePrices:
    """Asked once, when something has a price."""

    def __init__(self, api: Client):
        self._api = api
        self._pricing: dict[str, Any] | None = None
        self.missing = ""
        """Why there are no prices."""

    @property
    def pricing(self) -> dict[str, Any]:
        if self._pricing is None:
            try:
                # the SDK has no method for it
                self._pricing = dict(self._api.request("GET", "/pricing")["pricing"])
            except API_ERRORS as error:
                self._pricing, self.missing = {}, describe_error(error)
            except (KeyError, TypeError):
                self._pricing, self.missing = {}, "its answer has an unknown form"
        return self._pricing

    def lacking(self) -> list[str]:
        """Why there are no prices, in words."""
        return [f"prices are not known: {self.missing}"] if self.missing else []

    @property
    def currency(self) -> str:
        return str(self.pricing.get("currency") or "EUR")

    def of_gb(self, size: int) -> Price:
        """A volume of a size."""
        gb = _net((self.pricing.get("volume") or {}).get("price_per_gb_month"))
        return None if gb is None else round(gb * size, 2)

    def of_address(self, location: str) -> Price:
        """A public IPv4 address; an IPv6 network costs nothing."""
        return _at(self.pricing.get("primary_ips"), "type", "ipv4", location)

    def of_type(self, name: str, location: str) -> Price:
        """A server type at a location."""
        return _at(self.pricing.get("server_types"), "name", name, location)

    def of_new(self, key: Key, want: Want, type_price: Price) -> Price:
        """An object that is made; of a server with its address."""
        if key[0] == "volume":
            return self.of_gb(want["size_gb"])
        return price_of_all(type_price, self.of_address(want["location"])) if key[0] == "server" else 0.0

    def of(self, kind: str, bound: Any) -> Price:
        """An object that is there; of a server with its address."""
        if kind == "volume":
            return self.of_gb(bound.size) if bound.size else None
        if kind != "server":
            return 0.0
        if not bound.server_type or not bound.location:
            return None
        place = bound.location.name
        address = self.of_address(place) if bound.public_net and bound.public_net.ipv4 else 0.0
        return price_of_all(self.of_type(bound.server_type.name, place), address)


def _net(price: Any) -> Price:
    try:
        net = float(price["net"])
        return net if math.isfinite(net) else None
    except (KeyError, TypeError, ValueError):
        return None


def _at(offers: list[dict[str, Any]] | None, field: str, value: str, location: str) -> Price:
    """The price at a location of the offer whose field has a value."""
    prices = [
        _net(each.get("price_monthly"))
        for offer in offers or []
        if offer.get(field) == value
        for each in offer.get("prices") or []
        if each.get("location") == location
    ]
    return round(prices[0], 2) if prices and prices[0] is not None else None


def paid_lines(api: Client, ownership: dict[str, str]) -> list[str]:
    """Every paid object of a tenant that is there now, with its price. Raises what the SDK raises."""
    prices = LivePrices(api)
    selector = ",".join(f"{key}={value}" for key, value in sorted(ownership.items()))
    servers = [each for each in api.servers.get_all(label_selector=selector) if owned_by(each, ownership)]
    own = {server.id for server in servers}
    addresses = [each for each in api.primary_ips.get_all() if each.assignee_id in own or owned_by(each, ownership)]
    found: list[tuple[str, Price]] = []
    for server in servers:
        type_name, place = (str(each.name) if each else "" for each in (server.server_type, server.location))
        found.append((f"server {server.name} (#{server.id}), {type_name}", prices.of_type(type_name, place)))
    for volume in api.volumes.get_all(label_selector=selector):
        if owned_by(volume, ownership):
            found.append((f"volume {volume.name} (#{volume.id}), {volume.size} GB", prices.of("volume", volume)))
    for address in addresses:
        if address.type != "ipv6":
            price = prices.of_address(str(address.location.name)) if address.location else None
            found.append((f"{address.type} {address.ip} (#{address.id})", price))
    if not found:
        return ["no existing resource costs anything"]
    lines = [f"  {what}: {told_price(price)}" for what, price in found]
    total = told_sum((price for _, price in found), prices.currency)
    return ["existing resources and their prices:", *lines, "; ".join([f"  together {total}", *prices.lacking()])]
