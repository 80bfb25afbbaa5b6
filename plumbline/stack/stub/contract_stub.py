#!/usr/bin/env python3
"""Stands in for an image that cannot be had, and keeps its contract: /contract.json, the entry of this host's name.

A broken contract (a variable, secret or folder that is missing, another user) ends it with code 78 and says what is broken.
Then the command's program takes its place, where the image has one: of /opt/programs/bin, or of a package. Otherwise the
health path answers 200 while everything answers that the service needs and can't do without. A job waits until all that it
needs answers; without a program it ends with 0.

It listens where its command says, as the real program would, and covers for no disagreement with the spec's ports:
`uvicorn APP` listens on --host and --port and nowhere else, by itself on 127.0.0.1:8000 (uvicorn's documented settings);
Alloy's `run` on --server.http.listen-addr, by itself on 127.0.0.1:12345 (its command line reference). Of other programs it
knows the ports of the contract alone, and refuses a command that names another by --port or --listen-addr.
"""

import json
import os
import re
import shutil
import signal
import socket
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

BROKEN = 78
JOB_SECONDS = 60
ASK_EVERY_S = 1
ANSWER_WITHIN_S = 2
PROGRAMS = Path("/opt/programs/bin")
NAMES_A_PORT = re.compile(r"--(?:[\w.-]+[.-])?(?:port|listen-addr|listen-address)(?:=(?P<value>.*))?")


class ContractRefused(Exception):
    """The real program would not start like this."""


def words_of_the_command(contract: dict[str, Any]) -> list[str]:
    """The command with its program first, however it came to be this file: by the entry point, or as a link of its name."""
    name = Path(sys.argv[0]).name
    given = sys.argv[1:]
    if name not in ("contract-stub", "contract_stub.py"):
        return [name, *given]
    # options alone follow the program of the image's entry point
    return [*contract["command"], *given] if not given or given[0].startswith("-") else given


def become_the_program(words: list[str]) -> None:
    """Run the program that the image has for a command in place of this file; where there is none, return."""
    for found in (str(PROGRAMS / words[0]), shutil.which(words[0])) if words else ():
        if found and os.access(found, os.X_OK) and not Path(found).samefile(__file__):
            os.execv(found, [found, *words[1:]])


def option(words: list[str], name: str, otherwise: str) -> str:
    """The value of an option, `--name value` or `--name=value`; the last one counts."""
    value = otherwise
    for index, word in enumerate(words):
        if word == name and index + 1 < len(words):
            value = words[index + 1]
        elif word.startswith(f"{name}="):
            value = word.partition("=")[2]
    return value


def number(text: str) -> int:
    """A port's number."""
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise ContractRefused(f"{text!r} is not a port")
    return int(text)


def address(text: str) -> tuple[str, int]:
    """Host and port of `HOST:PORT`; no host is every interface."""
    host, _, port = text.rpartition(":")
    return host.strip("[]") or "0.0.0.0", number(port)


def listening(words: list[str], ports: list[int]) -> list[tuple[str, int]]:
    """Where the real program of a command would listen; `ports` are those of the contract. Raises ContractRefused."""
    if words[:1] == ["uvicorn"]:
        return [(option(words, "--host", "127.0.0.1"), number(option(words, "--port", "8000")))]
    if words[:1] == ["run"]:
        return [address(option(words, "--server.http.listen-addr", "127.0.0.1:12345"))]
    for index, word in enumerate(words):
        if found := NAMES_A_PORT.fullmatch(word):
            value = found["value"] if found["value"] is not None else "".join(words[index + 1 : index + 2])
            named = value.rpartition(":")[2]
            if named.isdecimal() and int(named) not in ports:
                raise ContractRefused(f"the command names port {named}, and the contract has {ports}")
    return [("0.0.0.0", port) for port in ports]


def broken(contract: dict[str, Any]) -> list[str]:
    """What is not as the contract says."""
    user = f"{os.getuid()}:{os.getgid()}"
    faults = [f"runs as {user}, not {contract['user']}"] if contract["user"] not in (None, user) else []
    faults += [f"variable {name} is missing" for name in contract["environment"] if name not in os.environ]
    faults += [f"{path} cannot be read, or is empty" for path in contract["readable"] if not readable(Path(path))]
    faults += [f"{path} cannot be read" for path in filter(None, map(unreadable, map(Path, contract["mounts"])))]
    faults += [f"{path} cannot be written to" for path in contract["writable"] if not writable(Path(path))]
    if len(sys.argv) > 1 and not sys.argv[1].startswith("-") and sys.argv[1] not in contract["commands"]:
        faults.append(f"{sys.argv[1]}: not a command of this image")
    if contract["kind"] != "job":
        try:
            listening(words_of_the_command(contract), contract["ports"])
        except ContractRefused as refused:
            faults.append(str(refused))
    return faults


