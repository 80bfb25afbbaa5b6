"""What can be ordered: locations, types, images and prices, as they were seen in late 2026. Prices are net, in euros a month."""

from typing import NamedTuple

from tests.fake_hcloud.actions import Json

EU = ("fsn1", "nbg1", "hel1")
ALL = (*EU, "ash", "hil", "sin")
GONE = {"announced": "2026-03-01T06:00:00+00:00", "unavailable_after": "2026-06-01T06:00:00+00:00"}
DYING = {"announced": "2026-08-31T00:00:00+00:00", "unavailable_after": "2026-11-30T00:00:00+00:00"}
VAT = 1.19
HOURS = 624  # the vendor's monthly cap is below the hours of a month

LOCATIONS = (
    ("fsn1", "Falkenstein DC Park 1", "DE", "Falkenstein", 50.47612, 12.370071, "eu-central"),
    ("nbg1", "Nuremberg DC Park 1", "DE", "Nuremberg", 49.452102, 11.076665, "eu-central"),
    ("hel1", "Helsinki DC Park 1", "FI", "Helsinki", 60.169855, 24.938379, "eu-central"),
    ("ash", "Ashburn, VA", "US", "Ashburn, VA", 39.045821, -77.487073, "us-east"),
    ("hil", "Hillsboro, OR", "US", "Hillsboro, OR", 45.54222, -122.951924, "us-west"),
    ("sin", "Singapore", "SG", "Singapore", 1.283333, 103.833333, "ap-southeast"),
)


class Type(NamedTuple):
    """A server type: cores, memory and disk in GB, price, where it's sold and where no more."""

    name: str
    cores: int
    memory: int
    disk: int
    price: float
    sold: tuple[str, ...] = EU
    ended: tuple[str, ...] = ()


SERVER_TYPES = (
    Type("cpx11", 2, 2, 40, 20.49, ALL, (*EU, "sin")),
    Type("cx23", 2, 4, 40, 5.49),
    Type("cx33", 4, 8, 80, 8.49),
    Type("cx43", 8, 16, 160, 15.99),
    Type("cx53", 16, 32, 320, 29.49),
    Type("cpx12", 1, 2, 40, 10.99, (*EU, "sin")),
    Type("cpx22", 2, 4, 80, 19.49, (*EU, "sin")),
    Type("cpx32", 4, 8, 160, 35.49, (*EU, "sin")),
    Type("cpx42", 8, 16, 320, 69.49, (*EU, "sin")),
    Type("cpx62", 16, 32, 640, 149.99, (*EU, "sin")),
    Type("cax11", 2, 4, 40, 5.99),
    Type("cax21", 4, 8, 80, 10.49),
    Type("cax31", 8, 16, 160, 20.99),
    Type("cax41", 16, 32, 320, 40.99),
    Type("ccx13", 2, 8, 80, 42.99, ALL),
    Type("ccx23", 4, 16, 160, 85.99, ALL),
    Type("ccx33", 8, 32, 240, 138.49, ALL),
)

# name, flavour, version, smallest disk in GB, deprecation
IMAGES: tuple[tuple[str, str, str, int, Json | None], ...] = (
    ("debian-11", "debian", "11", 5, DYING),
    ("debian-12", "debian", "12", 5, None),
    ("debian-13", "debian", "13", 5, None),
    ("ubuntu-22.04", "ubuntu", "22.04", 5, None),
    ("ubuntu-24.04", "ubuntu", "24.04", 5, None),
)

# name, services, targets, certificates, connections, price
BALANCER_TYPES = (
    ("lb11", 5, 25, 10, 20_000, 7.49),
    ("lb21", 15, 75, 25, 40_000, 24.49),
    ("lb31", 30, 150, 50, 100_000, 48.49),
)


def money(net: float) -> Json:
    """An amount as the API writes it."""
    return {"net": f"{net:.10f}", "gross": f"{net * VAT:.16f}"}


def prices(month: float, locations: tuple[str, ...]) -> list[Json]:
    """What a type costs in each location."""
    return [
        {
            "location": location,
            "price_hourly": money(month / HOURS),
            "price_monthly": money(month),
            "included_traffic": 21_990_232_555_520,
            "price_per_tb_traffic": money(1.0),
        }
        for location in locations
    ]


