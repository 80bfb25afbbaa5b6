"""Spec paths: `services.postgres.ports.sql`; parts that hold a dot are written `["a.b"]`."""

import re
from functools import lru_cache
from typing import Literal, Self, get_args

SpecPath = tuple[str | int, ...]

_PLAIN = re.compile(r"[A-Za-z0-9_*-]+")
_PART = re.compile(r'\.?([A-Za-z0-9_*-]+)|\["((?:[^"\\]|\\.)*)"\]|\[([0-9]+)\]')


Root = Literal[
    "platform",
    "requirements",
    "networks",
    "secrets",
    "tenants",
    "waivers",
    "update",
    "catalogue",
    "images",
    "models",
    "monitoring",
    "backups",
    "data_flows",
    "parity",
    "topology",
    "services",
    "runbooks",
    "contracts",
    "templates",
    "artifacts",
]
"""What a whole path begins with: a section of the spec, the texts below config/, or what is generated from it."""
ROOTS = frozenset(get_args(Root))


class PartsText(str):
    """The text of a path, or of a piece of one, that knows its parts: it is made of them alone, so that a dot in an id never parts it."""

    parts: SpecPath

    def __new__(cls, parts: SpecPath) -> Self:
        """Made of parts; a text is none."""
        text = super().__new__(cls, format_path(parts))
        text.parts = parts
        return text

    def __getnewargs__(self) -> tuple[SpecPath]:  # type: ignore[override]
        """What a copy is made of."""
        return (self.parts,)


class PathText(PartsText):
    """The text of a whole path; raises ValueError for one that begins nowhere in a spec."""

    def __new__(cls, parts: SpecPath) -> Self:
        """Made of parts, the first of which is a root."""
        if not parts or parts[0] not in ROOTS:
            raise ValueError(f"not a path of a spec: {format_path(parts)!r}")
        return super().__new__(cls, parts)


@lru_cache(maxsize=32_768, typed=True)  # a text is not the path that it looks like
def path_of(begin: Root | PathText, *parts: str | int) -> PathText:
    """The path of these parts. A part that knows its own parts stands for them, any other for itself, whatever it holds."""
    path = (begin.parts if isinstance(begin, PartsText) else (begin,)) + (parts if _are_plain(parts) else _flat(parts))
    return PathText(path)


@lru_cache(maxsize=4096, typed=True)
def inner_path(*parts: str | int) -> PartsText:
    """A piece of a path, to be put behind a whole one."""
    return PartsText(_flat(parts))


def _are_plain(parts: tuple[str | int, ...]) -> bool:
    return all(type(part) in (str, int) for part in parts)


def _flat(parts: tuple[str | int, ...]) -> SpecPath:
    flat: list[str | int] = []
    for part in parts:
        flat += part.parts if isinstance(part, PartsText) else (part,)
    return tuple(flat)


def parts_of(path: "str | SpecPath") -> SpecPath:
    """The parts of a path in any form; raises ValueError where text is none."""
    if isinstance(path, PartsText):
        return path.parts
    return parse_path(path) if isinstance(path, str) else path


def format_path(path: SpecPath) -> str:
    """The text of a path."""
    return "".join([f"[{part}]" if isinstance(part, int) else _piece(part) for part in path]).removeprefix(".")


@lru_cache(maxsize=65_536)
def _piece(part: str) -> str:
    if _PLAIN.fullmatch(part):
        return f".{part}"
    escaped = part.replace("\\", "\\\\").replace('"', '\\"')
    return f'["{escaped}"]'


@lru_cache(maxsize=4096)
def parse_path(text: str) -> SpecPath:
    """The path that a text names; raises ValueError where it is none."""
    parts: list[str | int] = []
    position = 0
    while position < len(text):
        match = _PART.match(text, position)
        if match is None or (position == 0 and text[0] == "."):
            raise ValueError(f"not a spec path: {text!r}")
        plain, quoted, index = match.groups()
        if index is not None:
            parts.append(int(index))
        else:
            parts.append(plain if plain is not None else re.sub(r"\\(.)", r"\1", quoted))
        position = match.end()
    return tuple(parts)


def covers(pattern: str, path: str | SpecPath) -> bool:
    """Whether a pattern, in which `*` stands for one part, names a path or something above it; never one that is no path."""
    try:
        wanted = parse_path(pattern)
    except ValueError:
        return False
    parts = parts_of(path)
    return len(wanted) <= len(parts) and all(a in ("*", str(b), b) for a, b in zip(wanted, parts, strict=False))
