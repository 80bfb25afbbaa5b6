"""YAML text of plain data, as PyYAML writes it in block style, and the lines on which each part stands. Pure.

PyYAML's emitter takes ten times as long. Tests hold this one against it, and read back what it writes.
"""

import re
from typing import Any

_PLAIN = re.compile(r"[A-Za-z_/][A-Za-z0-9_./-]*")
_SPECIAL = {"y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"}
_ESCAPED = re.compile(r'["\\]|[^\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd]')
_ESCAPES = {
    "\0": "\\0", "\x07": "\\a", "\x08": "\\b", "\t": "\\t", "\n": "\\n", "\x0b": "\\v", "\x0c": "\\f", "\r": "\\r",
    "\x1b": "\\e", '"': '\\"', "\\": "\\\\", "\x85": "\\N", "\u2028": "\\L", "\u2029": "\\P",
}  # fmt: skip
_NO_BLOCK = re.compile(
    r"[^\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]| (?:\n|\Z)"
)
"""What a block can't show: characters that only an escape shows, and spaces that nobody sees at the end of a line."""
_STEP = "  "


def yaml_text(data: dict[str, Any] | list[Any], *, blocks: bool = False) -> str:
    """The text. Every string that any YAML version could take for something else is quoted; with `blocks`, text of several lines
    stands as it is.
    """
    lines: list[str] = []
    if data:
        _write(lines, "", "", data, blocks)
    else:
        lines.append(_scalar(data))
    return "\n".join(lines) + "\n"


def _write(lines: list[str], first: str, indent: str, data: Any, blocks: bool) -> None:
    """Lines of a collection that is not empty; the first of them begins with `first`, the others with `indent`."""
    if isinstance(data, dict):
        for key, value in data.items():
            name = f"{first}{_scalar(key)}:"
            first = indent
            if isinstance(value, dict | list) and value:
                lines.append(name)
                _write(lines, indent + _STEP, indent + _STEP, value, blocks)
            else:
                _put(lines, f"{name} ", indent, value, blocks)
        return
    for value in data:
        if isinstance(value, dict | list) and value:
            _write(lines, f"{first}- ", indent + _STEP, value, blocks)
        else:
            _put(lines, f"{first}- ", indent, value, blocks)
        first = indent


def _put(lines: list[str], before: str, indent: str, value: Any, blocks: bool) -> None:
    if not (blocks and isinstance(value, str) and _is_block(value)):
        lines.append(before + _scalar(value))
        return
    hint = str(len(_STEP)) if value[0] in " \n" else ""
    if not value.endswith("\n"):
        hint += "-"
    elif value.endswith("\n\n") or value == "\n":
        hint += "+"
    lines.append(f"{before}|{hint}")
    lines += [indent + _STEP + line if line else "" for line in value.removesuffix("\n").split("\n")]


def _is_block(value: str) -> bool:
    return "\n" in value and not _NO_BLOCK.search(value)


def _scalar(value: Any) -> str:
    if isinstance(value, str):
        if _PLAIN.fullmatch(value) and value.lower().strip(".") not in _SPECIAL:
            return value
        return f'"{_ESCAPED.sub(_escape, value)}"'
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        shown = repr(value)
        return shown if "." in shown else shown.replace("e", ".0e")  # YAML 1.1 knows no number without a dot
    if isinstance(value, int):
        return str(value)
    if isinstance(value, dict | list):
        return "{}" if isinstance(value, dict) else "[]"
    raise TypeError(f"YAML has no form for {type(value).__name__}")


def _escape(found: re.Match[str]) -> str:
    char = found[0]
    if char in _ESCAPES:
        return _ESCAPES[char]
    number = ord(char)
    return f"\\x{number:02X}" if number <= 0xFF else f"\\u{number:04X}" if number <= 0xFFFF else f"\\U{number:08X}"
