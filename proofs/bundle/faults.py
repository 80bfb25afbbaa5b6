"""Things that happen to an installation: its processes are killed, the disk fills up, the engine is stopped.

Each strikes where a step calls a program, by a file of that program's name that stands before it in PATH; so it strikes
in the same place however fast the host is.
"""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tests.bundle.host import SealedHost

Kind = Literal["killed", "disk full", "engine stopped"]
_BEFORE = """#!/bin/sh
step=$(tail -n +{first} '{journal}' 2> /dev/null | tail -n 1)
case "${{step##* }} $*" in
  '{step} '{arguments})
    echo >> '{count}'
    if [ "$(wc -l < '{count}')" -eq {nth} ]; then
      {strike}
    fi
    ;;
esac
exec '{real}' "$@"
"""
_BESIDE = """exec 3<&0
      '{real}' "$@" <&3 &
      sleep {after}
      {blow}
      wait $!
      exit"""


@dataclass(frozen=True)
class BundleFault:
    """It strikes at the nth call of a program in a step of this run, or some seconds after that call began."""

    kind: Kind
    step: str
    """Empty before a run's first step, and in a script that has none."""
    program: str
    arguments: str = "*"
    """Pattern of the shell for them."""
    nth: int = 1
    after: float = 0
    on_update: bool = True
    """Whether it strikes an update; else an installation on a host without images."""

    @property
    def name(self) -> str:
        """In words."""
        where = f"{self.after:g} s into" if self.after else "at"
        return f"{self.kind} in {self.step}, {where} {self.program} {self.arguments.strip('*')} #{self.nth}"


KILLS = (
    BundleFault("killed", "load", "docker", "load*", after=2, on_update=False),
    BundleFault("killed", "secrets", "mv", nth=3, on_update=False),
    BundleFault("killed", "preflight", "docker"),
    BundleFault("killed", "verify", "gpg", "*--verify*"),
    BundleFault("killed", "verify", "head", nth=40),
    BundleFault("killed", "verify", "sha256sum", "--check*"),
    BundleFault("killed", "load", "docker", "image inspect*"),
    BundleFault("killed", "preflight", "mktemp"),
    BundleFault("killed", "place", "mv", nth=4),
    BundleFault("killed", "place", "comm", nth=2),
    BundleFault("killed", "place", "mv", "*/MANIFEST.json"),
    BundleFault("killed", "secrets", "chmod"),
    BundleFault("killed", "keep", "cp", nth=2),
    BundleFault("killed", "drain", "sed", nth=5),
    BundleFault("killed", "switch", "docker", "*up*", after=1),
    BundleFault("killed", "switch", "docker", "*up*", after=2.5),
    BundleFault("killed", "migrate", "docker", "*run*", after=1),
    BundleFault("killed", "health", "docker"),
    BundleFault("killed", "smoke", "docker", after=0.3),
    BundleFault("killed", "remember", "mv", on_update=False),
    BundleFault("killed", "remember", "rm", "-rf*"),
)
"""At least one in each step of install.sh."""
ENGINE_STOPS = (
    BundleFault("engine stopped", "load", "docker", "load*", after=1, on_update=False),
    BundleFault("engine stopped", "switch", "docker", "*up*", after=0.5),
)
DISK_FULL = (
    BundleFault("disk full", "verify", "head", nth=40),
    BundleFault("disk full", "load", "docker", "load*", on_update=False),
    BundleFault("disk full", "secrets", "head", "-c 4096*", nth=2, on_update=False),
    BundleFault("disk full", "place", "mv"),
    BundleFault("disk full", "switch", "docker", "*up*"),
    BundleFault("disk full", "remember", "date"),
)


@dataclass(frozen=True)
class Struck:
    """What became of the run that a fault struck."""

    run: subprocess.CompletedProcess[str]
    hit: bool
    """Whether the place was reached at all."""


def strike(host: SealedHost, fault: BundleFault, *words: str | Path) -> Struck:
    """Run a script, and have the fault strike it. The disk is empty and the engine runs again afterwards."""
    folder, filler = host.engine.folder / "fault", host.engine.folder / "filler"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    (folder / "count").touch()
    (folder / fault.program).write_text(_program(host, fault, folder / "count", filler))
    (folder / fault.program).chmod(0o755)
    try:
        run = host.run(*words, PATH=f"{folder}:{host.environment['PATH']}")
        hit = len((folder / "count").read_text().splitlines()) >= fault.nth
    finally:
        filler.unlink(missing_ok=True)
        shutil.rmtree(folder)
        if fault.kind == "engine stopped":
            host.engine.stop()
            host.engine.start()
    return Struck(run, hit)


def _program(host: SealedHost, fault: BundleFault, count: Path, filler: Path) -> str:
    """What stands in the program's place."""
    blow = {
        "killed": "kill -9 0",
        "disk full": f"dd if=/dev/zero of='{filler}' bs=1M 2> /dev/null",
        "engine stopped": f"kill {host.engine.pid_file.read_text().strip()}",
    }[fault.kind]
    journal = host.state / "journal"
    names = {
        "journal": journal,
        # the runs before have left their steps in it
        "first": len(journal.read_text().splitlines()) + 1 if journal.exists() else 1,
        "count": count,
        "step": fault.step,
        "arguments": fault.arguments.replace(" ", "' '"),
        "nth": fault.nth,
        "real": shutil.which(fault.program, path=host.environment["PATH"]),
        "after": fault.after,
        "blow": blow,
    }
    return _BEFORE.format(**names, strike=_BESIDE.format(**names) if fault.after else blow)
