"""Spec paths: `services.postgres.ports.sql`; parts that hold a dot are written `["a.b"]`."""

import re

SpecPath = tuple[str | int, ...]

_PLAIN = re.compile(r"[A-Za-z0-9_*-]+")
_PART = re.compile(r'\.?([A-Za-z0-9_*-]+)|\["((?:[^"\\]|\\.)*)"\]|\[([0-9]+)\]')


def format_path(path: SpecPath) -> str:
    """The text of a path."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        elif _PLAIN.fullmatch(part):
            text += f".{part}" if text else part
        else:
            escaped = part.replace("\\", "\\\\").replace('"', '\\"')
            text += f'["{escaped}"]'
    return text


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


def covers(pattern: str, path: str) -> bool:
    """Whether a pattern, in which `*` stands for one part, names a path or something above it."""
    wanted, parts = pattern.split("."), path.split(".")
    return len(wanted) <= len(parts) and all(a in ("*", b) for a, b in zip(wanted, parts, strict=False))
