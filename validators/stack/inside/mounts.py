"""What the engine mounts and puts into /dev in every container, as one has it, and whether programs run from its memory. Pure."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from plumbline.report.fact import Check
from validators.stack.inside.processes import PROCESSES
from validators.stack.kernel import EVERYWHERE

_GUARDED = ("nosuid", "nodev", "noexec")
"""What the engine gives a folder in memory by itself (moby, daemon/pkg/oci/defaults.go)."""
_FINE = "as the engine makes them"
Flags = Mapping[str, str]
"""Options by place, such as `ro nosuid nodev noexec`."""


@dataclass(frozen=True)
class Made:
    """What the engine makes in a container by itself."""

    mounts: Flags
    devices: Mapping[str, str]
    """Kind and numbers by name below /dev, such as `c 1:3`."""


def usually_made(all_of_them: Sequence[Mapping[str, Any]]) -> Made:
    """As most containers have it, of what the kernel says of each."""
    return Made(
        _most([{place: how for place, how in each["flags"].items() if _is_the_engines(place)} for each in all_of_them]),
        _most([each["devices"] for each in all_of_them]),
    )


def _most(all_of_them: Sequence[Mapping[str, str]]) -> dict[str, str]:
    found = Counter(pair for each in all_of_them for pair in each.items())
    return {name: value for (name, value), count in found.items() if count > 1 and 2 * count > len(all_of_them)}


def mount_checks(
    subject: str, where: str, container: Mapping[str, Any], kernel: Mapping[str, Any], usual: Made
) -> list[Check]:
    """Checks of a service's mounts and devices, beside what is mounted where and may be written."""
    memory: Mapping[str, str] = container["HostConfig"].get("Tmpfs") or {}
    given = {each.get("PathInContainer") for each in container["HostConfig"].get("Devices") or []}
    odd = {
        "mounts": _odd(kernel["flags"], usual.mounts, memory),
        "devices": _devices(kernel["devices"], usual.devices, given),
        "memory_folders": _open(kernel["flags"], memory),
    }
    return [
        Check(subject, f"{PROCESSES}.{name}", _FINE, "; ".join(each) or _FINE, where=where)
        for name, each in odd.items()
    ]


def _odd(flags: Flags, usual: Mapping[str, str], memory: Mapping[str, str]) -> Iterable[str]:
    for place, wanted in sorted(usual.items()):
        if place not in memory and flags.get(place) != wanted:
            yield f"{place} is {flags[place]}, not {wanted}" if place in flags else f"{place} is uncovered"
    for place in sorted(flags.keys() - usual.keys() - memory.keys() if usual else ()):
        if _is_the_engines(place):
            yield f"{place} is mounted"


def _devices(found: Mapping[str, str], usual: Mapping[str, str], given: Collection[str]) -> Iterable[str]:
    for name, what in sorted(found.items() if usual else ()):
        if usual.get(name) != what and f"/dev/{name}" not in given:
            yield f"/dev/{name} is {what}"


def _open(flags: Flags, memory: Mapping[str, str]) -> Iterable[str]:
    for place, options in sorted(memory.items()):
        asked = {f"no{word}" for word in options.split(",")}
        lacks = [word for word in _GUARDED if word not in asked and word not in flags.get(place, "").split()]
        if place in flags and lacks:
            yield f"{place} without {' '.join(lacks)}"


def _is_the_engines(place: str) -> bool:
    return place in EVERYWHERE or place.startswith(("/proc/", "/sys/"))
