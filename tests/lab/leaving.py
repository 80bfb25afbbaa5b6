"""Every packet that tries to leave a second engine's host, by the device that its default route leads to.

`python -m tests.lab.leaving DEVICE`, in that host's network, writes a line for each; the device's own counter says whether
a line is missing.
"""

import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from tests.lab.second_engine import LEAVING, SecondEngine

_ALL = 0x0003
"""Every protocol, of <linux/if_ether.h>."""
_OUTGOING = 4
_IPV4 = 0x0800
_PROTOCOLS = {1: "icmp", 6: "tcp", 17: "udp"}
_SECONDS = 300
_ROOT = Path(__file__).parents[2]


class Incomplete(Exception):
    """The device has let other packets through than were seen."""


class Leaving:
    """The packets that have been seen so far."""

    def __init__(self, engine: SecondEngine, lines: IO[str], before: int):
        self._engine, self._lines, self._before = engine, lines, before

    def packets(self) -> Counter[str]:
        """How many went where, e.g. `tcp 192.0.2.1:443`. Raises Incomplete."""
        end = time.monotonic() + _SECONDS
        while True:
            self._lines.seek(0)
            seen = [line.strip() for line in self._lines if line.endswith("\n")]
            counted = sent(self._engine) - self._before
            if len(seen) == counted:
                return Counter(seen)
            if time.monotonic() > end:
                raise Incomplete(f"{counted} packets passed {LEAVING}, and {len(seen)} were seen")
            time.sleep(0.05)


@contextmanager
def leaving(engine: SecondEngine) -> Iterator[Leaving]:
    """They are seen while the block runs and the engine is not restarted."""
    with tempfile.TemporaryFile("w+") as lines:
        call = [*engine.inside, sys.executable, "-m", "tests.lab.leaving", LEAVING]
        with subprocess.Popen(call, cwd=_ROOT, stdout=lines, stderr=subprocess.PIPE, text=True) as watching:
            assert watching.stderr is not None
            try:
                if watching.stderr.readline() != "watching\n":
                    raise RuntimeError(watching.stderr.read())
                yield Leaving(engine, lines, sent(engine))
            finally:
                watching.kill()


def sent(engine: SecondEngine) -> int:
    """Packets that the device has let through since it was made."""
    table = subprocess.run([*engine.inside, "cat", "/proc/net/dev"], capture_output=True, text=True, check=True).stdout
    (line,) = (line for line in table.splitlines() if line.strip().startswith(f"{LEAVING}:"))
    return int(line.partition(":")[2].split()[9])


def described(packet: bytes) -> str:
    """Protocol, destination and port of a packet as it stands behind its link header."""
    protocol = _PROTOCOLS.get(packet[9], str(packet[9]))
    target, at = socket.inet_ntoa(packet[16:20]), (packet[0] & 0x0F) * 4
    port = f":{int.from_bytes(packet[at + 2 : at + 4], 'big')}" if protocol in ("tcp", "udp") else ""
    return f"{protocol} {target}{port}"


def main(device: str) -> None:
    """Watch a device until the end."""
    with socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(_ALL)) as watched:
        watched.bind((device, _ALL))
        print("watching", file=sys.stderr, flush=True)
        while True:
            packet, address = watched.recvfrom(65535)
            if address[2] == _OUTGOING:
                print(described(packet) if address[1] == _IPV4 else f"protocol {address[1]:#06x}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
