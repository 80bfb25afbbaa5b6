"""Expected files. `make golden` (GOLDEN_UPDATE=1) writes them anew; read the diff before it is committed."""

import json
import os
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "golden"


def check_golden(name: str, files: dict[str, bytes]) -> None:
    """Assert that the folder `golden/<name>` holds exactly these files."""
    folder = FOLDER / name
    if is_updating():
        for old in [path for path in folder.rglob("*") if path.is_file()]:
            old.unlink()
        for path, content in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content)
    there = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    assert sorted(there) == sorted(files), "make golden"
    for path, content in files.items():
        assert there[path].read_text("utf-8") == content.decode(), f"{path} differs: make golden"


def is_updating() -> bool:
    """Whether expected files are written anew."""
    return bool(os.environ.get("GOLDEN_UPDATE"))


def wide_json(value: Any, indent: int = 0, width: int = 150) -> str:
    """JSON in which whatever fits has one line."""
    line = json.dumps(value, ensure_ascii=False)
    if not value or not isinstance(value, dict | list) or indent + len(line) <= width:
        return line
    start = "\n" + " " * (indent + 1)
    if isinstance(value, dict):
        parts = [
            f"{json.dumps(key, ensure_ascii=False)}: {wide_json(each, indent + 1, width)}"
            for key, each in value.items()
        ]
    else:
        parts = [wide_json(each, indent + 1, width) for each in value]
    first, last = line[0], line[-1]
    return f"{first}{start}{f',{start}'.join(parts)}\n{' ' * indent}{last}"
