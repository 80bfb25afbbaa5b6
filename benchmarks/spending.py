"""What a process spends: CPU seconds, which hold on a busy machine too, and memory."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from threading import Timer

PLUMB = str(Path(sys.executable).parent / "plumb")


@dataclass(frozen=True)
class Spent:
    """What one process spent, with those that it waited for."""

    cpu_s: float
    peak_mb: float
    """Of the largest of them."""


def spent(call: Sequence[str], folder: Path, *, may_fail: bool = False, limit_s: float = 1800) -> Spent:
    """Carry out a call. Raises SystemExit where it fails, also by exit code 1 unless it may, or takes longer."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with tempfile.TemporaryFile() as error:
        process = subprocess.Popen(call, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=error)
        killing = Timer(limit_s, process.kill)
        killing.start()
        _, status, usage = os.wait4(process.pid, 0)
        killing.cancel()
        code = process.returncode = os.waitstatus_to_exitcode(status)
        if code and not (may_fail and code == 1):
            error.seek(0)
            raise SystemExit(f"{' '.join(call)}: exit code {code}\n{error.read().decode(errors='replace')[-2000:]}")
    return Spent(usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024 / 1e6)


def cpu(call: Sequence[str], folder: Path, *, may_fail: bool = False) -> float:
    """CPU seconds of a call."""
    return spent(call, folder, may_fail=may_fail).cpu_s


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """The median of the ratios of what was measured one after the other."""
    return median(one / other for one, other in zip(ours, theirs, strict=True))
