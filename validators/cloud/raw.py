"""What the API says, read without trust: a field may be missing, null, of another type, or of a value that nobody knows. Pure."""

from collections.abc import Mapping
from ipaddress import ip_network
from typing import Any

Raw = Mapping[str, Any]
"""An object as the API shows it."""


class Missing:
    """In place of a field that an answer lacks; null is a value."""

    def __bool__(self) -> bool:
        return False


MISSING = Missing()


def at(raw: Any, path: str) -> Any:
    """A field, e.g. `public_net.ipv4.ip`; null where a parent is null, MISSING where there is no such field."""
    for part in path.split("."):
        if raw is None:
            return None
        if not isinstance(raw, Mapping) or part not in raw:
            return MISSING
        raw = raw[part]
    return raw


def text(raw: Any, path: str) -> str | None:
    """A text that is not empty; None for all else."""
    found = at(raw, path)
    return found if isinstance(found, str) and found else None


def number(raw: Any, path: str) -> int | None:
    """A whole number, e.g. an id; None for all else."""
    found = at(raw, path)
    if isinstance(found, float) and found.is_integer():
        return int(found)
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def flag(raw: Any, path: str) -> bool | None:
    """Yes or no; None for all else."""
    found = at(raw, path)
    return found if isinstance(found, bool) else None


def entries(raw: Any, path: str) -> list[Raw] | None:
    """A list of objects; None when it is none, or has something else in it."""
    found = at(raw, path)
    return found if isinstance(found, list) and all(isinstance(each, Mapping) for each in found) else None


def words(raw: Any, path: str) -> list[str] | None:
    """A list of texts; None when it is none, or has something else in it."""
    found = at(raw, path)
    return found if isinstance(found, list) and all(isinstance(each, str) for each in found) else None


def numbers(raw: Any, path: str) -> list[int] | None:
    """A list of ids; None when it is none, or has something else in it."""
    found = at(raw, path)
    whole = isinstance(found, list) and all(isinstance(each, int) and not isinstance(each, bool) for each in found)
    return found if whole else None


def labels(raw: Any) -> dict[str, str] | None:
    """Labels; None when they cannot be told."""
    found = at(raw, "labels")
    if not isinstance(found, Mapping) or not all(isinstance(each, str) for each in found.values()):
        return None
    return dict(found)


def cidr(range: str) -> str:
    """A range in its shortest spelling, without the host bits that the console takes; as it is where it is none."""
    try:
        return str(ip_network(range.strip(), strict=False))
    except ValueError:
        return range
