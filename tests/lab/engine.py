"""Finds a Docker engine, or starts one of its own that keeps its data in the project's `.lab` folder."""

import fcntl
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.lab import mounts, one_per_host
from tests.lab.packages import ENGINE, install

LAB = Path(__file__).parents[2] / ".lab"
STATE = LAB / "engine.json"
DATA = LAB / "docker"
_START_SECONDS = 600
_STOP_SECONDS = 120


@dataclass(frozen=True)
class LabEngine:
    """An engine that answers."""

    host: str | None
    """Value for DOCKER_HOST; None where the user's own settings lead to it."""
    started: bool
    """Whether this call started it, so that the caller has to stop it."""

    @property
    def environment(self) -> dict[str, str]:
        """The environment for programs that shall use it."""
        return {**os.environ, **({"DOCKER_HOST": self.host} if self.host else {})}


def ensure_engine() -> LabEngine:
    """The user's own engine, else the lab's, started where it does not run. Raises CannotInstall, RuntimeError."""
    if answers(None):
        return LabEngine(None, started=False)
    with _locked():
        running = _running_host()
        if running and answers(running):
            return LabEngine(running, started=False)
        install(*ENGINE)
        one_per_host.await_turn(LAB)
        return LabEngine(_start(Path(tempfile.mkdtemp(prefix="plumb-lab-"))), started=True)


def stop() -> bool:
    """Stop the lab's engine, with its folder in /tmp; False where none runs. Raises RuntimeError where something of it stays."""
    with _locked():
        if not STATE.exists():
            return False
        state = json.loads(STATE.read_text())
        bridges = [*_bridges(state["host"]), *([] if state["had_docker0"] else ["docker0"])]
        end_by_pid_file(Path(state["run"]) / "docker.pid")
        STATE.unlink()
        for bridge in bridges:
            subprocess.run(["ip", "link", "delete", bridge], capture_output=True, check=False)
        one_per_host.ended(LAB)
        mounts.unmount(DATA)
        mounts.remove(Path(state["run"]))
        if left := [bridge for bridge in bridges if Path("/sys/class/net", bridge).exists()]:
            raise RuntimeError(f"still there: {', '.join(left)}")
        return True


def _bridges(host: str) -> list[str]:
    """Bridges of an engine's networks. A later engine would have two routes to one range if they stayed."""
    done = subprocess.run(
        ["docker", "--host", host, "network", "ls", "--quiet", "--filter=driver=bridge", "--filter=type=custom"],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    return [f"br-{id}" for id in done.stdout.split()]


def restart() -> None:
    """Stop the lab's engine and start it again, at the same socket. Raises RuntimeError where none runs."""
    with _locked():
        if not STATE.exists():
            raise RuntimeError("the lab's engine does not run")
        run = Path(json.loads(STATE.read_text())["run"])
        end_by_pid_file(run / "docker.pid")
        _start(run)


@contextmanager
def _locked() -> Iterator[None]:
    LAB.mkdir(exist_ok=True)
    with (LAB / "lock").open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def answers(host: str | None) -> bool:
    """Whether an engine answers; None: where the user's own settings lead."""
    if shutil.which("docker") is None:
        return False
    environment = {**os.environ, **({"DOCKER_HOST": host} if host else {})}
    try:
        done = subprocess.run(["docker", "info"], env=environment, capture_output=True, timeout=15, check=False)
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def _running_host() -> str | None:
    return str(json.loads(STATE.read_text())["host"]) if STATE.exists() else None


def _start(run: Path) -> str:
    """Start dockerd in a session of its own. Its socket lies in a folder in /tmp, for a socket's path has to be short."""
    DATA.mkdir(parents=True, exist_ok=True)
    host = f"unix://{run}/docker.sock"
    call = [
        "/usr/sbin/dockerd",
        "--data-root",
        str(DATA),
        "--exec-root",
        str(run / "exec"),
        "--host",
        host,
        "--pidfile",
        str(run / "docker.pid"),
        "--log-level",
        "warn",
    ]
    docker0 = Path("/sys/class/net/docker0").exists()
    with (LAB / "dockerd.log").open("w") as log:
        process = subprocess.Popen(
            call, env=lasting(), stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True
        )
    one_per_host.lives_as_long_as(LAB, process.pid)
    had_docker0 = json.loads(STATE.read_text())["had_docker0"] if STATE.exists() else docker0
    STATE.write_text(json.dumps({"run": str(run), "host": host, "had_docker0": had_docker0}))
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        if answers(host):
            return host
        time.sleep(0.3)
    tail = "\n".join((LAB / "dockerd.log").read_text().splitlines()[-8:])
    raise RuntimeError(f"dockerd did not come up; {LAB / 'dockerd.log'} ends with:\n{tail}")


def lasting() -> dict[str, str]:
    """The environment for an engine, without the folder for temporary files of a test: it outlives that test, and an engine
    whose folder is gone can't run a health check any more."""
    return {name: value for name, value in os.environ.items() if name != "TMPDIR"}


def end_by_pid_file(pid_file: Path) -> None:
    """Stop an engine, and wait until it is gone."""
    if not pid_file.exists():
        return
    pid = int(pid_file.read_text())
    if _has_ended(pid):
        return
    os.kill(pid, signal.SIGTERM)
    end = time.monotonic() + _STOP_SECONDS
    while not _has_ended(pid):
        if time.monotonic() > end:
            os.kill(pid, signal.SIGKILL)
        time.sleep(0.1)


def _has_ended(pid: int) -> bool:
    """Whether a process has ended; one that this program started has to be waited for, or it stays as a zombie."""
    try:
        return os.waitpid(pid, os.WNOHANG)[0] == pid
    except ChildProcessError:
        pass
    try:
        # a zombie of another program's has ended too: it only waits for that program to ask
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True
