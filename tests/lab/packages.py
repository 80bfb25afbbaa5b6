"""Debian packages of the lab: the engine, Compose and buildx from the newer suite, which the machine's own mirror also carries."""

import fcntl
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

NEWER = "trixie"
SOURCES = Path("/etc/apt/sources.list.d")
OURS = SOURCES / "plumbline-lab.sources"
PIN = Path("/etc/apt/preferences.d/plumbline-lab")
ENGINE_FROM_NEWER = ("docker.io", "docker-cli", "docker-compose", "docker-buildx")
FROM_NEWER = (*ENGINE_FROM_NEWER, "prometheus-alertmanager")
FROM_OWN = ("gnupg", "iproute2", "iptables", "mmdebstrap", "zstd")

ENGINE = (*FROM_OWN, *ENGINE_FROM_NEWER)
"""An engine, and what starting one and building its images takes."""
TOOLS = ("age", "busybox-static", "docker-registry", "gnupg", "pebble", "zstd")
"""What tests need that need no engine."""
BROWSER = ("chromium", "fonts-dejavu-core")
"""What reads the bundle's site as a customer does."""


class CannotInstall(Exception):
    """The machine is not one on which the lab can be installed."""


def install(*names: str) -> None:
    """Install what is missing; raises CannotInstall where this is no Debian, or not root."""
    with (Path(tempfile.gettempdir()) / "plumb-lab-packages.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _install([name for name in names if not _installed(name)])


def _install(wanted: list[str]) -> None:
    if not wanted:
        return
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise CannotInstall(f"{', '.join(wanted)} can't be installed: that needs root on Debian")
    own = [name for name in wanted if name not in FROM_NEWER]
    newer = [name for name in wanted if name in FROM_NEWER]
    if newer:
        _add_newer_suite()
    _apt("update", "-qq")
    if own:
        _apt("install", "-y", "-qq", "--no-install-recommends", *own)
    if newer:
        _apt("install", "-y", "-qq", "--no-install-recommends", "-t", NEWER, *newer)


def _installed(name: str) -> bool:
    if shutil.which("dpkg-query") is None:
        return False
    done = subprocess.run(["dpkg-query", "-W", "-f", "${Status}", name], capture_output=True, text=True, check=False)
    return "ok installed" in done.stdout


def _add_newer_suite() -> None:
    """The machine's own source entry once more, with the suite renamed, and pinned so low that nothing else comes from it."""
    entry = SOURCES / "debian.sources"
    if NEWER in Path("/etc/os-release").read_text() or OURS.exists():
        return
    if not entry.exists():
        raise CannotInstall(f"there is no {entry} to derive the newer suite from")
    first = entry.read_text().split("\n\n")[0]
    kept = [line for line in first.splitlines() if not line.startswith(("#", "Suites:"))]
    OURS.write_text("\n".join([*kept, f"Suites: {NEWER}"]) + "\n")
    PIN.write_text(f"Package: *\nPin: release n={NEWER}\nPin-Priority: 50\n")


def _apt(*arguments: str) -> None:
    done = subprocess.run(
        ["apt-get", *arguments],
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )
    if done.returncode:
        raise CannotInstall(f"apt-get {arguments[0]} failed: {re.sub(r'https?://[^ ]+', '…', done.stderr)[-800:]}")
