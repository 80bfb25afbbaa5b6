#!/usr/bin/env python3
"""Does to containers what may happen to them, from the host's process namespace. JSON on stdin, JSON on stdout.

In:  {"kill": [pid, …]}                              SIGKILL, as from the kernel: the engine doesn't take it for a wish
     {"listeners": {key: {"pid": 1, "ports": [80]}, …}}    processes beside the main one that listen on a port, by container
     {"kill_listeners": the same}                    SIGKILL to those; whom it met
     {"hogs": {key: {"pid": 1, "mib": 80}, …}}       a process in the container's control group takes that much memory
     {"flood": {"pid": 1, "bytes": 1000}}            so many bytes of lines to the container's standard output
     {"files": "…-json.log"}                         sizes of this file in /logs, and of its rotated forms
     {"write": {key: {"pid": 1, "paths": {…}}}}      files as root in the container, text by path
     {"read": {key: {"pid": 1, "paths": […]}}}       text of the files, null where there is none
Out: the same key with what came of it.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

LOGS = Path("/logs")
"""Where the folder of a container's log is mounted."""
GROUPS = Path("/run/control-groups")
MIB = 1024 * 1024
HOG_SECONDS, SPARE_MIB = 30, 256
LINE = b"x" * 1023 + b"\n"


def kill(pids: list[int]) -> list[int]:
    """Those that were there to be killed."""
    killed = []
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
            killed.append(pid)
        except ProcessLookupError:
            continue
    return killed


def listeners(targets: dict[str, dict[str, Any]]) -> dict[str, list[int]]:
    """Processes of a container that listen on one of its ports and are not its main one; only containers that have some."""
    spaces: dict[str, list[int]] = {}
    for each in (int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()):
        with contextlib.suppress(OSError):
            spaces.setdefault(str(Path(f"/proc/{each}/ns/pid").readlink()), []).append(each)
    found: dict[str, list[int]] = {}
    for key, target in targets.items():
        main = target["pid"]
        sockets = listening(main, target["ports"])
        others = [each for each in spaces.get(str(Path(f"/proc/{main}/ns/pid").readlink()), []) if each != main]
        if sockets.isdisjoint(files_of(main)) and (pids := [each for each in others if sockets & files_of(each)]):
            found[key] = pids
    return found


def kill_listeners(targets: dict[str, dict[str, Any]]) -> dict[str, list[int]]:
    """Those that were killed, by container."""
    return {key: kill(pids) for key, pids in listeners(targets).items()}


def listening(pid: int, ports: list[int]) -> set[str]:
    """The sockets of a process's network that listen on one of the ports, as its files name them."""
    rows = [
        row.split() for name in ("tcp", "tcp6") for row in Path(f"/proc/{pid}/net/{name}").read_text().splitlines()[1:]
    ]
    return {f"socket:[{row[9]}]" for row in rows if row[3] == "0A" and int(row[1].rpartition(":")[2], 16) in ports}


def files_of(pid: int) -> set[str]:
    """What the open files of a process are; nothing of one that has ended."""
    found = set()
    with contextlib.suppress(OSError):
        for file in Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(OSError):
                found.add(str(file.readlink()))
    return found


def memory_group(pid: int) -> Path:
    """The folder of a process's control group for memory, of either version."""
    lines = [line.split(":", 2) for line in Path(f"/proc/{pid}/cgroup").read_text().splitlines()]
    for _, controllers, path in lines:
        if "memory" in controllers.split(","):
            return mounted("cgroup", "memory") / path.lstrip("/")
    return mounted("cgroup2", "rw") / next(path for number, _, path in lines if number == "0").lstrip("/")


def mounted(kind: str, options: str) -> Path:
    """All control groups of the host: what this container was given begins at its own."""
    if not GROUPS.exists():
        GROUPS.mkdir()
        subprocess.run(["mount", "-t", kind, "-o", options, "none", str(GROUPS)], check=True)
    return GROUPS


