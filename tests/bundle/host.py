"""A host that nothing reaches: an engine of its own, a network of its own, no image, and only what a medium brings."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.lab.second_engine import second_engine

_SECONDS = 180


@dataclass(frozen=True)
class SealedHost:
    """It, and how its operator works on it."""

    docker: str
    folder: Path

    @property
    def home(self) -> Path:
        """Where releases are installed."""
        return self.folder / "opt"

    @property
    def state(self) -> Path:
        """What it remembers."""
        return self.folder / "state"

    @property
    def call(self) -> list[str]:
        """The beginning of a command that runs in its network."""
        pid = (Path(self.docker.removeprefix("unix://")).parent / "docker.pid").read_text()
        return ["nsenter", "--target", pid.strip(), "--net"]

    @property
    def environment(self) -> dict[str, str]:
        """Nothing of the project: no Python, no checkout."""
        return {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": str(self.folder), "DOCKER_HOST": self.docker}

    def run(self, *words: str | Path, seconds: float = _SECONDS) -> subprocess.CompletedProcess[str]:
        """A command on it."""
        return subprocess.run(
            [*self.call, *map(str, words)],
            env=self.environment,
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
            stdin=subprocess.DEVNULL,
        )

    def script(self, script: Path, *words: str | Path) -> subprocess.CompletedProcess[str]:
        """One of the release's scripts, with this host's folders."""
        return self.run("sh", script, "--home", self.home, "--state", self.state, *words)

    def installed(self, name: str) -> Path:
        """A script of the installed release."""
        return self.home / "scripts" / f"{name}.sh"


@contextmanager
def sealed_host(containerd: bool) -> Iterator[SealedHost]:
    """It ends with the block, and takes everything along."""
    with second_engine(containerd) as docker:
        folder = Path(docker.removeprefix("unix://")).parent / "host"
        folder.mkdir()
        yield SealedHost(docker, folder)


def scripts_of(bundle: Path, folder: Path) -> Path:
    """What the runbook has an operator do first: take the scripts out of the bundle by hand, having checked the signature."""
    folder.mkdir(exist_ok=True)
    wanted = [f"scripts/{name}.sh" for name in ("install", "verify")]
    unpacked = subprocess.Popen(["zstd", "-dcq", str(bundle)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    subprocess.run(["tar", "-xf", "-", "-C", str(folder), "--occurrence=1", *wanted], stdin=unpacked.stdout, check=True)
    unpacked.kill()
    unpacked.wait()
    return folder / "scripts"


def bytes_of(path: Path) -> int:
    """Bytes on the disk below a folder."""
    return sum(file.lstat().st_size for base, _, names in os.walk(path) for file in (Path(base) / n for n in names))
