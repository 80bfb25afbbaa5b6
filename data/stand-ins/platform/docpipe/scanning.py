"""clamd, by its INSTREAM command: chunks with a length of four bytes, then one of none."""

import os
import socket
import struct
from typing import IO

CHUNK = 1 << 16
SECONDS = 120


class ScanFailed(Exception):
    """The scanner did not say that a file is clean, nor what it holds."""


def _exchange(host: str, port: int, command: bytes, file: IO[bytes] | None, seconds: int) -> str:
    with socket.create_connection((host, port), seconds) as connection:
        connection.sendall(b"z" + command + b"\0")
        while file and (chunk := file.read(CHUNK)):
            connection.sendall(struct.pack("!L", len(chunk)) + chunk)
        if file:
            connection.sendall(struct.pack("!L", 0))
        return connection.makefile("rb").read().rstrip(b"\0").decode()


def ping(host: str, port: int) -> None:
    """Raises ScanFailed, OSError."""
    if (said := _exchange(host, port, b"PING", None, 5)) != "PONG":
        raise ScanFailed(said)


def malware(file: IO[bytes]) -> str | None:
    """The name of the malware in a file, None where it is clean. Raises ScanFailed, OSError: then nobody knows."""
    host, _, port = os.environ.get("DOCPIPE_CLAMD", "clamav:3310").partition(":")
    said = _exchange(host, int(port), b"INSTREAM", file, SECONDS)
    if said.endswith(" FOUND"):
        return said.removeprefix("stream: ").removesuffix(" FOUND")
    if said != "stream: OK":
        raise ScanFailed(said)
    return None
