"""One lab at a time on a host: two engines in one network would overwrite each other's rules and share one bridge.

The lab that runs is recorded, with the process that it lives as long as; that of another checkout is waited for.
"""

import fcntl
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

RECORD = Path(tempfile.gettempdir()) / "plumb-lab.json"
_WAIT_SECONDS = 7200
_POLL_S = 1.0


def tell(text: str) -> None:
    """Say something to whoever waits, beside a program's output."""
    print(text, file=sys.stderr, flush=True)


def await_turn(lab: Path, telling: Callable[[str], None] = tell) -> None:
    """Wait until no other checkout's lab runs, and record that this one does. Raises RuntimeError when that takes too long."""
    end, told = time.monotonic() + _WAIT_SECONDS, False
    while other := _claim(lab, os.getpid()):
        text = f"the lab of {other} runs on this host; it ends with its tests, or by `python -m tests.lab stop` there"
        if time.monotonic() > end:
            raise RuntimeError(text)
        if not told:
            telling(f"waiting: {text}")
            told = True
        time.sleep(_POLL_S)


def lives_as_long_as(lab: Path, process: int) -> None:
    """Name the process whose end is the lab's end."""
    _claim(lab, process)


def ended(lab: Path) -> None:
    """Forget the lab."""
    with _record() as stream:
        if _read(stream).get("lab") == str(lab):
            stream.truncate(0)


def _claim(lab: Path, process: int) -> str:
    """Record a lab; the folder of the other one that runs where there is one."""
    with _record() as stream:
        now = _read(stream)
        if now and now["lab"] != str(lab) and _began(now["process"]) == now["began"]:
            return str(now["lab"])
        stream.seek(0)
        stream.truncate(0)
        stream.write(json.dumps({"lab": str(lab), "process": process, "began": _began(process)}))
        return ""


@contextmanager
def _record() -> Iterator[IO[str]]:
    handle = os.open(RECORD, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    with os.fdopen(handle, "r+") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield stream
        stream.flush()


def _read(stream: IO[str]) -> dict[str, Any]:
    try:
        return dict(json.load(stream))
    except ValueError:
        return {}


def _began(process: int) -> str:
    """When a process began, empty where there is none: another one may have its number later."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[19]
    except OSError:
        return ""
