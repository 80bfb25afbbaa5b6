"""Checks the spec whenever it is saved. What has been imported stays: only the check itself is paid for."""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import click

_LOOK_S = 0.1
"""How often the folder is looked at. A look at the shipped spec takes a millisecond; no thread lives, so that forking is safe."""
_Files = dict[str, tuple[int, int, int]]


def check_again(folder: Path, check: Callable[[], None]) -> NoReturn:
    """Check now and after each change of the spec's folder, each time in a process of its own, until somebody interrupts."""
    while True:
        seen = files_in(folder)
        _apart(check)
        click.echo(f"--- {time.strftime('%H:%M:%S')}: waiting for a change of {folder}; Ctrl-C ends", err=True)
        while files_in(folder) == seen:
            time.sleep(_LOOK_S)
        while (now := files_in(folder)) != seen:  # an editor that saves writes several times
            seen = now
            time.sleep(_LOOK_S)


def files_in(folder: Path) -> _Files:
    """Every file below a folder with its number, size and time of change; links are not followed."""
    found: _Files = {}
    waiting = [str(folder)]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    else:
                        state = entry.stat(follow_symlinks=False)
                        found[entry.path] = state.st_ino, state.st_size, state.st_mtime_ns
        except OSError:  # it is gone again, or may not be read: the check says so
            continue
    return found


def _apart(check: Callable[[], None]) -> None:
    """In a child, which ends as the command would: what it keeps, and what it breaks, is gone with it."""
    sys.stdout.flush()
    sys.stderr.flush()
    if child := os.fork():
        os.waitpid(child, 0)
        return
    check()
    sys.exit(0)
