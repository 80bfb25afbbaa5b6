"""The base image of the stand-ins, made from Debian packages where it cannot be pulled."""

import subprocess
from pathlib import Path

from tests.lab.engine import LAB

SUITE = "bookworm"
LABEL = "io.plumbline.made-locally=true"
PACKAGES = "python3,ca-certificates,wget,curl,procps,python3-pip"
_PULL_SECONDS = 60
_BUILD_SECONDS = 600


def ensure_base(environment: dict[str, str], suite: str = SUITE, packages: str = PACKAGES) -> None:
    """Have `debian:<suite>-slim` in the engine: there already, pulled, or made here and labelled so."""
    name = f"debian:{suite}-slim"
    if _docker(environment, "image", "inspect", name):
        return
    try:
        if _docker(environment, "pull", "--quiet", name, timeout=_PULL_SECONDS):
            return
    except subprocess.TimeoutExpired:
        pass
    archive = LAB / ("base.tar" if suite == SUITE else f"{suite}.tar")
    if not archive.exists():
        _make(archive, suite, packages)
    if not _docker(environment, "import", "--change", f"LABEL {LABEL}", "--change", 'CMD ["bash"]', str(archive), name):
        raise RuntimeError(f"docker cannot import {archive}")


def _make(archive: Path, suite: str, packages: str) -> None:
    partial = archive.with_suffix(".part.tar")
    call = ["mmdebstrap", "--quiet", "--variant=minbase", f"--include={packages}", suite, str(partial)]
    done = subprocess.run(call, capture_output=True, text=True, timeout=_BUILD_SECONDS, check=False)
    if done.returncode:
        raise RuntimeError(f"mmdebstrap failed: {done.stderr[-800:]}")
    partial.rename(archive)


def _docker(environment: dict[str, str], *arguments: str, timeout: int = _BUILD_SECONDS) -> bool:
    done = subprocess.run(["docker", *arguments], env=environment, capture_output=True, timeout=timeout, check=False)
    return done.returncode == 0
