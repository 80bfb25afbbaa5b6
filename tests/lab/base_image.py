"""The base image of the stand-ins, made from Debian packages where it cannot be pulled."""

import subprocess
from pathlib import Path

from tests.lab.engine import LAB

NAME = "debian:bookworm-slim"
LABEL = "io.plumbline.made-locally=true"
PACKAGES = "python3,ca-certificates,wget,curl,procps,python3-pip"
_PULL_SECONDS = 60
_BUILD_SECONDS = 600


def ensure_base(environment: dict[str, str]) -> None:
    """Have `debian:bookworm-slim` in the engine: there already, pulled, or made here and labelled so."""
    if _docker(environment, "image", "inspect", NAME):
        return
    try:
        if _docker(environment, "pull", "--quiet", NAME, timeout=_PULL_SECONDS):
            return
    except subprocess.TimeoutExpired:
        pass
    archive = LAB / "base.tar"
    if not archive.exists():
        _make(archive)
    if not _docker(environment, "import", "--change", f"LABEL {LABEL}", "--change", 'CMD ["bash"]', str(archive), NAME):
        raise RuntimeError(f"docker cannot import {archive}")


def _make(archive: Path) -> None:
    partial = archive.with_suffix(".part.tar")
    call = ["mmdebstrap", "--quiet", "--variant=minbase", f"--include={PACKAGES}", "bookworm", str(partial)]
    done = subprocess.run(call, capture_output=True, text=True, timeout=_BUILD_SECONDS, check=False)
    if done.returncode:
        raise RuntimeError(f"mmdebstrap failed: {done.stderr[-800:]}")
    partial.rename(archive)


def _docker(environment: dict[str, str], *arguments: str, timeout: int = _BUILD_SECONDS) -> bool:
    done = subprocess.run(["docker", *arguments], env=environment, capture_output=True, timeout=timeout, check=False)
    return done.returncode == 0
