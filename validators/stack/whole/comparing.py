"""Two answers of `docker inspect`, field by field. Pure."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any

from plumbline.stack.engine import as_json
from plumbline.stack.project import HOST_FOLDER
from validators.stack.expected import SECRET_VALUE
from validators.stack.whole.may_differ import MayDiffer

Path = tuple[str, ...]
_ORDERED = {"Args", "Cmd", "Dns", "DnsOptions", "DnsSearch", "Entrypoint", "Test"}
"""Lists whose order says something."""
_KEYS = ("Destination", "Target", "PathInContainer")
_FIELD = re.compile(r"[A-Z]\w*")
"""How the engine spells the fields that it has itself; their number is fixed."""
_ANONYMOUS = re.compile(r"\b[0-9a-f]{64}\b")
_SHORT_ID, _WHOLE_ID = 12, 64


@dataclass(frozen=True)
class ProjectNames:
    """What a project's fields are full of, and another's of the same file are not."""

    project: str
    folder: str
    secret_variables: frozenset[str] = frozenset()
    """Variables whose values must not be shown."""


@dataclass(frozen=True)
class FieldDifference:
    """A field that is not the same on both sides. None: there is no such field."""

    path: Path
    expected: str | None
    observed: str | None

    @property
    def shown(self) -> str:
        """As people write it, `HostConfig.GroupAdd`."""
        return ".".join(self.path)


def differences(
    made: Mapping[str, Any],
    runs: Mapping[str, Any],
    names: tuple[ProjectNames, ProjectNames],
    may_differ: Collection[MayDiffer],
) -> list[FieldDifference]:
    """What is not in both alike, apart from what may differ. `names` are those of `made` and of `runs`."""
    left, right = (dict(_leaves(_plain(each, names, id))) for each, id in ((made, names[0]), (runs, names[1])))
    found = (FieldDifference(path, left.get(path), right.get(path)) for path in sorted(left.keys() | right.keys()))
    return [each for each in found if each.expected != each.observed and not _may(each, may_differ)]


def _may(found: FieldDifference, may_differ: Collection[MayDiffer]) -> bool:
    return any(
        is_below(found.path, each.paths) and (each.among is None or {found.expected, found.observed} <= {*each.among})
        for each in may_differ
    )


def is_below(path: Path, patterns: Collection[str]) -> bool:
    """Whether a path is one of the patterns', or below it."""
    return any(
        len(parts) <= len(path) and all(fnmatchcase(*pair) for pair in zip(path, parts, strict=False))
        for parts in (pattern.split("/") for pattern in patterns)
    )


def _plain(document: Mapping[str, Any], both: tuple[ProjectNames, ProjectNames], own: ProjectNames) -> Any:
    """The document with words in place of what is its own: names, folders, identities, addresses of its networks."""
    id = str(document.get("Id", ""))
    projects = sorted({each.project for each in both} - {""}, key=len, reverse=True)
    configs = (document.get("IPAM") or {}).get("Config") or []
    networks = [ip_network(each["Subnet"]) for each in configs if each.get("Subnet")]

    def word(text: str) -> str:
        if own.folder and own.folder in text:
            text = re.sub(rf"{re.escape(own.folder)}/{HOST_FOLDER}(?=/)", "", text)
            text = re.sub(rf"{re.escape(own.folder)}(?=/|$)", "(folder)", text)
        for name in projects:
            if name in text:
                text = re.sub(rf"(?<![\w-]){re.escape(name)}(?=[_-]|$)", "(project)", text)
        if id and id[:_SHORT_ID] in text:
            text = text.replace(id, "(id)").replace(id[:_SHORT_ID], "(id)")
        if len(text) >= _WHOLE_ID:
            text = _ANONYMOUS.sub("(anonymous)", text)
        name, is_variable, _ = text.partition("=")
        text = f"{name}={SECRET_VALUE}" if is_variable and name in own.secret_variables else text
        return next((moved for network in networks if (moved := _relative(text, network))), text)

    def walk(value: Any) -> Any:
        if isinstance(value, str):
            return word(value)
        if isinstance(value, Mapping):
            return {word(str(key)): walk(each) for key, each in value.items()}
        if isinstance(value, Sequence):
            return [each for each in map(walk, value) if each != "(id)"]
        return value

    return walk(document)


def _relative(text: str, network: IPv4Network | IPv6Network) -> str:
    """An address of a subnet by its place there, so that one that was moved is the same; empty for any other text."""
    if text == str(network):
        return "(subnet)"
    try:
        address = ip_address(text)
    except ValueError:
        return ""
    if address not in network:
        return ""
    first, last = int(address) - int(network.network_address), int(network.broadcast_address) - int(address)
    return f"(subnet) + {first}" if first <= last else f"(subnet's end) - {last}"


def _leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Every field that says something. Null, an empty list and an empty text do so under a key that somebody chose: a port, a label."""
    if value in (None, "", [], {}):
        if path and (path[-2:-1] == ("Labels",) or not _FIELD.fullmatch(path[-1])):
            yield path, as_json(value)
        return
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield from _leaves(each, (*path, key))
    elif isinstance(value, list) and path and all(isinstance(each, Mapping) for each in value):
        keyed = {_key(each, number): each for number, each in enumerate(value)}
        for key, each in keyed.items():
            yield from _leaves(each, (*path, key))
    elif isinstance(value, list):
        yield path, as_json(value if path[-1] in _ORDERED else sorted(value, key=as_json))
    else:
        yield path, value if isinstance(value, str) else as_json(value)


def _key(value: Mapping[str, Any], number: int) -> str:
    return next((str(value[key]) for key in _KEYS if value.get(key)), str(number))
