"""A line that each service writes, looked for where logs are collected; in the probe's image, with the standard library alone.

The service's own standard output is written to, so that the line takes the way that all of its lines take.
"""

import contextlib
import json
import os
import secrets
import string
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

SECONDS = 5
"""For one answer."""
_FOLDER_MODE, _FILE_MODE = 0o710, 0o640
"""As the engine makes them (moby, daemon/logger/jsonfilelog)."""


def looked_for(question: dict[str, Any]) -> str:
    """`every service`, or `all but a, b`.

    {"writers": [{"service", "pid", "log", "to": [folder]}], "seconds": 60, "collector": "http://10.0.0.2:3100", "request": path}

    `log` is the engine's file of a container. It is copied to the folders `to`, which play the engine's own on each node; all of them
    are mounted under the paths of the engine's host. Without a collector the engine's file itself has to hold the line.
    """
    once = "".join(secrets.choice(string.ascii_lowercase) for _ in range(16))
    waiting = {f"{once}{number} of {each['service']}": each for number, each in enumerate(question["writers"])}
    for line, writer in waiting.items():
        _write(writer["pid"], line)
    # what nobody carries to the collector is looked for once, in the end
    hopeful = [line for line, each in waiting.items() if each["to"]] or list(waiting)
    end = time.monotonic() + question["seconds"]
    lost = set(waiting)
    while lost and time.monotonic() < end:
        for line in sorted(lost):
            if line in hopeful and _arrived(question, line, waiting[line]):
                lost.remove(line)
        if not lost & set(hopeful):
            break
        time.sleep(0.5)
    names = sorted({waiting[line]["service"] for line in lost if not _arrived(question, line, waiting[line])})
    return f"all but {', '.join(names)}" if names else "every service"


def _write(pid: int, line: str) -> None:
    """A service whose output is closed, or a socket, can't be written to: its line is not found."""
    with contextlib.suppress(OSError):
        file = os.open(f"/proc/{pid}/fd/1", os.O_WRONLY | os.O_APPEND | os.O_NONBLOCK)
        os.write(file, f"{line}\n".encode())
        os.close(file)


def _arrived(question: dict[str, Any], line: str, writer: dict[str, Any]) -> bool:
    log = Path(writer["log"])
    if not question.get("collector"):
        return _holds(log, line)
    for folder in writer["to"]:
        _copy(log, Path(folder))
    known = {"service": writer["service"], "once": line.partition(" ")[0]}
    path = question["request"]
    for name, value in known.items():
        path = path.replace(f"${{{name}}}", urllib.parse.quote(value))
    try:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(question["collector"] + path, timeout=SECONDS) as response:
            return line in response.read().decode(errors="replace")
    except (OSError, ValueError):
        return False


def _holds(log: Path, line: str) -> bool:
    """Whether the engine has a line as one of its own entries."""
    with contextlib.suppress(OSError):
        for entry in log.read_text(errors="replace").splitlines():
            with contextlib.suppress(ValueError, AttributeError):
                if json.loads(entry).get("log") == f"{line}\n":
                    return True
    return False


def _copy(log: Path, folder: Path) -> None:
    """Bring the copy of a log up to date, below the name that the engine gives it."""
    target = folder / log.parent.name / log.name
    target.parent.mkdir(exist_ok=True)
    target.parent.chmod(_FOLDER_MODE)
    with log.open("rb") as source, target.open("ab") as copy:
        if copy.tell() > os.fstat(source.fileno()).st_size:
            copy.truncate(0)
        source.seek(copy.tell())
        copy.write(source.read())
    target.chmod(_FILE_MODE)
