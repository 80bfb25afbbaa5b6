"""`plumb check --watch`: checks the spec whenever it is saved, in one process."""

import gc
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import click

from plumbline.cli.exit_codes import EXIT_INTERRUPTED, guarded

_LOOK_S = 0.1
"""How often the folder is looked at. A look at the shipped spec takes a millisecond."""
_Files = dict[str, tuple[int, int, int]]


def check_again(folder: Path, check: Callable[[], None]) -> NoReturn:
    """Check now and after each change of the spec's folder, until somebody interrupts or nobody reads what is said."""
    gc.enable()
    while True:
        seen = files_in(folder)
        try:
            guarded(check)
        except SystemExit as left:
            if left.code == EXIT_INTERRUPTED or sys.stderr.closed:
                raise
        sys.stdout.flush()
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
