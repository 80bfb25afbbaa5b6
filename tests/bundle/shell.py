"""Running a script of the host as its operator does."""

import subprocess
from pathlib import Path


def sh(script: Path, *words: str | Path) -> subprocess.CompletedProcess[str]:
    """The script's end, and what it said."""
    return subprocess.run(["sh", str(script), *map(str, words)], capture_output=True, text=True, check=False)
