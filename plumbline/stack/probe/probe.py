#!/usr/bin/env python3
"""Looks into containers from the host's process namespace. JSON on stdin, JSON on stdout.

In:  {"containers": {key: {"id": "1f…", "pid": 1, "ask": {"10.0.0.2:80": 1.5, …}, "names": ["db", …], "files": ["/etc/x", …]}},
      "files": ["/opt/x", …], "host": ["127.0.0.1:80"], "outside": true, "patience": 6.0}
Out: {"containers": {key: {"status": …, "mounts": …, "environment": …, "cgroup": …, "listening": …, "arguments": …, "texts": …, "files": …,
      "processes": …, "links": …, "settings": …, "reached": {"10.0.0.2:80": "open"}, "names": {"db": "10.0.0.2"}, "outside": {"tcp": "open"}}},
      "leaked": {"names": [key, …], "datagrams": [key, …]}, "files": …, "host": {"127.0.0.1:80": "open"}, "own": …}

With `outside`, a network namespace plays the rest of the world (outside.py).
"""

import asyncio
import ctypes
import hashlib
import json
import os
import random
import socket
import struct
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

from census import census, process, settled  # type: ignore[import-not-found]
from outside import FAR, NEW_NETWORK, OUTSIDE_PORT, TUNNEL, Outside, libc  # type: ignore[import-not-found]
from settings import changed, settings  # type: ignore[import-not-found]

RESOLVER = ("127.0.0.11", 53)
CONNECT_S, PUBLISHED_S, ASK_S = 1.0, 10.0, 1.0
# the kernel asks once more after a second: a packet that was lost on a busy host is no closed way
OUTSIDE_S = 2.5
MOST_FILES = 1000
LISTEN_STATE, TAKES_STATE = "0A", "07"


def in_child(work: Any) -> Any:
    """Run a function in a process of its own; returns a function that waits for its result."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(read)
            result = json.dumps(work()).encode()
            with os.fdopen(write, "wb") as stream:
                stream.write(result)
        finally:
            os._exit(0)
    os.close(write)

    def wait() -> Any:
        with os.fdopen(read, "rb") as stream:
            data = stream.read()
        os.waitpid(pid, 0)
        return json.loads(data) if data else None

    return wait


def enter_network(pid: int) -> None:
    """Move this process into the network namespace of another."""
    with Path(f"/proc/{pid}/ns/net").open() as namespace:
        if libc.setns(namespace.fileno(), NEW_NETWORK):
            raise OSError(ctypes.get_errno(), "setns")


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
        "environment": dict(each.decode(errors="replace").split("=", 1) for each in environment if b"=" in each),
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


def links() -> dict[str, Any]:
    """Addresses, routes and rules of this process's network namespace, as `ip` has them."""
    return {
        "addresses": told("address"),
        "routes": [*told("route", "show", "table", "all"), *told("-6", "route", "show", "table", "all")],
        "rules": [*told("rule"), *told("-6", "rule")],
        "neighbours": told("neighbour", "show", "nud", "permanent"),
    }


def told(*words: str) -> list[dict[str, Any]]:
    """What `ip` says, empty where it says nothing."""
    done = subprocess.run(["ip", "-json", *words], capture_output=True, text=True, check=False)
    return list(json.loads(done.stdout)) if done.stdout.strip() else []


def ask(pid: int, addresses: dict[str, float], names: list[str], outside: bool, mark: str) -> dict[str, Any]:
    """What a container reaches: addresses, names by its resolver, the outside by TCP and by DNS."""
    enter_network(pid)
    beyond, tunnel = f"{FAR}:{OUTSIDE_PORT}", mark + TUNNEL
    if outside:
        send_out(f"d{mark}{TUNNEL}")
    with ThreadPoolExecutor(len(names) + 1) as pool:
        resolving = {name: pool.submit(resolve, name) for name in [*names, *([tunnel] if outside else [])]}
        reached = asyncio.run(connect_all(addresses | ({beyond: OUTSIDE_S} if outside else {})))
        resolved = {name: future.result() for name, future in resolving.items()}
    stop_asking()
    return {
        "outside": reached.pop(beyond, None),
        "reached": reached,
        "names": {name: resolved[name] for name in names},
        "links": links(),
        "settings": settings(),
    }


