"""The folder and the cleanup of a run: it removes everything that it started, and what a killed run left behind."""

import fcntl
import json
import os
import secrets
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from plumbline.spec.finding import EnvironmentMissing
from plumbline.stack import remote
from plumbline.stack.engine import Engine

_PREFIX = "plumb-run-"
_ROUNDS = 50
_LATE_S = 0.2


class StackRun:
    """A folder that is locked as long as its run lives, and the projects that belong to it."""

    def __init__(self, engine: Engine, folder: Path, id: str):
        self.engine = engine
        self.folder = folder
        self.id = id
        self.projects: list[str] = []
        self.groups: list[int] = []
        """Process groups of the docker commands that are at work."""
        self.number = int(id, 16) if id else 0
        """A number that is hardly another run's, to choose other ranges and ports than that."""
        self._is_seen: bool | None = None
        """Whether the engine's host has the run's folder by itself; None until it was asked."""
        self.kept = False
        self.sent = False
        """Whether the folder was copied to the engine's host, which has other files than this one."""

    def claim(self, project: str) -> None:
        """Record a project before anything of it exists, so that it can't be forgotten."""
        if project not in self.projects:
            self.projects.append(project)
            self._record()

    @contextmanager
    def track(self, processes: "list[subprocess.Popen[str]]") -> Iterator[None]:
        """Record docker commands at work, which would go on if this program were killed; they end with the block."""
        self.groups = [process.pid for process in processes]
        self._record()
        try:
            yield
        finally:
            for process in processes:
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()
            self.groups = []
            self._record()

    def keep(self) -> None:
        """Leave everything up when the run ends."""
        self.kept = True
        self._record()

    def share_folder(self) -> None:
        """Have the engine's host see the run's folder. Raises EnvironmentMissing where it can't."""
        if self._is_seen is None:
            local = self.engine.connection.is_local
            self._is_seen = local and remote.sees(self.engine, self._probe, self.folder)
        if not self._is_seen:
            self.sent = True
            self._record()
            remote.send(self.engine, self._probe, self.folder)

    @property
    def _probe(self) -> str:
        """The project of containers that carry files, which may be needed before anything is claimed."""
        return f"plumb-probe-{self.id}"

    def remove(self) -> None:
        """Remove what the run made. Raises EnvironmentMissing where the engine would not let go of it all."""
        for group in self.groups:
            if any(project in _command_line(group) for project in self.projects):
                os.killpg(group, signal.SIGKILL)
        if self.sent:
            remote.remove(self.engine, self._probe, self.folder)
        self.withdraw(self.projects)
        shutil.rmtree(self.folder, ignore_errors=True)

    def withdraw(self, projects: Sequence[str]) -> None:
        """Remove some of its projects. Raises EnvironmentMissing where the engine would not let go of them."""
        with ThreadPoolExecutor(4) as pool:
            gone = dict(zip(projects, pool.map(self._remove_wholly, projects), strict=True))
        if left := [project for project, all_gone in gone.items() if not all_gone]:
            raise EnvironmentMissing(
                f"the engine did not remove everything of {', '.join(left)}",
                "the next run tries again; by hand: "
                + "; ".join(f"docker compose --project-name {project} down --volumes" for project in left),
            )

    def _remove_wholly(self, project: str) -> bool:
        """A request that the engine had already taken is carried out late, and holds others up: so look again and again."""
        for _ in range(_ROUNDS):
            self.engine.remove_project(project)
            time.sleep(_LATE_S)
            if not self.engine.holds(project):
                return True
        return False

    def _record(self) -> None:
        record = {
            "engine": self.engine.id,
            "projects": self.projects,
            "groups": self.groups,
            "kept": self.kept,
            "sent": self.sent,
        }
        (self.folder / remote.RECORD).write_text(json.dumps(record))


@contextmanager
def new_run(engine: Engine) -> Iterator[StackRun]:
    """A run that cleans up at its end. Runs that were killed before theirs are cleaned up first."""
    remove_dead_runs(engine)
    id = secrets.token_hex(3)
    folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{id}-"))
    run = StackRun(engine, folder, id)
    with _lock(folder, wait=True):
        try:
            yield run
        finally:
            if not run.kept:
                _remove_surely(run)


def _remove_surely(run: StackRun) -> None:
    """Remove what a run made; an interruption half-way is passed on when all is gone."""
    try:
        run.remove()
    except BaseException:
        run.remove()
        raise


def remove_dead_runs(engine: Engine) -> list[str]:
    """Remove what runs of this user left on this engine and nobody holds any more; the projects that were removed."""
    removed: list[str] = []
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        if not _is_ours(folder):
            continue
        with _lock(folder) as got:
            record = _record_of(folder)
            if not got or record is None or record["kept"] or record["engine"] != engine.id:
                continue
            run = StackRun(engine, folder, "")
            run.projects = [str(project) for project in record["projects"]]
            run.groups = [int(group) for group in record["groups"]]
            run.sent = bool(record["sent"])
            run.remove()
            removed += run.projects
    return removed


def _is_ours(folder: Path) -> bool:
    try:
        about = folder.lstat()
    except FileNotFoundError:  # its run has just ended
        return False
    return stat.S_ISDIR(about.st_mode) and about.st_uid == os.getuid()


def _command_line(process: int) -> str:
    """Command line of a process, empty where there is none."""
    file = Path(f"/proc/{process}/cmdline")
    if Path("/proc/self").exists():
        return file.read_text(errors="replace") if file.exists() else ""
    done = subprocess.run(["ps", "-o", "command=", "-p", str(process)], capture_output=True, text=True, check=False)
    return done.stdout


def _record_of(folder: Path) -> dict[str, Any] | None:
    try:
        record = json.loads((folder / remote.RECORD).read_text())
    except (OSError, ValueError):
        return None
    return (
        record
        if isinstance(record, dict) and {"engine", "projects", "groups", "kept", "sent"} <= record.keys()
        else None
    )


@contextmanager
def _lock(folder: Path, *, wait: bool = False) -> Iterator[bool]:
    """Hold the folder's lock; False where another process has it, or it is gone. The kernel lets go when a process dies."""
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except FileNotFoundError:
        yield False
        return
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield True
    except BlockingIOError:
        yield False
    finally:
        os.close(handle)
