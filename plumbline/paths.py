"""Spec paths: `services.postgres.ports.sql`; parts that hold a dot are written `["a.b"]`."""

import re

SpecPath = tuple[str | int, ...]

_PLAIN = re.compile(r"[A-Za-z0-9_*-]+")
_PART = re.compile(r'\.?([A-Za-z0-9_*-]+)|\["((?:[^"\\]|\\.)*)"\]|\[([0-9]+)\]')


class PathText(str):
    """The text of a spec path that knows its parts; `path_of` makes it, so that a dot in an id never parts it."""

    parts: SpecPath


def path_of(*parts: str | int) -> PathText:
    """The path of these parts. A part that is a PathText stands for its own parts, any other for itself, whatever it holds."""
    flat: list[str | int] = []
    for part in parts:
        flat += part.parts if isinstance(part, PathText) else (part,)
    text = PathText(format_path(tuple(flat)))
    text.parts = tuple(flat)
    return text


def parts_of(path: "str | SpecPath") -> SpecPath:
    """The parts of a path in any form; raises ValueError where text is none."""
    if isinstance(path, PathText):
        return path.parts
    return parse_path(path) if isinstance(path, str) else path


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


def covers(pattern: str, path: str | SpecPath) -> bool:
    """Whether a pattern, in which `*` stands for one part, names a path or something above it; never one that is no path."""
    try:
        wanted = parse_path(pattern)
    except ValueError:
        return False
    parts = parts_of(path)
    return len(wanted) <= len(parts) and all(a in ("*", str(b), b) for a, b in zip(wanted, parts, strict=False))
