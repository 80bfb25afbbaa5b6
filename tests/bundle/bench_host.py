"""A host without an engine: stubs for what its scripts call, folders for what they keep, and a look at all that is there."""

import hashlib
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

SCRIPTS = Path(__file__).parents[2] / "deploy" / "offline" / "scripts"
_SCRATCH = (".incoming", ".rebuilding", ".export", "restoring")
_HANGS = 300
"""Seconds after which a script waits for something that never comes."""
_SYSTEM = "/usr/sbin:/usr/bin:/sbin:/bin"
_DOCKER = """#!/bin/sh
# an engine that has loaded every image as soon as it was asked to load any
case "$*" in
  *.Server.Version*) echo 99.0 ;;
  *.Server.Os*) echo linux/amd64 ;;
  'compose version'*) echo 99.0 ;;
  *DriverStatus*) echo overlay2 ;;
  *DockerRootDir*) echo / ;;
  load*) cat > '{folder}/loaded' ;;
  'image inspect'*) [ ! -s '{folder}/loaded' ] || echo sha256:{zeros} ;;
  *'ps --all --format {{{{.Service}}}}'*) echo 'web healthy running' ;;
  *'config --services') echo web ;;
esac
"""


@dataclass(frozen=True)
class BenchHost:
    """It; `bin` stands before the system's programs."""

    folder: Path

    @property
    def home(self) -> Path:
        """Where releases are installed."""
        return self.folder / "opt"

    @property
    def state(self) -> Path:
        """What it remembers."""
        return self.folder / "state"

    def stub(self, program: str, text: str) -> None:
        """Put a program before the system's; `REAL` is where that one is."""
        file = self.folder / "bin" / program
        file.parent.mkdir(exist_ok=True)
        file.write_text(text.replace("REAL", shutil.which(program, path=_SYSTEM) or "/nowhere"))
        file.chmod(0o755)

    def call(self, script: str, *words: str | Path) -> list[str]:
        """In a network of its own, where every port is free."""
        folders = ["--state", str(self.state)]
        folders += [] if script == "rebuild" else ["--home", str(self.home)]
        return ["unshare", "--net", "sh", str(SCRIPTS / f"{script}.sh"), *folders, *map(str, words)]

    def environment(self, changes: Mapping[str, str] | None = None) -> dict[str, str]:
        """Nothing of who runs the tests."""
        (self.folder / "tmp").mkdir(exist_ok=True)
        plain = {"PATH": f"{self.folder}/bin:{_SYSTEM}", "TMPDIR": str(self.folder / "tmp"), "HOME": str(self.folder)}
        return plain | dict(changes or {})

    def run(self, script: str, *words: str | Path, **environment: str) -> "subprocess.CompletedProcess[str]":
        """A script, to its end."""
        return subprocess.run(
            self.call(script, *words),
            env=self.environment(environment),
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=_HANGS,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )

    def everything(self) -> dict[str, str]:
        """Each file, folder and link of the host with its mode and content, but for the stubs."""
        found: dict[str, str] = {}
        for base, folders, names in os.walk(self.folder):
            for name in (*folders, *names):
                path = Path(base) / name
                if path.is_relative_to(self.folder / "bin"):
                    continue
                content = path.readlink().as_posix() if path.is_symlink() else ""
                if path.is_file() and not path.is_symlink():
                    content = hashlib.sha256(path.read_bytes()).hexdigest()
                found[str(path.relative_to(self.folder))] = f"{path.lstat().st_mode:o} {content}"
        return found

    def scratch(self) -> list[str]:
        """Folders of runs that are still there."""
        return [name for name in self.everything() if name.startswith("tmp/") or any(each in name for each in _SCRATCH)]


def bench_host(folder: Path) -> BenchHost:
    """One with an engine that does nothing."""
    folder.mkdir(parents=True, exist_ok=True)
    host = BenchHost(folder)
    host.stub("docker", _DOCKER.format(folder=folder, zeros="0" * 64))
    return host
