"""The settings of a network namespace, as /proc/sys/net has them. Read from within it."""

from contextlib import suppress
from pathlib import Path

ROOT = Path("/proc/sys/net")
KINDS = ("ipv4", "ipv6")
_OF_ALL = ("all", "default", "lo")
INTERFACE, DEFAULT = "interface", "default"


def settings() -> dict[str, str]:
    """Value by name, such as `ipv4.conf.all.rp_filter`. Those of all interfaces go by one name, with every value that one has."""
    found: dict[str, set[str]] = {}
    for kind in KINDS:
        for file in [*(ROOT / kind).glob("*"), *(ROOT / kind / "conf").glob("*/*")]:
            with suppress(OSError):  # a folder, a secret, or one that can be written only
                found.setdefault(_name(file), set()).add(" ".join(file.read_text().split()))
    return {name: " or ".join(sorted(values)) for name, values in found.items()}


def changed(now: dict[str, str], new: dict[str, str]) -> dict[str, str]:
    """Those that are not as in a namespace that is new; an interface has the default at first."""
    return {
        name: value
        for name, value in now.items()
        if value != new.get(name.replace(f".{INTERFACE}.", f".{DEFAULT}."), value)
    }


def _name(file: Path) -> str:
    words = list(file.relative_to(ROOT).parts)
    if len(words) == 4 and words[2] not in _OF_ALL:
        words[2] = INTERFACE
    return ".".join(words)