def new_settings() -> dict[str, str]:
    """Those of a network namespace that is new."""
    libc.unshare(NEW_NETWORK)
    return dict(settings())


def stop_asking() -> None:
    """End what the engine's resolver still asks outside in this container's name: it would hold up the container's end for seconds."""
    subprocess.run(["ss", "--kill", "--udp", "dst", FAR], capture_output=True, check=False)


async def connect_all(addresses: dict[str, float]) -> dict[str, str]:
    """Try every address at once, each for its seconds."""
    results = await asyncio.gather(*(connect(address, seconds) for address, seconds in addresses.items()))
    return dict(zip(addresses, results, strict=True))


async def connect(address: str, seconds: float) -> str:
    """`open`, or why not."""
    host, _, port = address.rpartition(":")
    try:
        _, writer = await asyncio.wait_for(asyncio.open_connection(host, int(port)), seconds)
        writer.close()
    except TimeoutError:
        return "no answer"
    except ConnectionRefusedError:
        return "refused"
    except OSError as error:
        return os.strerror(error.errno) if error.errno else "failed"
    return "open"


def query_for(name: str) -> bytes:
    """A DNS query for a name's address."""
    labels = b"".join(bytes([len(part)]) + part.encode() for part in name.split("."))
    head = struct.pack(">HHHHHH", random.randrange(65536), 0x0100, 1, 0, 0, 0)
    return head + labels + b"\0" + struct.pack(">HH", 1, 1)


def send_out(name: str) -> None:
    """Send a datagram straight to the outside; whether it arrives is seen there."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sending, suppress(OSError):
        sending.sendto(query_for(name), (FAR, 53))


def resolve(name: str) -> str | None:
    """The first address that the container's resolver gives for a name."""
    query = query_for(name)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.settimeout(ASK_S)
        try:
            asking.sendto(query, RESOLVER)
            answer = asking.recv(512)
        except OSError:
            return None
    if struct.unpack(">H", answer[6:8])[0] == 0:
        return None
    return socket.inet_ntoa(answer[-4:])


def main() -> None:
    """Read the questions, look and ask, write the answers."""
    questions = json.load(sys.stdin)
    before = census()
    outside = Outside() if questions.get("outside") else None
    waiting = {}
    for number, (key, each) in enumerate(questions["containers"].items()):
        waiting[key] = in_child(
            lambda each=each, n=number: ask(each["pid"], each["ask"], each["names"], bool(outside), f"c{n}")
        )
    answers = {key: look(each["pid"], each["files"]) for key, each in questions["containers"].items()}
    new = in_child(new_settings)()
    for key, wait in waiting.items():
        asked, looked = wait(), answers[key]
        if asked and looked:
            answers[key] = looked | asked | {"settings": changed(asked["settings"], new)}
        else:
            answers[key] = None
    names = outside.leaked() if outside else []
    marks = {f"c{number}{TUNNEL}": key for number, key in enumerate(questions["containers"])}
    leaked = {
        "names": sorted({marks[name] for name in names if name in marks}),
        "datagrams": sorted({marks[name[1:]] for name in names if name[1:] in marks and name[0] == "d"}),
    }
    host = asyncio.run(connect_all(dict.fromkeys(questions["host"], PUBLISHED_S)))
    stayed = settled(
        before, {each["id"]: each["pid"] for each in questions["containers"].values()}, questions["patience"]
    )
    for key, answer in answers.items():
        if answer is not None:
            answer["processes"] = stayed.get(questions["containers"][key]["id"])
            answer["datagrams"] = sorted(
                {*answer["datagrams"]} & {*datagrams(Path(f"/proc/{questions['containers'][key]['pid']}"))}
            )
    found = {
        "containers": {key: each for key, each in answers.items() if each and each["processes"]},
        "leaked": leaked,
        "files": {path: file_at(Path("/"), path) for path in questions["files"]},
        "host": host,
        "own": process(Path(f"/proc/{os.getpid()}"))
        | {"cgroup": cgroup(own_group()), "resolv.conf": read(Path("/etc/resolv.conf"))},
    }
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