def objects() -> dict[str, dict[int, Json]]:
    """A catalogue of its own for each project, so that a test can sell a type out."""
    places = {name: number for number, (name, *_) in enumerate(LOCATIONS, 1)}
    return {
        "locations": _numbered(1, [_location(*row) for row in LOCATIONS]),
        "server_types": _numbered(101, [_server_type(it, places) for it in SERVER_TYPES]),
        "images": _numbered(200_001, [_image(*row, arm) for row in IMAGES for arm in ("x86", "arm")]),
        "load_balancer_types": _numbered(1, [_balancer_type(*row) for row in BALANCER_TYPES]),
    }


def pricing(catalogue: dict[str, dict[int, Json]]) -> Json:
    """What `/pricing` answers."""
    a_place = [{"location": name, "price_hourly": money(0.5 / HOURS), "price_monthly": money(0.5)} for name in ALL]
    return {
        "currency": "EUR",
        "vat_rate": "19.00",
        "image": {"price_per_gb_month": money(0.0143)},
        "volume": {"price_per_gb_month": money(0.0572)},
        "server_backup": {"percentage": "20.00"},
        "floating_ip": {"price_monthly": money(3.0)},
        "floating_ips": [
            {"type": kind, "prices": [{"location": name, "price_monthly": money(3.0)} for name in ALL]}
            for kind in ("ipv4", "ipv6")
        ],
        "primary_ips": [{"type": "ipv4", "prices": a_place}],
        "server_types": [_priced(it) for it in catalogue["server_types"].values()],
        "load_balancer_types": [_priced(it) for it in catalogue["load_balancer_types"].values()],
    }


def _priced(it: Json) -> Json:
    return {key: it[key] for key in ("id", "name", "prices")}


def _numbered(first: int, rows: list[Json]) -> dict[int, Json]:
    return {number: {"id": number, **row} for number, row in enumerate(rows, first)}


def _location(
    name: str, description: str, country: str, city: str, latitude: float, longitude: float, zone: str
) -> Json:
    return {
        "name": name,
        "description": description,
        "country": country,
        "city": city,
        "latitude": latitude,
        "longitude": longitude,
        "network_zone": zone,
    }


def _server_type(it: Type, places: dict[str, int]) -> Json:
    dedicated, arm = it.name.startswith("ccx"), it.name.startswith("cax")
    return {
        "name": it.name,
        "description": it.name.upper(),
        "category": "General Purpose" if dedicated else "Regular Performance" if "cpx" in it.name else "Cost-Optimized",
        "cores": it.cores,
        "memory": it.memory,
        "disk": it.disk,
        "prices": prices(it.price, it.sold),
        "storage_type": "local",
        "cpu_type": "dedicated" if dedicated else "shared",
        "architecture": "arm" if arm else "x86",
        "locations": [
            {
                "id": places[name],
                "name": name,
                "deprecation": dict(GONE) if name in it.ended else None,
                "recommended": name not in it.ended,
                "available": name not in it.ended,
            }
            for name in it.sold
        ],
    }


def _image(name: str, flavour: str, version: str, disk: int, deprecation: Json | None, architecture: str) -> Json:
    return {
        "type": "system",
        "status": "available",
        "name": name,
        "description": f"{flavour.capitalize()} {version}",
        "image_size": None,
        "disk_size": disk,
        "created": "2025-08-12T06:00:00+00:00",
        "created_from": None,
        "bound_to": None,
        "os_flavor": flavour,
        "os_version": version,
        "rapid_deploy": True,
        "protection": {"delete": False},
        "deprecation": deprecation and dict(deprecation),
        "deleted": None,
        "labels": {},
        "architecture": architecture,
    }


def _balancer_type(name: str, services: int, targets: int, certificates: int, connections: int, price: float) -> Json:
    return {
        "name": name,
        "description": name.upper(),
        "max_connections": connections,
        "max_services": services,
        "max_targets": targets,
        "max_assigned_certificates": certificates,
        "deprecation": None,
        "prices": prices(price, ALL),
    }
