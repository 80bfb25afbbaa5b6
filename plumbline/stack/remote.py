"""An engine with other files than this host's: a run's folder is copied there, to the same path, and removed again.

So is an engine on another host, and one whose socket is here while it has a root, or temporary files, of its own.
"""

import io
import tarfile
from pathlib import Path

from plumbline.spec.finding import EnvironmentMissing
from plumbline.stack.engine import Engine
from plumbline.stack.probing import probe_container

RECORD = "run.json"
"""The file of a run's folder that says what belongs to the run."""
_SECONDS = 300


def sees(engine: Engine, project: str, folder: Path) -> bool:
    """Whether the engine's host has a folder at the same path, and it is this one: with the run's record in it."""
    mount = f'type=bind,"source={folder}",target=/host,readonly'
    done = probe_container(engine, project, ["cat", f"/host/{RECORD}"], b"", _SECONDS, mount)
    return done.returncode == 0 and done.stdout == (folder / RECORD).read_bytes()


def send(engine: Engine, project: str, folder: Path) -> None:
    """Copy a folder to the engine's host. Raises EnvironmentMissing where that can't be written to.

    Its record stays here. A run on that host would take this one for dead, since nobody there holds the folder's lock.
    """
    packed = io.BytesIO()
    record = f"{folder.name}/{RECORD}"
    with tarfile.open(fileobj=packed, mode="w") as archive:
        archive.add(folder, folder.name, filter=lambda member: None if member.name == record else member)
    _on_host(engine, project, folder, ["tar", "--extract", "--directory=/host"], packed.getvalue())


def remove(engine: Engine, project: str, folder: Path) -> None:
    """Remove a folder that was sent."""
    _on_host(engine, project, folder, ["rm", "--recursive", "--force", f"/host/{folder.name}"], b"")


def _on_host(engine: Engine, project: str, folder: Path, command: list[str], data: bytes) -> None:
    done = probe_container(engine, project, command, data, _SECONDS, f"{folder.parent}:/host")
    if done.returncode:
        raise EnvironmentMissing(
            f"{folder} cannot be copied to the engine's host: {done.stderr.decode(errors='replace').strip()[-400:]}",
            f"the engine's host needs a folder {folder.parent} that containers may write to",
        )
