"""What the kernel says of a container's first process, and what that sees. From the host's process namespace."""

import hashlib
import os
from contextlib import suppress
from pathlib import Path
from stat import S_ISBLK, S_ISCHR
from typing import Any

MOST_FILES = 1000
FLAGS = ("ro", "rw", "nosuid", "nodev", "noexec")
LISTEN_STATE, TAKES_STATE = "0A", "07"


def look(pid: int, files: list[str]) -> dict[str, Any] | None:
    """What the kernel says of a container's first process, and what it sees of some files; None where it has ended."""
    try:
        return facts(pid) | {"files": {path: file_at(Path(f"/proc/{pid}/root"), path, deep=True) for path in files}}
    except (OSError, ProcessLookupError):
        return None


def facts(pid: int) -> dict[str, Any]:
    """Its status, mounts, environment, limits and sockets."""
    process = Path(f"/proc/{pid}")
    status = dict(line.split(":\t", 1) for line in (process / "status").read_text().splitlines() if ":\t" in line)
    mounts = [line.split(" ") for line in (process / "mounts").read_text().splitlines()]
    environment = (process / "environ").read_bytes().split(b"\0")
    return {
        "status": {name: status.get(name, "").strip() for name in ("Uid", "Gid", "CapEff", "NoNewPrivs", "Seccomp")},
        "mounts": {fields[1]: [fields[2], fields[3].split(",")[0]] for fields in mounts},
        "flags": {fields[1]: " ".join(each for each in fields[3].split(",") if each in FLAGS) for fields in mounts},
        "environment": dict(each.decode(errors="replace").split("=", 1) for each in environment if b"=" in each),
        "devices": devices(process / "root/dev"),
        "cgroup": cgroup(process / "root/sys/fs/cgroup"),
        "listening": listening(process),
        "datagrams": datagrams(process),
        "texts": {name: read(process / "root/etc" / name) for name in ("hosts", "resolv.conf", "hostname")},
        "arguments": arguments(process),
    }


def arguments(process: Path) -> list[str]:
    """The command line of every process of the container."""
    own = (process / "ns/pid").readlink()
    found = []
    for each in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (each / "ns/pid").readlink() == own:
                found.append((each / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace"))
    return found


def devices(folder: Path) -> dict[str, str]:
    """Kind and numbers of each device in a folder, by name; pseudo-terminals come and go."""
    found = {}
    for each in folder.iterdir():
        with suppress(OSError):
            about = each.lstat()
            kind = "b" if S_ISBLK(about.st_mode) else "c" if S_ISCHR(about.st_mode) else ""
            if kind:
                found[each.name] = f"{kind} {os.major(about.st_rdev)}:{os.minor(about.st_rdev)}"
    return found


def cgroup(root: Path) -> dict[str, str]:
    """Limits as the kernel has them, of either version of control groups."""
    if (root / "cgroup.controllers").exists():
        quota, _, period = read(root / "cpu.max").partition(" ")
        memory, pids = read(root / "memory.max"), read(root / "pids.max")
        others = ("cpu.weight", "cpuset.cpus.effective", "memory.low", "memory.oom.group")
    else:
        quota, period = read(root / "cpu/cpu.cfs_quota_us"), read(root / "cpu/cpu.cfs_period_us")
        memory, pids = read(root / "memory/memory.limit_in_bytes"), read(root / "pids/pids.max")
        others = (
            "cpu/cpu.shares",
            "cpuset/cpuset.cpus",
            "memory/memory.soft_limit_in_bytes",
            "memory/memory.oom_control",
        )
    words = ("weight", "cores", "reserved", "out_of_memory")
    return {"memory": memory, "pids": pids, "quota": quota, "period": period} | {
        word: read(root / file).partition("\n")[0] for word, file in zip(words, others, strict=True)
    }


def own_group() -> Path:
    """The folder of this program's control group. With version 2 this container sees all of the host's."""
    root = Path("/sys/fs/cgroup")
    path = next((line[3:] for line in read(Path("/proc/self/cgroup")).splitlines() if line.startswith("0::")), "/")
    return root / path.lstrip("/") if (root / "cgroup.controllers").exists() else root


def read(file: Path) -> str:
    """A file's text, empty where there is none."""
    try:
        return file.read_text().strip()
    except OSError:
        return ""


def listening(process: Path) -> list[int]:
    """TCP ports that anything in the network namespace listens on, beyond loopback."""
    ports: set[int] = set()
    for name, loopback in (("tcp", "7F"), ("tcp6", "00000000000000000000000001000000")):
        for line in read(process / "net" / name).splitlines()[1:]:
            local, state = line.split()[1], line.split()[3]
            address, port = local.split(":")
            local_only = address.endswith(loopback) if name == "tcp" else address == loopback
            if state == LISTEN_STATE and not local_only:
                ports.add(int(port, 16))
    return sorted(ports)


def datagrams(process: Path) -> list[int]:
    """UDP ports that take datagrams from anybody, beyond loopback."""
    ports: set[int] = set()
    for name, loopback in (("udp", "7F"), ("udp6", "00000000000000000000000001000000")):
        for line in read(process / "net" / name).splitlines()[1:]:
            local, state = line.split()[1], line.split()[3]
            address, port = local.split(":")
            local_only = address.endswith(loopback) if name == "udp" else address == loopback
            if state == TAKES_STATE and not local_only:
                ports.add(int(port, 16))
    return sorted(ports)


def file_at(root: Path, path: str, *, deep: bool = False) -> dict[str, Any] | None:
    """Content, owner and mode of a file, None where there is none. A folder has no content; with `deep`, what is below it."""
    place = root / path.lstrip("/")
    try:
        about = place.stat()
        digest = hashlib.sha256(place.read_bytes()).hexdigest() if place.is_file() else ""
    except OSError:
        return None
    found = {"sha256": digest, "size": about.st_size, "owner": f"{about.st_uid}:{about.st_gid}"}
    return {**found, "mode": f"{about.st_mode & 0o7777:04o}", "below": below(place) if deep and place.is_dir() else {}}


def below(folder: Path) -> dict[str, Any]:
    """Every file below a folder, by its path there."""
    files = sorted(each for each in folder.rglob("*") if not each.is_dir())
    return {
        str(each.relative_to(folder)): file_at(folder, str(each.relative_to(folder))) for each in files[:MOST_FILES]
    }
