"""Rules of a firewall: what the API refuses, and the form in which it gives them back."""

import re
from ipaddress import ip_network

from tests.fake_hcloud.actions import Json
from tests.fake_hcloud.errors import invalid
from tests.fake_hcloud.routes import check_body

MOST_RULES, MOST_RANGES = 50, 100
WITH_PORT, PROTOCOLS = ("tcp", "udp"), ("tcp", "udp", "icmp", "esp", "gre")
_PORT = re.compile(r"any|(\d{1,5})(?:-(\d{1,5}))?")
_SIDES = {"in": ("source_ips", "destination_ips"), "out": ("destination_ips", "source_ips")}


def rules(asked: list[Json]) -> list[Json]:
    """Rules as the API keeps them; `invalid_input` for the first that it would refuse."""
    if len(asked) > MOST_RULES:
        raise invalid("rules", f"must be at most {MOST_RULES}")
    return [_rule(it, f"rules[{number}]") for number, it in enumerate(asked)]


def _rule(asked: Json, where: str) -> Json:
    takes = {"description": str, "source_ips": list, "destination_ips": list, "port": str}
    check_body(asked, {"direction": str, "protocol": str}, takes)
    if asked["direction"] not in _SIDES:
        raise invalid(f"{where}.direction", "is unknown")
    if asked["protocol"] not in PROTOCOLS:
        raise invalid(f"{where}.protocol", "is unknown")
    if len(asked.get("description") or "") > 255:
        raise invalid(f"{where}.description", "is too long")
    own, other = _SIDES[asked["direction"]]
    if not asked.get(own) or asked.get(other):
        raise invalid(f"{where}.{own}", f"is required, and {other} must be empty")
    if len(asked[own]) > MOST_RANGES:
        raise invalid(f"{where}.{own}", f"must be at most {MOST_RANGES}")
    return {
        "direction": asked["direction"],
        "protocol": asked["protocol"],
        "port": _port(asked, f"{where}.port"),
        own: [_canonical(it, f"{where}.{own}") for it in asked[own]],
        other: [],
        "description": asked.get("description"),
    }


def _port(asked: Json, where: str) -> str | None:
    port = asked.get("port")
    if asked["protocol"] not in WITH_PORT:
        if port is not None:
            raise invalid(where, "goes with tcp and udp only")
        return None
    found = _PORT.fullmatch(port or "")
    ends = [int(it) for it in found.groups() if it] if found else [0]
    if any(not 1 <= it <= 65535 for it in ends) or ends != sorted(ends):
        raise invalid(where, "must be a port, two with a dash between them, or any")
    return str(port)


def _canonical(text: str, where: str) -> str:
    try:
        return str(ip_network(text))
    except ValueError:
        raise invalid(where, f"{text!r} is no range, or has host bits") from None
