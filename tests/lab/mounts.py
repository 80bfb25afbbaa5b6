"""Mounts below a folder: an engine leaves some behind, as that of its network namespace, and a folder with a mount can't be removed."""

import re
import shutil
import subprocess
from pathlib import Path


def below(folder: Path) -> list[Path]:
    """Where something is mounted at or below a folder, the innermost first."""
    rows = [line.split(" ") for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    places = [Path(re.sub(r"\\(\d{3})", lambda found: chr(int(found[1], 8)), row[4])) for row in rows]
    return [place for place in reversed(places) if place.is_relative_to(folder)]


def unmount(folder: Path) -> None:
    """Unmount everything at or below a folder. Raises RuntimeError where something stays."""
    for place in below(folder):
        subprocess.run(["umount", str(place)], capture_output=True, check=False)
    for place in below(folder):
        # a process that is just ending may still hold it
        subprocess.run(["umount", "--lazy", str(place)], capture_output=True, check=False)
    if left := below(folder):
        raise RuntimeError(f"still mounted: {', '.join(map(str, left))}")


def remove(folder: Path) -> None:
    """Remove a folder with everything that is mounted in it. Raises RuntimeError where something stays."""
    unmount(folder)
    shutil.rmtree(folder, ignore_errors=True)
    if folder.exists():
        raise RuntimeError(f"{folder} can't be removed; it holds {', '.join(each.name for each in folder.iterdir())}")
