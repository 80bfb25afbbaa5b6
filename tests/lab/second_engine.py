"""A second engine, on what is like another host: its own images, its own network that leads nowhere, its own temporary files."""

import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.lab import mounts
from tests.lab.engine import answers, end_by_pid_file, lasting

_START_SECONDS = 600
LEAVING = "leaving"
"""The device that the host's default route leads to. Behind it is nothing; what is seen on it tried to leave."""
_OUTSIDE = f"""
ip link add {LEAVING} type veth peer name nowhere
echo 1 > /proc/sys/net/ipv6/conf/{LEAVING}/disable_ipv6
echo 1 > /proc/sys/net/ipv6/conf/nowhere/disable_ipv6
ip link set {LEAVING} arp off
ip link set {LEAVING} up
ip link set nowhere up
ip address add 203.0.113.2/24 dev {LEAVING}
ip route add default dev {LEAVING}"""
_OWN_FOLDERS = """
mount -t tmpfs tmpfs /tmp
for each in media opt root var/backups var/lib; do
  mkdir -p "$0/own/$each"
  mount --bind "$0/own/$each" "/$each"
done"""
_BOOT = f'set -e{_OWN_FOLDERS}\nip link set lo up{_OUTSIDE}\nexec /usr/sbin/dockerd "$@"'


@dataclass(frozen=True)
class SecondEngine:
    """It; a start of it is like that of its host, with a network that has to be made anew."""

    folder: Path
    containerd: bool
    """With the image store that Engine 29 has, in place of the classic one."""

    @property
    def host(self) -> str:
        """Its socket, as a value of DOCKER_HOST."""
        return f"unix://{self.socket}"

    @property
    def socket(self) -> Path:
        """Its socket, as a file."""
        return self.folder / "docker.sock"

    @property
    def pid_file(self) -> Path:
        """Where its process is named while it runs."""
        return self.folder / "docker.pid"

    @property
    def inside(self) -> list[str]:
        """The beginning of a command that runs in its network."""
        return ["nsenter", "--target", self.pid_file.read_text().strip(), "--net"]

    @property
    def at_its_console(self) -> list[str]:
        """The beginning of a command that also sees its own files, as its operator does."""
        return [*self.inside, "--mount", "--wd=/root"]

    @property
    def own(self) -> Path:
        """Where its own folders are seen from here: `opt` and others, as the operator has them at `/opt`."""
        return self.folder / "own"

    @property
    def data(self) -> Path:
        """Its images and volumes."""
        return self.folder / "data"

    def start(self) -> None:
        """Start it, and wait until it answers. Raises RuntimeError."""
        call = ["unshare", "--net", "--mount", "sh", "-c", _BOOT, str(self.folder), "--data-root", str(self.data)]
        call += ["--exec-root", str(self.folder / "exec"), "--host", self.host, "--pidfile", str(self.pid_file)]
        call += ["--log-level", "warn"]
        if self.containerd:
            (self.folder / "daemon.json").write_text('{"features": {"containerd-snapshotter": true}}')
            call += ["--config-file", str(self.folder / "daemon.json")]
        with (self.folder / "dockerd.log").open("a") as log:
            subprocess.Popen(
                call, env=lasting(), stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True
            )
        end = time.monotonic() + _START_SECONDS
        while not answers(self.host):
            if time.monotonic() > end:
                raise RuntimeError("\n".join((self.folder / "dockerd.log").read_text().splitlines()[-8:]))
            time.sleep(0.2)

    def stop(self) -> None:
        """Stop it, with all that runs on it."""
        end_by_pid_file(self.pid_file)


@contextmanager
def second_engine(containerd: bool = False, disk_gib: int | None = None) -> Iterator[SecondEngine]:
    """It ends with the block, and takes everything along. Needs root and the lab's packages.

    `disk_gib`: with a disk of this size for all that is its own, in memory.
    """
    folder = Path(tempfile.mkdtemp(prefix="plumb-second-", dir="/var/tmp"))
    engine = SecondEngine(folder, containerd)
    if disk_gib:
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={disk_gib}g", "tmpfs", folder], check=True)
    try:
        engine.start()
        yield engine
    finally:
        engine.stop()
        mounts.remove(folder)


def copy_images(references: list[str], source: str, target: str) -> None:
    """Load images of one engine into another."""
    saving = subprocess.Popen(["docker", "--host", source, "save", *references], stdout=subprocess.PIPE)
    subprocess.run(
        ["docker", "--host", target, "load", "--quiet"], stdin=saving.stdout, capture_output=True, check=True
    )
    assert saving.wait() == 0
