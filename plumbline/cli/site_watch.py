"""Builds again whenever a file of the spec changes, for `plumb site serve`."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import click
from watchdog.events import (
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer
from watchdog.observers.polling import PollingObserver

_CHANGES = (FileCreatedEvent, FileModifiedEvent, FileDeletedEvent, FileMovedEvent, FileClosedEvent)
"""What a reader causes, such as opening a file, is no change."""
_QUIET_S = 0.2
"""An editor that saves writes several times; a build begins when nothing has come for so long."""


@contextmanager
def rebuild_on_change(folder: Path) -> Iterator[None]:
    """While the block runs: `plumb build` for each change of the spec's folder. Findings are printed, and nothing is written then."""
    changes, done = _Changes(), Event()
    builder = Thread(target=_builds, args=(folder, changes.seen, done), daemon=True)
    observer = Observer()
    observer.schedule(changes, str(folder), recursive=True, event_filter=list(_CHANGES))
    try:
        observer.start()
    except OSError:  # the system tells of no more folders: its limit is reached by other programs
        observer = PollingObserver()
        observer.schedule(changes, str(folder), recursive=True, event_filter=list(_CHANGES))
        observer.start()
    builder.start()
    try:
        yield
    finally:
        done.set()
        changes.seen.set()
        observer.stop()
        observer.join()
        builder.join()


class _Changes(FileSystemEventHandler):
    def __init__(self) -> None:
        self.seen = Event()

    def on_any_event(self, event: FileSystemEvent) -> None:
        self.seen.set()


def _builds(folder: Path, seen: Event, done: Event) -> None:
    while seen.wait() and not done.is_set():
        seen.clear()
        if seen.wait(_QUIET_S):
            continue
        click.echo(f"{folder} has changed: plumb build", err=True)
        subprocess.run([sys.executable, "-m", "plumbline", "--spec", str(folder), "build"], check=False)
