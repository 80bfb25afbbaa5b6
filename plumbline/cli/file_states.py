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
PASSED_OVER = frozenset(
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
        "node_modules",
        "reports",
        "site",
        "venv",
    ]
)
"""Folders directly in a project's that a check does not read; below these names may be a part of the spec."""
_COMPILED = "__pycache__"


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


def of_files(folder: Path, passed_over: frozenset[str] = frozenset()) -> Iterator[State]:
    """Of each file below a folder, and of what links there lead to. `passed_over` names folders directly in it."""
    waiting = [os.fspath(folder)]
    while waiting:
        here = waiting.pop()
        skipped = {*passed_over, _COMPILED} if here == os.fspath(folder) else {_COMPILED}
        with suppress(OSError), os.scandir(here) as found:
            for entry in sorted(found, key=lambda each: each.name):
                if not (entry.is_dir() and entry.name in skipped):
                    yield from _of_entry(entry, waiting)


def _of_entry(entry: "os.DirEntry[str]", waiting: list[str]) -> Iterator[State]:
    """A folder is added to those that wait to be listed. An entry that leads nowhere hides none of its neighbours."""
    with suppress(OSError):
        if not entry.is_dir():
            yield state_of(entry.path, entry.stat(follow_symlinks=False))
        else:
            yield f"{entry.path}/", 0, "link" if entry.is_symlink() else ""
            if not entry.is_symlink():
                waiting.append(entry.path)
        if entry.is_symlink():
            yield state_of(entry.path, entry.stat())


def state_of(path: str, stat: os.stat_result) -> State:
    """Of a file by what the system says of it."""
    return (
        path,
        stat.st_ctime_ns,
        f"{stat.st_mode} {stat.st_size} {stat.st_mtime_ns} {stat.st_ctime_ns} {stat.st_ino}",
    )
