"""clamd, by its INSTREAM command: chunks with a length of four bytes, then one of none."""

import os
import socket
import struct

CHUNK = 1 << 16
SECONDS = 120


class ScanFailed(Exception):
    """The scanner did not say that a file is clean, nor what it holds."""


def ping(host: str, port: int) -> None:
    """Raises ScanFailed, OSError."""
    with socket.create_connection((host, port), 5) as connection:
        connection.sendall(b"zPING\0")
        if (said := connection.makefile("rb").read().rstrip(b"\0").decode()) != "PONG":
            raise ScanFailed(said)


class Stream:
    """A file that the scanner gets as it comes. Raises OSError."""

    def __init__(self) -> None:
        host, _, port = os.environ.get("DOCPIPE_CLAMD", "clamav:3310").partition(":")
        self._connection = socket.create_connection((host, int(port)), SECONDS)
        self._hung_up = False
        self._connection.sendall(b"zINSTREAM\0")

    def send(self, piece: bytes) -> None:
        """A piece of the file. A scanner that has hung up has said why, or died: `malware` tells."""
        for at in range(0, len(piece), CHUNK):
            chunk = piece[at : at + CHUNK]
            self._put(struct.pack("!L", len(chunk)) + chunk)

    def malware(self) -> str | None:
        """The name of the malware in what was sent, None where it is clean. Raises ScanFailed, OSError: then nobody knows."""
        self._put(struct.pack("!L", 0))
        with self._connection.makefile("rb") as answer:
            said = answer.read().rstrip(b"\0").decode()
        if said.endswith(" FOUND"):
            return said.removeprefix("stream: ").removesuffix(" FOUND")
        if said != "stream: OK":
            raise ScanFailed(said)
        return None

    def close(self) -> None:
        """Hang up."""
        self._connection.close()

    def _put(self, data: bytes) -> None:
        try:
            if not self._hung_up:
                self._connection.sendall(data)
        except OSError:
            self._hung_up = True
