"""What `plumb build` has made: the committed list of paths, and the digests that it remembers on this machine."""

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

RECORD = "generated.json"
"""File that lists what `plumb build` made. It holds paths alone, one a line, so that branches merge."""
CACHE = ".cache/plumb"
"""Folder of what only this machine remembers; it ignores itself."""
DIGESTS = f"{CACHE}/written.json"
"""What the last build on this machine left; a check tells by it what was edited from what is out of date."""
_PATH = re.compile(r'^\s*("(?:[^"\\]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})+")', re.MULTILINE)
"""The first text of each line: a merge may have left lines twice, or without their comma."""
MARK = b"enerated by plumb build"
"""Stands near the top of an artifact that can hold a comment."""
_MARK_WITHIN = 400


def paths_in(record: str) -> frozenset[str]:
    """The paths that a record lists, also one with conflicts of a merge in it."""
    try:
        listed = json.loads(record)
    except ValueError:
        listed = [json.loads(path, strict=False) for path in _PATH.findall(record)]
    found = listed if isinstance(listed, list | dict) else ()
    return frozenset(path for path in found if isinstance(path, str) and is_inside(path))


def is_inside(path: str) -> bool:
    """Whether a path stays in the project."""
    return not path.startswith("/") and ".." not in path.split("/") and "\0" not in path


def record_text(paths: Iterable[str]) -> str:
    """The record as text."""
    return json.dumps(sorted(paths), indent=1) + "\n"


def is_marked(content: bytes) -> bool:
    """Whether a file says of itself that `plumb build` wrote it."""
    return MARK in content[:_MARK_WITHIN]


def read_digests(root: Path) -> dict[str, str]:
    """SHA-256 of what the last build on this machine left, by path; empty where nothing is remembered."""
    try:
        found = json.loads((root / DIGESTS).read_bytes())
    except (OSError, ValueError):
        return {}
    return {str(path): str(digest) for path, digest in found.items()} if isinstance(found, dict) else {}


def write_digests(root: Path, digests: Mapping[str, str]) -> None:
    """Remember what was written."""
    file = root / DIGESTS
    file.parent.mkdir(parents=True, exist_ok=True)
    (root / CACHE / ".gitignore").write_text("*\n")
    file.write_text(json.dumps(digests, indent=0, sort_keys=True))
