"""The state of files, told without reading them: a file can't be written without a new change time.

Only the standard library is imported for it.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

State = tuple[str, int, str]
"""A file, its change time in nanoseconds, and what would differ if anything of it did."""
MOMENT_NS = 100_000_000
"""A file system's clock may stand still for some milliseconds: what changed within them may change again unseen."""
_PASSED_OVER = frozenset(
    [
        ".cache",
        ".git",
        ".hypothesis",
        ".lab",
        ".mypy_cache",
        ".nox",
        ".pytest_cache",
        ".ruff_cache",
        ".tox",
        ".venv",
        "__pycache__",
        "node_modules",
        "reports",
        "site",
        "venv",
    ]
)
"""Folders of a project that a check does not read."""


def of_program() -> Iterator[State]:
    """Of plumb's own files and, as a whole, of its libraries."""
    for package in ("generators", "plumbline", "schema", "validators"):
        if (module := sys.modules.get(package)) and module.__file__:
            yield from of_files(Path(module.__file__).parent)
        else:
            yield from of_files(Path(__file__).parents[2] / package)
    for place in sorted({*map(Path, sys.path)}):
        with suppress(OSError):
            yield state_of(os.fspath(place), place.stat())


def of_files(folder: Path) -> Iterator[State]:
    """Of each file below a folder, and of what links there lead to."""
    waiting = [os.fspath(folder)]
    while waiting:
        with suppress(OSError), os.scandir(waiting.pop()) as found:
            for entry in sorted(found, key=lambda each: each.name):
                if entry.is_dir():
                    if entry.name not in _PASSED_OVER:
                        yield f"{entry.path}/", 0, "link" if entry.is_symlink() else ""
                        if not entry.is_symlink():
                            waiting.append(entry.path)
                else:
                    yield state_of(entry.path, entry.stat(follow_symlinks=False))
                if entry.is_symlink():
                    yield state_of(entry.path, entry.stat())


def state_of(path: str, stat: os.stat_result) -> State:
    """Of a file by what the system says of it."""
    return (
        path,
        stat.st_ctime_ns,
        f"{stat.st_mode} {stat.st_size} {stat.st_mtime_ns} {stat.st_ctime_ns} {stat.st_ino}",
    )
