"""What things cost a month, net, as the API says; and all that a tenant pays for now."""

import math
from typing import Any

from hcloud import Client

from plumbline.provisioning.calls import API_ERRORS, describe_error
from plumbline.provisioning.kinds import Key, Want
from plumbline.provisioning.labels import owned_by


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

    @property
    def currency(self) -> str:
        return str(self.pricing.get("currency") or "EUR")

    def of_gb(self, size: int) -> float:
        """A volume of a size."""
        return round(_net((self.pricing.get("volume") or {}).get("price_per_gb_month")) * size, 2)

    def of_address(self, location: str) -> float:
        """A public IPv4 address; an IPv6 network costs nothing."""
        found = [each for each in self.pricing.get("primary_ips") or [] if each.get("type") == "ipv4"]
        return _at(found[0].get("prices") or [], location) if found else 0.0

    def of_type(self, name: str, location: str) -> float:
        """A server type at a location."""
        found = [each for each in self.pricing.get("server_types") or [] if each.get("name") == name]
        return _at(found[0].get("prices") or [], location) if found else 0.0

    def of_new(self, key: Key, want: Want, type_price: float) -> float:
        """An object that is made; of a server with its address."""
        if key[0] == "volume":
            return self.of_gb(want["size_gb"])
        return round(type_price + self.of_address(want["location"]), 2) if key[0] == "server" else 0.0

    def of(self, kind: str, bound: Any) -> float:
        """An object that is there; of a server with its address."""
        if kind == "volume":
            return self.of_gb(bound.size or 0)
        if kind != "server" or not bound.server_type or not bound.location:
            return 0.0
        place = bound.location.name
        address = self.of_address(place) if bound.public_net and bound.public_net.ipv4 else 0.0
        return round(self.of_type(bound.server_type.name, place) + address, 2)


def _net(price: Any) -> float:
    try:
        net = float(price["net"])
        return net if math.isfinite(net) else 0.0
    except (KeyError, TypeError, ValueError):
        return 0.0


def _at(prices: list[dict[str, Any]], location: str) -> float:
    return next((round(_net(each.get("price_monthly")), 2) for each in prices if each.get("location") == location), 0.0)


def paid_lines(api: Client, ownership: dict[str, str]) -> list[str]:
    """Every paid object of a tenant that is there now, with its price. Raises what the SDK raises."""
    prices, lines, total = LivePrices(api), [], 0.0
    selector = ",".join(f"{key}={value}" for key, value in sorted(ownership.items()))
    servers = [each for each in api.servers.get_all(label_selector=selector) if owned_by(each, ownership)]
    own = {server.id for server in servers}
    addresses = [each for each in api.primary_ips.get_all() if each.assignee_id in own or owned_by(each, ownership)]
    found: list[tuple[str, Any, float]] = []
    for server in servers:
        type_name, place = (str(each.name) if each else "" for each in (server.server_type, server.location))
        found.append((f"server {server.name} (#{server.id}), {type_name}", server, prices.of_type(type_name, place)))
    for volume in api.volumes.get_all(label_selector=selector):
        if owned_by(volume, ownership):
            found.append(
                (f"volume {volume.name} (#{volume.id}), {volume.size} GB", volume, prices.of("volume", volume))
            )
    for address in addresses:
        price = prices.of_address(str(address.location.name)) if address.type == "ipv4" and address.location else 0.0
        if price:
            found.append((f"{address.type} {address.ip} (#{address.id})", address, price))
    for what, _, price in found:
        total += price
        lines.append(f"  {what}: {price:.2f} a month")
    if not lines:
        return ["no existing resource costs anything"]
    unknown = f"; prices are not known: {prices.missing}" if prices.missing else ""
    return [
        "existing resources and their prices:",
        *lines,
        f"  together {total:.2f} {prices.currency} a month, net{unknown}",
    ]
