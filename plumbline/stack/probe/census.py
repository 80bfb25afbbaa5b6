"""Every process of the host, and which of them are in a container's namespaces or control group. From the host's process namespace."""

import re
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

NAMESPACES = ("net", "pid", "mnt", "ipc", "uts")
STATUS = ("Uid", "Gid", "Groups", "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "NoNewPrivs", "Seccomp")
POLL_S = 0.5
_CONTAINER = re.compile(r"[0-9a-f]{64}")
Census = dict[tuple[int, int], dict[str, Any]]
"""Processes by their id and the moment of their start, for ids are used again."""


def census() -> Census:
    """Every process that can be read now; the kernel's own are left out."""
    found: Census = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, ValueError, IndexError):
            each = process(folder)
            found[each["pid"], each["start"]] = each
    return found


def process(folder: Path) -> dict[str, Any]:
    """What the kernel says of one process."""
    fields = (folder / "stat").read_text().rpartition(")")[2].split()
    status = dict(line.split(":\t", 1) for line in (folder / "status").read_text().splitlines() if ":\t" in line)
    groups = _CONTAINER.findall((folder / "cgroup").read_text())
    return {
        "pid": int(folder.name),
        "start": int(fields[19]),
        "state": fields[0],
        "tracer": int(status.get("TracerPid", "0")),
        "parent": int(fields[1]),
        "namespaces": {name: (folder / "ns" / name).readlink().name for name in NAMESPACES},
        "container": groups[-1] if groups else "",
        "status": {name: " ".join(status.get(name, "").split()) for name in STATUS},
        "command": (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip(),
        "program": str((folder / "exe").readlink()),
        "nice": int(fields[16]),
        "oom": int((folder / "oom_score_adj").read_text()),
        "limits": limits((folder / "limits").read_text()),
    }


def limits(table: str) -> dict[str, str]:
    """The hard limit by name, from /proc/PID/limits: name in 26 columns, soft in 21, hard in 21."""
    return {line[:26].strip(): line[47:68].strip() for line in table.splitlines()[1:]}


def members(now: Census, container: str) -> Census:
    """Those in a container's control group."""
    return {key: each for key, each in sorted(now.items()) if each["container"] == container and each["state"] != "Z"}


def sharers(now: Census, container: str, first: dict[str, Any]) -> Census:
    """Those of others that are in a namespace of the container's first process, which is not the host's own."""
    host: dict[str, str] = next((each["namespaces"] for (pid, _), each in now.items() if pid == 1), {})
    own = {name: where for name, where in first["namespaces"].items() if where != host.get(name)}
    me = next((each["container"] for (pid, _), each in now.items() if pid == _self()), "")
    return {
        key: each
        for key, each in now.items()
        if each["container"] not in (container, me or container)
        and each["state"] != "Z"
        and any(each["namespaces"][name] == where for name, where in own.items())
    }


def _self() -> int:
    return int(Path("/proc/self").readlink().name)


def is_odd(each: dict[str, Any], own: Census, first: dict[str, Any]) -> bool:
    """Whether a process of a container is another's child, or may or is something that its first process is not."""
    pids = {pid for pid, _ in own}
    return each is not first and (
        each["parent"] not in pids or each["status"] != first["status"] or each["namespaces"] != first["namespaces"]
    )


def settled(before: Census, containers: dict[str, int], patience: float) -> dict[str, dict[str, Any]]:
    """The processes of each container that were there before and still are.

    Those that are odd are watched until they end, or have stayed for the seconds of `patience`: a health check that hangs is
    ended by the engine after its timeout. `containers` is the id of the first process by the container's id.
    """
    end = time.monotonic() + patience
    stayed = before
    while True:
        now = census()
        stayed = {key: now[key] for key in stayed.keys() & now.keys()}
        found, odd = {}, False
        for container, pid in containers.items():
            first = next((each for (number, _), each in stayed.items() if number == pid), None)
            if first is None:
                continue
            own, others = members(stayed, container), sharers(stayed, container, first)
            odd = odd or bool(others) or any(is_odd(each, own, first) for each in own.values())
            found[container] = {"first": pid, "own": list(own.values()), "others": list(others.values())}
        if not odd or time.monotonic() > end:
            return found
        time.sleep(POLL_S)
