#!/usr/bin/env python3
"""Looks into containers from the host's process namespace. JSON on stdin, JSON on stdout.

In:  {"containers": {key: {"id": "1f…", "pid": 1, "ask": {"10.0.0.2:80": 1.5, …}, "names": ["db", …], "files": ["/etc/x", …]}},
      "files": ["/opt/x", …], "host": ["127.0.0.1:80"], "outside": true, "patience": 6.0}
Out: {"containers": {key: {"status": …, "mounts": …, "flags": …, "devices": …, "environment": …, "cgroup": …, "listening": …, "arguments": …, "texts": …, "files": …,
      "processes": …, "links": …, "settings": …, "filters": […], "reached": {"10.0.0.2:80": "open"}, "names": {"db": "10.0.0.2"}, "outside": {"tcp": "open"}}},
      "leaked": {"names": [key, …], "datagrams": [key, …]}, "files": …, "bridges": …, "host": {"127.0.0.1:80": "open"}, "own": …}

With `outside`, a network namespace plays the rest of the world (outside.py).
"""

import asyncio
import ctypes
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
from container import cgroup, datagrams, file_at, look, own_group, read  # type: ignore[import-not-found]
from filters import filters  # type: ignore[import-not-found]
from outside import FAR, NEW_NETWORK, OUTSIDE_PORT, TUNNEL, Outside, libc  # type: ignore[import-not-found]
from settings import changed, settings  # type: ignore[import-not-found]

RESOLVER = ("127.0.0.11", 53)
CONNECT_S, PUBLISHED_S, ASK_S = 1.0, 10.0, 1.0
# the kernel asks once more after a second: a packet that was lost on a busy host is no closed way
OUTSIDE_S = 2.5


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


def links() -> dict[str, Any]:
    """Addresses, routes and rules of this process's network namespace, as `ip` has them."""
    return {
        "addresses": told("address"),
        "routes": [*told("route", "show", "table", "all"), *told("-6", "route", "show", "table", "all")],
        "rules": [*told("rule"), *told("-6", "rule")],
        "neighbours": told("neighbour", "show", "nud", "permanent"),
    }


def bridges() -> dict[str, Any]:
    """Ports and addresses of each bridge of the host, by its name."""
    found: dict[str, Any] = {
        each["ifname"]: {
            "ports": [],
            "addresses": [at["local"] for at in each.get("addr_info") or [] if at["scope"] == "global"],
        }
        for each in told("address", "show", "type", "bridge")
    }
    for each in told("-details", "link", "show"):
        if each.get("master") in found:
            kind = (each.get("linkinfo") or {}).get("info_kind", "")
            port = {"name": each["ifname"], "kind": kind, "leads_away": "link_netnsid" in each}
            found[each["master"]]["ports"].append(port)
    return found


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
        "filters": filtered(),
    }


def filtered() -> list[str]:
    """Rules for packets that are not the engine's; what can't be read is none of them."""
    try:
        return list(filters())
    except OSError as error:
        return [f"unreadable: {error}"]


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
        "bridges": bridges(),
        "own": process(Path(f"/proc/{os.getpid()}"))
        | {"cgroup": cgroup(own_group()), "resolv.conf": read(Path("/etc/resolv.conf"))},
    }
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
