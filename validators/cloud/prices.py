"""Today's prices, asked of the provider."""

from typing import Any

from hcloud import Client

from generators.site.cost_page import MonthlyPrices


def live_prices(api: Client, location: str) -> MonthlyPrices:
    """Net prices a month at a location, in the account's currency; one call. Raises what the SDK raises."""
    # the SDK has no method for it
    pricing = api.request("GET", "/pricing")["pricing"]
    servers = {each["name"]: _there(each["prices"], location) for each in pricing["server_types"]}
    addresses: list[dict[str, Any]] = next(
        (each["prices"] for each in pricing["primary_ips"] if each["type"] == "ipv4"), []
    )
    return MonthlyPrices(
        pricing["currency"],
        {name: price for name, price in servers.items() if price is not None},
        float(pricing["volume"]["price_per_gb_month"]["net"]),
        _there(addresses, location),
    )


def _there(prices: list[dict[str, Any]], location: str) -> float | None:
    return next((float(each["price_monthly"]["net"]) for each in prices if each["location"] == location), None)