def readable(path: Path) -> bool:
    """Whether a file, or a folder, can be read and holds something."""
    try:
        return any(path.iterdir()) if path.is_dir() else bool(path.read_bytes())
    except OSError:
        return False


def unreadable(mount: Path) -> str | None:
    """The first thing in a folder of the node, at any depth, that can't be listed or opened; a glob just passes over it."""
    try:
        for folder, _, files in os.walk(mount, onerror=refuse) if mount.is_dir() else ():
            for file in files:
                if (path := Path(folder, file)).is_file():
                    path.open("rb").close()
        if not mount.is_dir():
            mount.open("rb").close()
    except OSError as error:
        return str(error.filename)
    return None


def refuse(error: OSError) -> None:
    """Raise what a walk would pass over."""
    raise error


def writable(path: Path) -> bool:
    """Whether a file can be made in a folder."""
    probe = path / f".contract-{os.getpid()}"
    try:
        probe.write_text("")
        probe.unlink()
    except OSError:
        return False
    return True


def answers(host: str, port: int) -> bool:
    """Whether a server says anything, or hangs up: a paused one takes the connection and stays silent."""
    try:
        with socket.create_connection((host, port), ANSWER_WITHIN_S) as connection:
            connection.settimeout(ANSWER_WITHIN_S)
            connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
            connection.recv(1)
    except ConnectionResetError:
        return True
    except OSError:
        return False
    return True


class Needs:
    """Which of the needs answer, asked again and again by a thread each."""

    def __init__(self, needs: dict[str, int]):
        self.answering = dict.fromkeys(needs, False)
        for host, port in needs.items():
            threading.Thread(target=self._watch, args=(host, port), daemon=True).start()

    def _watch(self, host: str, port: int) -> None:
        while True:
            self.answering[host] = answers(host, port)
            time.sleep(ASK_EVERY_S)

    def silent(self) -> list[str]:
        """The needs that do not answer."""
        return [name for name, answering in self.answering.items() if not answering]


def serve(contract: dict[str, Any], needs: Needs) -> None:
    """Listen where the command says, until SIGTERM."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            silent = needs.silent()
            lost = set(silent) - set(contract["tolerates"])
            status = 503 if self.path == contract["health"] and lost else 200
            kind, body = (
                "application/json",
                json.dumps({"service": socket.gethostname(), "stand_in": True, "silent": silent}),
            )
            if self.path == contract["metrics"]:
                kind, body = "text/plain; version=0.0.4", "stand_in 1\n"
            self._say(status, kind, body.encode())

        def _say(self, status: int, kind: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Health checks would fill the log."""

    places = listening(words_of_the_command(contract), contract["ports"])
    # this server has IPv4 alone; who listens on every IPv6 interface is asked there too
    servers = [ThreadingHTTPServer(("0.0.0.0" if host == "::" else host, port), Handler) for host, port in places]
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"stand-in of {socket.gethostname()} listens on {places}", flush=True)
    threading.Event().wait()


def run_job(contract: dict[str, Any]) -> int:
    """0 once every need answers; 1 when that takes too long."""
    needs, end = Needs(contract["needs"]), time.monotonic() + JOB_SECONDS
    while time.monotonic() < end:
        if not needs.silent():
            become_the_program(words_of_the_command(contract))
            return 0
        time.sleep(0.1)
    print(f"no answer from {', '.join(needs.silent())}", file=sys.stderr)
    return 1


def main() -> int:
    """Check the contract, then do the service's or the job's part."""
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    name = socket.gethostname()
    contract = json.loads(Path("/contract.json").read_text()).get(name)
    if contract is None:
        print(f"this stand-in has no contract for a host named {name}", file=sys.stderr)
        return BROKEN
    if faults := broken(contract):
        print(f"contract of {name} broken: {'; '.join(faults)}", file=sys.stderr)
        return BROKEN
    if contract["kind"] == "job":
        return run_job(contract)
    become_the_program(words_of_the_command(contract))
    serve(contract, Needs(contract["needs"]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
