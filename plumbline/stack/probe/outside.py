"""The rest of the world, played by a network namespace behind the host: a server, and a resolver that notes who asks.

It can answer only what the host masquerades, and is gone as soon as the program ends that made it.
"""

import ctypes
import json
import os
import socket
import struct
import subprocess
import threading
import time
from contextlib import suppress
from typing import Any

NEW_NETWORK = 0x40000000
NEAR, FAR, OUTSIDE_PORT = "198.51.100.1", "198.51.100.2", 443
TUNNEL = ".tunnel.example"
KNOWN, UNKNOWN = 0x8180, 0x8183
TURN_S, HOST_S = 60.0, 30.0
libc = ctypes.CDLL(None, use_errno=True)


class Outside:
    """The rest of the world: a namespace behind the host with a server and a resolver that notes who asks."""

    def __init__(self) -> None:
        self.turn = its_turn()
        heard, self.pipe = os.pipe()
        self.answers, said = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            try:
                os.close(self.pipe)
                self._serve(heard, said)
            finally:
                os._exit(1)
        os.close(said)
        self._expect(b"namespace")
        near = f"pl{os.getpid() % 100000}"
        run("ip", "link", "add", near, "type", "veth", "peer", "name", "far", "netns", str(self.pid))
        run("ip", "address", "add", f"{NEAR}/30", "dev", near)
        run("ip", "link", "set", near, "up")
        os.write(self.pipe, b".")
        self._expect(b"serving")
        # who is refused has to be refused by the way there, not by what is here; and the host knows the address from now on
        try:
            with socket.create_connection((FAR, OUTSIDE_PORT), HOST_S):
                pass
        except OSError as error:
            raise SystemExit(f"{FAR}, which represents the outside, is in use on the engine's host: {error}") from None

    def _serve(self, heard: int, said: int) -> None:
        """In the child: be outside until the parent ends."""
        libc.unshare(NEW_NETWORK)
        os.write(said, b"namespace")
        os.read(heard, 1)
        run("ip", "link", "set", "lo", "up")
        run("ip", "address", "add", f"{FAR}/30", "dev", "far")
        run("ip", "link", "set", "far", "up")
        names: list[str] = []
        resolver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        resolver.bind((FAR, 53))
        threading.Thread(target=answer_names, args=(resolver, names), daemon=True).start()
        server = socket.create_server((FAR, OUTSIDE_PORT), backlog=256)
        threading.Thread(target=accept_all, args=(server,), daemon=True).start()
        os.write(said, b"serving")
        os.read(heard, 1)
        with os.fdopen(said, "wb") as stream:
            stream.write(json.dumps(names).encode())
        os._exit(0)

    def _expect(self, word: bytes) -> None:
        if os.read(self.answers, len(word)) != word:
            raise SystemExit("the namespace that represents the outside did not start")

    def leaked(self) -> list[str]:
        """Names that reached the outside resolver; ends the outside."""
        os.write(self.pipe, b".")
        with os.fdopen(self.answers, "rb") as stream:
            names = json.loads(stream.read())
        os.waitpid(self.pid, 0)
        return list(names)


def its_turn() -> socket.socket:
    """Wait while another run has an outside on this host, for there is one such address. The turn ends with the process."""
    turn = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    end = time.monotonic() + TURN_S
    while True:
        try:
            turn.bind("\0plumbline-outside")
            return turn
        except OSError:
            if time.monotonic() > end:
                raise SystemExit("another run of plumb is inspecting its stack and does not end") from None
            time.sleep(0.05)


def answer_names(serving: socket.socket, names: list[str]) -> None:
    """A resolver that notes every name, and knows those alone by which it is tested whether names get out."""
    with serving:
        while True:
            query, source = serving.recvfrom(512)
            names.append(name_in(query))
            if not names[-1].endswith(TUNNEL):
                reply(serving, query[:2] + struct.pack(">HHHHH", UNKNOWN, 1, 0, 0, 0) + query[12:], source)
                continue
            known = query[:2] + struct.pack(">HHHHH", KNOWN, 1, 1, 0, 0) + query[12:]
            reply(serving, known + b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 1, 4) + socket.inet_aton(FAR), source)


def reply(serving: socket.socket, answer: bytes, source: Any) -> None:
    """Answer, if there is a way back: what is not masqueraded comes out, but nothing returns."""
    with suppress(OSError):
        serving.sendto(answer, source)


def name_in(query: bytes) -> str:
    """The name that a query asks for."""
    labels, at = [], 12
    while at < len(query) and query[at]:
        labels.append(query[at + 1 : at + 1 + query[at]].decode(errors="replace"))
        at += query[at] + 1
    return ".".join(labels)


def accept_all(server: socket.socket) -> None:
    """Take every connection and let it go."""
    while True:
        connection, _ = server.accept()
        connection.close()


def run(*command: str) -> None:
    """A command that has to succeed."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}: {done.stderr.strip()}")
