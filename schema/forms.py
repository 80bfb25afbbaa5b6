"""What texts of a spec have to look like and to mean: each form once, for Pydantic, for JSON Schema and in words.

A pattern is a JSON Schema keyword, so that the exported schema rejects what it rejects. What a pattern cannot say (that 31
February does not exist) a parser checks, which raises ValueError with the words for the reader.
"""

import re
from collections.abc import Callable
from datetime import date
from ipaddress import IPv4Network, ip_address, ip_network
from typing import Any

from pydantic import AfterValidator, Field

from schema.timezones import TIME_ZONES

SAYS: dict[str, str] = {}
"""What each pattern says, in words that follow «has to be»."""

LAST_ID = 4_294_967_294
"""Linux keeps the id after it for «no change» (chown(2))."""
SMALLEST_SUBNET = 29
"""Length of the longest prefix: eight addresses, of which network, gateway and broadcast are three."""


def form(pattern: str, says: str, **constraints: Any) -> Any:
    """A field of texts that match a pattern; `says` completes «has to be …»."""
    SAYS[pattern] = says
    return Field(pattern=pattern, **constraints)


def form_of(check: Callable[[str], None]) -> AfterValidator:
    """The annotation of a text that a check takes, which raises ValueError with words that complete «has to be …»."""

    def validate(text: str) -> str:
        check(text)
        return text

    return AfterValidator(validate)


# --- paths ----------------------------------------------------------------------------------------------------

_PART = r"\.{0,2}([A-Za-z0-9_@+%~-]|\{tenant\})([A-Za-z0-9._@+%~-]|\{tenant\})*"
"""A name in a path: no `.` or `..` alone, and nothing that a shell, Compose or YAML could take for something else."""
ABSOLUTE = rf"^(/{_PART})+$"
ABSOLUTE_OR_ROOT = rf"^(/|(/{_PART})+)$"
RELATIVE = rf"^{_PART}(/{_PART})*$"
URL_PATH = r"^/[A-Za-z0-9._~%/?=,:@+-]*$"
_NAMES = "names of letters, digits and . _ @ + % ~ - alone, without `.` or `..`"

OF_THE_SYSTEM = (
    r"^/(proc|sys)(/|$)|^/dev(/(?!shm$)|$)|^/(bin|boot|etc|lib|lib32|lib64|libx32|sbin|usr|usr/bin|usr/lib|usr/sbin)$"
)
"""Folders that hold the image's programs and settings, or are the kernel's: a mount there hides them."""
KEPT_BY_THE_NODE = r"^/(bin|boot|dev|etc|lib|lib32|lib64|libx32|proc|root|run|sbin|sys|tmp|usr)(/|$)|^/(home|var|var/(lib|log|run|tmp))$"
"""Folders that a server's own system lives in: a volume there hides them, and the server does not boot."""


def no_folder_of_the_system(path: str) -> None:
    """Raises ValueError for a path in a container where a mount would hide what the image needs."""
    if re.search(OF_THE_SYSTEM, path):
        raise ValueError(f"a path that hides nothing the image needs: {path} holds its programs, or is the kernel's")


def free_on_a_node(path: str) -> None:
    """Raises ValueError for a path on a server where a mount would hide what its system needs."""
    if re.search(KEPT_BY_THE_NODE, path):
        raise ValueError(f"a path that hides nothing the server needs, e.g. /srv/data: {path} is its own system's")


# --- addresses ------------------------------------------------------------------------------------------------


def one_address(text: str) -> None:
    """Raises ValueError for anything but an address that a node can listen on."""
    says = "an IPv4 address of the node: four numbers 0–255 with dots between, without leading zeros, e.g. 127.0.0.1"
    try:
        address = ip_address(text)
    except ValueError:
        raise ValueError(says) from None
    if address.version != 4:
        raise ValueError(f"an IPv4 address: no network of a project has IPv6, so that nothing would answer at {text}")
    if address.is_multicast or address.is_reserved or (text.startswith("0.") and not address.is_unspecified):
        raise ValueError(f"an address that a node can have: {text} is kept for other uses")


def address_range(text: str) -> None:
    """Raises ValueError for anything but a range of addresses."""
    try:
        ip_network(text, strict=False)
    except ValueError:
        says = "an address range: an address, `/` and how many bits are fixed (0–32, IPv6 0–128), e.g. 192.0.2.0/24"
        raise ValueError(says) from None


def segment_range(text: str) -> None:
    """Raises ValueError for a range that Docker cannot make a network of, or that stands for something else."""
    address_range(text)
    network = ip_network(text, strict=False)
    if not isinstance(network, IPv4Network):
        raise ValueError(f"an IPv4 range: networks of a project have no IPv6, and {text} would be refused")
    for name, range in _SPECIAL.items():
        if network.overlaps(range):
            raise ValueError(f"a range that containers can have, e.g. 172.29.0.0/24: {range} is {name}")
    if not 8 <= network.prefixlen <= SMALLEST_SUBNET:
        size = "small" if network.prefixlen > SMALLEST_SUBNET else "large"
        raise ValueError(f"a range from /8 to /{SMALLEST_SUBNET}, e.g. 172.29.0.0/24: {text} is too {size}")


_SPECIAL = {
    "the node itself": ip_network("127.0.0.0/8"),
    "no address at all": ip_network("0.0.0.0/8"),
    "link-local": ip_network("169.254.0.0/16"),
    "multicast": ip_network("224.0.0.0/4"),
    "reserved": ip_network("240.0.0.0/4"),
}
"""IPv4 ranges that no network can have (RFC 6890)."""


def tenant_subnet(text: str) -> None:
    """Raises ValueError for anything but a subnet of a tenant's range, whatever the tenant's octet."""
    says = "a subnet inside 10.{octet}.0.0/16 with zero host bits, from /16 to /28, e.g. 10.{octet}.1.0/24"
    try:
        network = ip_network(text.replace("{octet}", "1"))
    except ValueError:
        raise ValueError(says) from None
    if not 16 <= network.prefixlen <= 28:
        raise ValueError(says)


# --- days, users, time zones ----------------------------------------------------------------------------------


def day(text: str) -> None:
    """Raises ValueError for a day that no calendar has."""
    try:
        date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"a day of the calendar, YYYY-MM-DD; {text} is none") from None


def user_and_group(text: str) -> None:
    """Raises ValueError for an id that Linux has not."""
    if any(int(number) > LAST_ID for number in text.split(":")):
        raise ValueError(f"numeric uid:gid, each from 0 to {LAST_ID}, e.g. 1000:1000")


def time_zone(text: str) -> None:
    """Raises ValueError for a name that the tz database has not."""
    if text not in TIME_ZONES:
        raise ValueError("a name of the tz database, e.g. Europe/Berlin or Etc/UTC")
