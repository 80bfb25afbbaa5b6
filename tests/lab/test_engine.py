"""An engine's end is seen, whoever started it."""

import subprocess
import sys
from pathlib import Path

from tests.lab.engine import end_by_pid_file

_PARENT = """
import subprocess, sys, time
child = subprocess.Popen(["sleep", "60"])
print(child.pid, flush=True)
time.sleep(60)
"""


def test_a_process_that_another_program_never_waits_for_has_ended(tmp_path: Path) -> None:
    parent = subprocess.Popen([sys.executable, "-c", _PARENT], stdout=subprocess.PIPE, text=True)
    try:
        assert parent.stdout is not None
        pid = parent.stdout.readline().strip()
        (tmp_path / "pid").write_text(pid)
        end_by_pid_file(tmp_path / "pid")
        assert Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z"
    finally:
        parent.kill()
        parent.communicate()
