"""`make benchmark`: a bundle's size, and the time to make and install it, against what users have without Plumbline, in one run.

Without it they have `docker save | zstd` on one side, and `docker load` and `docker compose up --wait` on the other. The
stand-ins are built before, for their making is no part of either.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from plumbline.bundle import delta
from plumbline.bundle.archive import LEVEL
from tests.bundle.host import SealedHost, scripts_of, sealed_host
from tests.bundle.releases import ROOT, Publisher, publisher
from tests.lab.running import with_engine

Result = TypeVar("Result")
_MOST_MEMORY_MB = 200
_IMAGE_CHANGED = {
    "data/stand-ins/clamav/Dockerfile": ("\nENTRYPOINT", "\nRUN head -c 5000000 /dev/urandom > /var/new\nENTRYPOINT")
}
"""One service has a new image, with 5 MB of its own that do not compress."""


@dataclass(frozen=True)
class BundleFigure:
    """Something measured against what users have."""

    what: str
    ours: float
    theirs: float
    unit: str
    most: float | None = None
    """The largest ratio that is fine, where there is a goal."""

    @property
    def wrong(self) -> bool:
        """Whether it misses its goal."""
        return self.most is not None and self.ours / self.theirs > self.most

    def __str__(self) -> str:
        return f"{self.what}: {self.ours:.1f} {self.unit} against {self.theirs:.1f} {self.unit}, ratio {self.ours / self.theirs:.3f}"


def figures(maker: Publisher) -> list[BundleFigure]:
    """All of them, in one run."""
    bundle = maker.release()
    build_seconds, peak_mb = again(maker)
    size = bundle.stat().st_size
    changed = maker.release("1.1", _IMAGE_CHANGED)
    plan = delta.plan(bundle, changed)
    with sealed_host(containerd=False) as host:
        scripts = scripts_of(bundle, host.folder / "medium")
        install_seconds, done = timed(lambda: host.script(scripts / "install.sh", *maker.trust, bundle))
        assert done.returncode == 0, done.stderr
        names = host.run("docker", "images", "--format", "{{.Repository}}:{{.Tag}}").stdout.split()
        one = maker.folder / "one.tar.zst"
        save_seconds, _ = timed(lambda: save(host, names, one))
        separate = sum(save(host, [name], maker.folder / "each.tar.zst") for name in names)
        load_seconds = loaded_by_hand(host, one)
    return [
        BundleFigure("bundle against separate archives of its images", size / 1e6, separate / 1e6, "MB", 1.0),
        BundleFigure("bundle against one archive of all its images", size / 1e6, one.stat().st_size / 1e6, "MB"),
        BundleFigure("delta for one new image against the bundle", plan.size / 1e6, plan.new.size / 1e6, "MB"),
        BundleFigure("build, with site and signature, against docker save | zstd", build_seconds, save_seconds, "s"),
        BundleFigure("install.sh against docker load and compose up --wait", install_seconds, load_seconds, "s"),
        BundleFigure("peak memory of the build against the goal", peak_mb, _MOST_MEMORY_MB, "MB", 1.0),
    ]


def again(maker: Publisher) -> tuple[float, float]:
    """Seconds and MB that making the release a second time takes; the MB are those of its largest process."""
    call = [sys.executable, "-m", "plumbline", *maker.words("1.0", maker.folder / "again")]
    start = time.monotonic()
    making = subprocess.Popen(call, cwd=ROOT, env=maker.key.environment, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(making.pid, 0)
    assert status == 0
    return time.monotonic() - start, used.ru_maxrss * 1024 / 1e6


def timed(work: Callable[[], Result]) -> tuple[float, Result]:
    """Seconds that something takes, and its result."""
    start = time.monotonic()
    result = work()
    return time.monotonic() - start, result


def save(host: SealedHost, names: Sequence[str], file: Path) -> int:
    """What a user would type to carry images; bytes of the archive, compressed as a bundle is."""
    with file.open("wb") as out:
        saving = subprocess.Popen(["docker", "save", *names], env=host.environment, stdout=subprocess.PIPE)
        subprocess.run(["zstd", f"-{LEVEL}", "-T1", "-q"], stdin=saving.stdout, stdout=out, check=True)
        assert saving.wait() == 0
    return file.stat().st_size


def loaded_by_hand(installed: SealedHost, images: Path) -> float:
    """Seconds of docker load and compose up on another host, with the files of the one that was installed."""
    with sealed_host(containerd=False) as host:
        shutil.copytree(installed.home, host.home)
        load = f"zstd -dcq '{images}' | docker load --quiet && docker compose --project-directory '{host.home}' up --detach --wait"
        seconds, done = timed(lambda: host.run("sh", "-c", load))
        assert done.returncode == 0, done.stderr
        return seconds


def main() -> int:
    """Measure, and print figures with their ratios; 1 where one misses its goal."""
    with tempfile.TemporaryDirectory(prefix="plumb-figures-") as folder, publisher(Path(folder)) as maker:
        found = figures(maker)
    print("\n".join(map(str, found)))
    return int(any(figure.wrong for figure in found))


if __name__ == "__main__":
    sys.exit(with_engine(main))
