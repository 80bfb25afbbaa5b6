"""The lab's engine, shared by processes that test: one uses it at a time, and the last one stops it."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from tests.lab.engine import LAB, LabEngine, ensure_engine, stop

_HELD: list[IO[str]] = []


@contextmanager
def turn() -> Iterator[None]:
    """The engine is this process's alone; whoever has it already keeps it."""
    if _HELD:
        yield
        return
    with _file("turn") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        _HELD.append(stream)
        try:
            yield
        finally:
            _HELD.clear()


@contextmanager
def used_engine() -> Iterator[LabEngine]:
    """An engine; one that tests started stops with the last of them. Raises CannotInstall, RuntimeError."""
    with _file("users") as users:
        fcntl.flock(users, fcntl.LOCK_SH)
        engine = ensure_engine()
        if engine.started:
            _write(users, str(engine.host))
        try:
            yield engine
        finally:
            if _is_last(users) and engine.host == _read(users):
                stop()
                _write(users, "")


def _is_last(users: IO[str]) -> bool:
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _read(stream: IO[str]) -> str:
    stream.seek(0)
    return stream.read()


def _write(stream: IO[str], text: str) -> None:
    stream.seek(0)
    stream.truncate()
    stream.write(text)
    stream.flush()


@contextmanager
def _file(name: str) -> Iterator[IO[str]]:
    LAB.mkdir(exist_ok=True)
    with (LAB / name).open("a+") as stream:
        yield stream
