"""Changes single values in YAML text; all comments and all other lines stay as they are."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from plumbline.spec.location import Location
from plumbline.spec.paths import SpecPath, format_path
from plumbline.spec.yaml_tree import YamlNode, YamlProblem, key_at, node_at, parse_tree, to_data

_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
"""What libyaml counts as the end of a line."""
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./:-]*[A-Za-z0-9]")
_NOT_TEXT = {"true", "false", "null", "yes", "no", "on", "off"}


class CannotEdit(Exception):
    """A value can't be changed where it stands; says why."""


@dataclass(frozen=True)
class YamlChange:
    """A value to set. The map that holds it has to be there."""

    path: SpecPath
    value: str | int | Sequence[str] | Mapping[str, str | int]
    before: tuple[str, ...] = ()
    """Keys before which a new key is put: the first of them that is there."""


@dataclass(frozen=True)
class _Edit:
    start: int
    end: int
    text: str


def edit_yaml(text: str, changes: Sequence[YamlChange]) -> str:
    """The text with the changes made. Raises CannotEdit, YamlProblem."""
    root, wanted = _read(text)
    lines = [0, *(match.end() for match in _BREAK.finditer(text))]
    edits = [_edit(text, lines, root, change) for change in changes]
    for change in changes:
        parent = wanted
        for part in change.path[:-1]:
            parent = parent[part]
        parent[change.path[-1]] = list(change.value) if isinstance(change.value, tuple) else change.value
    # from the end, so that places before stay true; of two at one place the later is put in first
    edits.sort(key=lambda each: each.start)
    for edit in reversed(edits):
        text = text[: edit.start] + edit.text + text[edit.end :]
    try:
        found = to_data(parse_tree(text, "")[0])
    except YamlProblem:
        found = None
    if found != wanted:
        paths = ", ".join(format_path(change.path) for change in changes)
        raise CannotEdit(f"{paths}: cannot be changed in place; is it shared by an alias?")
    return text


def _read(text: str) -> tuple[YamlNode, Any]:
    root, _ = parse_tree(text, "")
    if root is None:
        raise CannotEdit("the file is empty")
    return root, to_data(root)


def _edit(text: str, lines: list[int], root: YamlNode, change: YamlChange) -> _Edit:
    if key_at(root, change.path):
        start, end = _span(lines, node_at(root, change.path).location)
        quote = text[start] if text[start:end] and text[start] in "\"'" else ""
        new = f"{quote}{change.value}{quote}" if quote and isinstance(change.value, str) else _flow(change.value)
        return _Edit(start, end, new if end > start else f" {new}")
    holder = node_at(root, change.path[:-1])
    keys = holder.value if isinstance(holder.value, dict) else {}
    if not keys:
        raise CannotEdit(f"{format_path(change.path[:-1])} is not a map")
    later = [name for name in change.before if name in keys] or list(keys)[-1:]
    start, _ = _span(lines, keys[later[0]][0].location)
    entry = f"{change.path[-1]}: {_flow(change.value)}"
    if text[_span(lines, holder.location)[0]] == "{":
        return _Edit(start, start, f"{entry}, ")
    line = max(each for each in lines if each <= start)
    indent = text[line:start]
    # comments right above a key belong to it
    while (above := max((each for each in lines if each < line), default=None)) is not None:
        if not text[above:line].lstrip().startswith("#"):
            break
        line = above
    return _Edit(line, line, f"{indent}{entry}{_break_of(text)}")


def _break_of(text: str) -> str:
    found = _BREAK.search(text)
    return found[0] if found else "\n"


def _span(lines: list[int], location: Location) -> tuple[int, int]:
    start = lines[location.line - 1] + location.column - 1
    return start, lines[location.end_line - 1] + location.end_column - 1


def _flow(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_flow(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_flow(inner) for inner in value) + "]"
    plain = isinstance(value, str) and _PLAIN.fullmatch(value) and value.lower() not in _NOT_TEXT
    return str(value) if plain else json.dumps(value, ensure_ascii=False)
