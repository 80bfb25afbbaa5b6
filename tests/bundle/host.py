"""A host that nothing reaches: an engine of its own, a network of its own, no image, and only what a medium brings."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.lab.second_engine import SecondEngine, second_engine

_SECONDS = 1800


@dataclass(frozen=True)
class SealedHost:
    """It, and how its operator works on it."""

    engine: SecondEngine
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
    def environment(self) -> dict[str, str]:
        """Nothing of the project: no Python, no checkout."""
        return {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": str(self.folder), "DOCKER_HOST": self.engine.host}

    def run(self, *words: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
        """A command on it, in a process group of its own."""
        return subprocess.run(
            [*self.engine.inside, *map(str, words)],
            env=self.environment | environment,
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
            start_new_session=True,
            stdin=subprocess.DEVNULL,
        )

    def call(self, script: Path, *words: str | Path) -> list[str | Path]:
        """The words that run one of the release's scripts, with this host's folders."""
        return ["sh", script, "--home", self.home, "--state", self.state, *words]

    def script(self, script: Path, *words: str | Path) -> subprocess.CompletedProcess[str]:
        """One of the release's scripts, run."""
        return self.run(*self.call(script, *words))

    def installed(self, name: str) -> Path:
        """A script of the installed release."""
        return self.home / "scripts" / f"{name}.sh"

    def sql(self, statement: str) -> str:
        """What the installed database answers."""
        compose: list[str | Path] = [
            "docker",
            "compose",
            "--project-directory",
            self.home,
            "--file",
            self.home / "compose.yaml",
        ]
        ask = f'PGPASSWORD="$(cat /run/secrets/postgres_password)" psql -qAtX -h 127.0.0.1 -U docpipe -d docpipe -c "{statement}"'
        done = self.run(*compose, "exec", "-T", "postgres", "sh", "-c", ask)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def secrets(self) -> dict[str, bytes]:
        """Those that were made here, by name."""
        return {file.name: file.read_bytes() for file in (self.home / "secrets").glob("*")}


@contextmanager
def sealed_host(containerd: bool, disk_gib: int | None = None) -> Iterator[SealedHost]:
    """It ends with the block, and takes everything along."""
    with second_engine(containerd, disk_gib) as engine:
        folder = engine.folder / "host"
        folder.mkdir()
        yield SealedHost(engine, folder)


def scripts_of(bundle: Path, folder: Path) -> Path:
    """What the runbook has an operator do first: take the scripts out of the bundle by hand, having checked the signature."""
    folder.mkdir(exist_ok=True)
    wanted = [f"scripts/{name}.sh" for name in ("install", "verify")]
    unpacked = subprocess.Popen(["zstd", "-dcq", str(bundle)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    subprocess.run(["tar", "-xf", "-", "-C", str(folder), "--occurrence=1", *wanted], stdin=unpacked.stdout, check=True)
    unpacked.kill()
    unpacked.wait()
    return folder / "scripts"
