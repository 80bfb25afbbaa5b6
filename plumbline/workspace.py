"""The project on the disk: where artifacts stand, and writing them without harm to anything else."""

import hashlib
import json
import os
import stat
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from plumbline.artifact import Artifact, Drawing

RECORD = "generated.json"
"""File that lists what `plumb build` made, with the SHA-256 of each, so that it never removes what is not its own."""

OWNED_FOLDERS = ("deploy",)
"""Folders in which nothing but artifacts belongs."""


@dataclass(frozen=True, slots=True)
class BuildResult:
    """What a build did, as paths relative to the project."""

    written: tuple[str, ...]
    removed: tuple[str, ...]
    unchanged: int
    left: tuple[str, ...]
    """No longer generated, but edited by hand since, so not removed."""


class Workspace:
    """A project's folder."""

    def __init__(self, root: Path):
        self.root = root

    def read(self, path: str) -> bytes | None:
        """Content of a file, None where there is no regular file."""
        file = self.root / path
        if file.is_symlink() or not file.is_file():
            return None
        return file.read_bytes()

    def is_executable(self, path: str) -> bool:
        """Whether the owner may execute it."""
        return bool((self.root / path).stat().st_mode & stat.S_IXUSR)

    def recorded(self) -> dict[str, str]:
        """SHA-256 of each artifact that the last build left, by path."""
        content = self.read(RECORD)
        try:
            record = json.loads(content) if content else {}
        except ValueError:
            return {}
        return {path: str(digest) for path, digest in record.items()} if isinstance(record, dict) else {}

    def strangers(self, known: Iterable[str]) -> list[str]:
        """Files in the owned folders, and what a former build made elsewhere, that are not among the known ones."""
        expected = set(known)
        found = {
            (Path(base) / name).relative_to(self.root).as_posix()
            for folder in OWNED_FOLDERS
            for base, _, names in os.walk(self.root / folder)
            for name in names
        }
        found |= {path for path in self.recorded() if (self.root / path).is_file()}
        return sorted(found - expected)

    def is_current(self, drawing: Drawing) -> bool:
        """Whether the picture on the disk is the one that was last drawn, from this very source."""
        content = self.read(drawing.path)
        return (
            content is not None
            and content.endswith(drawing.mark)
            and self.recorded().get(drawing.path) == _digest(content)
        )

    def kept(self, drawing: Drawing) -> Artifact:
        """A picture that stands on the disk, as an artifact."""
        return Artifact(drawing.path, self.read(drawing.path) or b"")

    def write(self, artifacts: Iterable[Artifact]) -> BuildResult:
        """Make the disk hold exactly these artifacts: writes what differs, removes what a former build made."""
        wanted = {artifact.path: artifact for artifact in artifacts}
        before = self.recorded()
        written = [path for path, artifact in sorted(wanted.items()) if self._put(artifact)]
        removed, left = self._remove({path: digest for path, digest in before.items() if path not in wanted})
        record = {path: _digest(artifact.content) for path, artifact in sorted(wanted.items())}
        self._put(record_artifact(record))
        return BuildResult(tuple(written), tuple(removed), len(wanted) - len(written), tuple(left))

    def _put(self, artifact: Artifact) -> bool:
        mode = 0o755 if artifact.executable else 0o644
        if self.read(artifact.path) == artifact.content:
            if self.is_executable(artifact.path) == artifact.executable:
                return False
            (self.root / artifact.path).chmod(mode)
            return True
        target = self.root / artifact.path
        target.parent.mkdir(parents=True, exist_ok=True)
        replace_file(target, artifact.content, mode)
        return True

    def _remove(self, stale: dict[str, str]) -> tuple[list[str], list[str]]:
        removed: list[str] = []
        left: list[str] = []
        for path, digest in sorted(stale.items()):
            content = self.read(path)
            if content is None or not (self.root / path).resolve().is_relative_to(self.root.resolve()):
                continue
            if _digest(content) == digest:
                (self.root / path).unlink()
                removed.append(path)
                self._prune((self.root / path).parent)
            else:
                left.append(path)
        return removed, left

    def _prune(self, folder: Path) -> None:
        while folder != self.root and folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
            folder = folder.parent


def replace_file(target: Path, content: bytes, mode: int) -> None:
    """Give a file new content, whole or not at all."""
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        Path(name).chmod(mode)
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def record_artifact(record: dict[str, str]) -> Artifact:
    """The record as a file."""
    return Artifact(RECORD, (json.dumps(record, indent=1, sort_keys=True) + "\n").encode())


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