def kills_in(group: Path) -> int:
    """How many processes of a group the kernel has killed for want of memory."""
    for name in ("memory.events", "memory.oom_control"):
        if (group / name).exists():
            words = dict(line.split() for line in (group / name).read_text().splitlines())
            return int(words.get("oom_kill", 0))
    raise SystemExit(f"{group} has no counter of kills")


def available_mib() -> int:
    """Memory that the host could still give."""
    fields = dict(line.split(":") for line in Path("/proc/meminfo").read_text().splitlines())
    return int(fields["MemAvailable"].split()[0]) // 1024


def hogs(targets: dict[str, dict[str, int]]) -> dict[str, dict[str, Any]]:
    """One after the other: how each hog ended, and in which groups the kernel killed."""
    groups = {key: memory_group(each["pid"]) for key, each in targets.items()}
    found: dict[str, dict[str, Any]] = {}
    for key, target in targets.items():
        if available_mib() < target["mib"] + SPARE_MIB:
            found[key] = {"end": "not tried", "killed_in": [], "alive": True, "seconds": 0}
            continue
        before = {name: kills_in(group) for name, group in groups.items()}
        start = time.monotonic()
        end = hog(groups[key], target["mib"])
        seconds = round(time.monotonic() - start, 2)
        killed_in = [name for name, group in groups.items() if group.exists() and kills_in(group) > before[name]]
        found[key] = {"end": end, "killed_in": killed_in, "alive": alive(target["pid"]), "seconds": seconds}
    return found


def alive(pid: int) -> bool:
    """Whether a process is still there."""
    return Path(f"/proc/{pid}").exists()


def hog(group: Path, mib: int) -> str:
    """`killed`, `got it`, or `slow`."""
    pid = os.fork()
    if pid == 0:
        try:
            (group / "cgroup.procs").write_text(str(os.getpid()))
            Path("/proc/self/oom_score_adj").write_text("1000")
            taken = [b"x" * MIB for _ in range(mib)]
            os._exit(0 if taken else 1)
        finally:
            os._exit(1)
    end = time.monotonic() + HOG_SECONDS
    while time.monotonic() < end:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
                return "killed"
            return "got it" if os.waitstatus_to_exitcode(status) == 0 else "failed"
        time.sleep(0.02)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return "slow"


def flood(target: dict[str, int]) -> int:
    """Bytes that were written."""
    with Path(f"/proc/{target['pid']}/fd/1").open("wb", buffering=0) as out:
        for _ in range(target["bytes"] // len(LINE)):
            out.write(LINE)
    return target["bytes"]


def files(name: str) -> dict[str, int]:
    """Sizes by name of a log file and its rotated forms."""
    return {each.name: each.stat().st_size for each in LOGS.glob(f"{name}*")}


def write(targets: dict[str, dict[str, Any]]) -> dict[str, list[str]]:
    """Paths written, by container."""
    for target in targets.values():
        for path, text in target["paths"].items():
            inside(target["pid"], path).write_text(text)
    return {key: list(target["paths"]) for key, target in targets.items()}


def read(targets: dict[str, dict[str, Any]]) -> dict[str, dict[str, str | None]]:
    """Texts by path, by container."""
    found: dict[str, dict[str, str | None]] = {}
    for key, target in targets.items():
        places = {path: inside(target["pid"], path) for path in target["paths"]}
        found[key] = {path: place.read_text() if place.is_file() else None for path, place in places.items()}
    return found


def inside(pid: int, path: str) -> Path:
    """A path as the container's process has it."""
    return Path(f"/proc/{pid}/root") / path.lstrip("/")


DEEDS = {each.__name__: each for each in (kill, listeners, kill_listeners, hogs, flood, files, write, read)}


def main() -> None:
    """Do what is asked, and say what came of it."""
    asked = json.load(sys.stdin)
    json.dump({name: DEEDS[name](argument) for name, argument in asked.items()}, sys.stdout)


if __name__ == "__main__":
    main()
