"""The project on disk: where artifacts are, and how to write them without touching anything else."""

import fcntl
import hashlib
import os
import stat
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from plumbline.project.artifact import Artifact, Drawing
from plumbline.project.record import (
    CACHE,
    RECORD,
    is_inside,
    is_marked,
    paths_in,
    read_digests,
    record_text,
    write_digests,
)

OWNED_FOLDERS = ("deploy",)
"""Folders in which nothing but artifacts belongs."""
_TEMPORARY = ".plumb-build-"
"""How the name of a file begins that is being written."""


@dataclass(frozen=True, slots=True)
class BuildResult:
    """What a build did, as paths relative to the project."""

    written: tuple[str, ...]
    removed: tuple[str, ...]
    unchanged: int
    left: tuple[str, ...]
    """No longer generated, but not known to be as a build left it, so not removed."""


class Workspace:
    """A project's folder."""

    def __init__(self, root: Path, spec_folder: str = "data"):
        self.root = root
        self.spec_folder = spec_folder

    # --- looking ----------------------------------------------------------------------------------------------

    def read(self, path: str) -> bytes | None:
        """Content of a file, None where there is no regular file."""
        file = self.root / path
        if file.is_symlink() or not file.is_file():
            return None
        return file.read_bytes()

    def is_executable(self, path: str) -> bool:
        """Whether the owner may execute it."""
        return bool((self.root / path).stat().st_mode & stat.S_IXUSR)

    def recorded_paths(self) -> frozenset[str]:
        """Paths of what builds have made here, on whatever machine."""
        return paths_in((self.read(RECORD) or b"").decode("utf-8", "replace"))

    def digest_of_last_build(self, path: str) -> str | None:
        """SHA-256 of what the last build on this machine left there; None where it is not remembered."""
        return read_digests(self.root).get(path)

    def unmanaged(self, known: Iterable[str]) -> list[str]:
        """Files in the owned folders, and what a former build made elsewhere, that are not among the known ones."""
        expected = set(known)
        found = {
            (Path(base) / name).relative_to(self.root).as_posix()
            for folder in OWNED_FOLDERS
            for base, _, names in os.walk(self.root / folder)
            for name in names
        }
        found |= {path for path in self.recorded_paths() if (self.root / path).is_file()}
        return sorted(found - expected)

    def is_current(self, drawing: Drawing) -> bool:
        """Whether the picture on the disk is the one that was last drawn, from this very source."""
        content = self.read(drawing.path)
        return content is not None and drawing.is_current(content)

    def kept_drawing(self, drawing: Drawing) -> Artifact:
        """A picture that stands on the disk, as an artifact."""
        return Artifact(drawing.path, self.read(drawing.path) or b"")

    def foreign(self, artifacts: Iterable[Artifact]) -> list[str]:
        """Places of artifacts where something stands that no build wrote."""
        ours = self.recorded_paths()
        return [each.path for each in artifacts if each.path not in ours and self._is_foreign(each)]

    def _is_foreign(self, artifact: Artifact) -> bool:
        if not os.path.lexists(self.root / artifact.path):
            return False
        content = self.read(artifact.path)
        return content is None or not (content == artifact.content or is_marked(content))

    def linked_folders(self, paths: Iterable[str]) -> list[str]:
        """Folders of artifacts that are links: what is written there would land elsewhere."""
        folders = {parent for path in paths for parent in Path(path).parents if parent != Path()}
        return sorted(str(each) for each in folders if (self.root / each).is_symlink())

    # --- writing ----------------------------------------------------------------------------------------------

    def write(self, artifacts: Iterable[Artifact], later: Iterable[str] = ()) -> BuildResult:
        """Make the disk hold exactly these artifacts: writes what differs, removes what a former build made.

        `later` are paths that `add` writes afterwards; until then they stay as they are. Whoever calls has asked `foreign` and
        `linked` before. Builds of one project take turns.
        """
        wanted = {artifact.path: artifact for artifact in artifacts}
        awaited = set(later)
        with self._alone():
            self._clear({(self.root / path).parent for path in (*wanted, *awaited, RECORD)})
            before = self.recorded_paths()
            written = [path for path, artifact in sorted(wanted.items()) if self._put(artifact)]
            removed, left = self._remove(before - wanted.keys() - awaited)
            self._put(Artifact(RECORD, record_text({*wanted, *awaited, *left}).encode()))
            digests = {path: digest for path, digest in read_digests(self.root).items() if path in awaited}
            write_digests(self.root, digests | _digests(wanted.values()))
        return BuildResult(tuple(written), tuple(removed), len(wanted) - len(written), tuple(left))

    def add(self, artifacts: Iterable[Artifact]) -> list[str]:
        """Write what `write` was told of as coming later; the paths of what differed."""
        made = list(artifacts)
        with self._alone():
            written = [artifact.path for artifact in made if self._put(artifact)]
            write_digests(self.root, read_digests(self.root) | _digests(made))
        return written

    @contextmanager
    def _alone(self) -> Iterator[None]:
        folder = self.root / CACHE
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _clear(self, folders: Iterable[Path]) -> None:
        """Remove what a killed build was writing."""
        for folder in folders:
            for rest in folder.glob(f"{_TEMPORARY}*"):
                rest.unlink(missing_ok=True)

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

    def _remove(self, stale: Iterable[str]) -> tuple[list[str], list[str]]:
        """Remove what is as a build left it. What a record names is only a hint: it may name anything."""
        removed: list[str] = []
        left: list[str] = []
        linked = set(self.linked_folders(stale))
        digests = read_digests(self.root)
        for path in sorted(stale):
            content = self.read(path)
            if content is None or not self._may_own(path) or linked & {str(each) for each in Path(path).parents}:
                continue
            if digests.get(path) == _digest(content) or (path not in digests and is_marked(content)):
                (self.root / path).unlink()
                removed.append(path)
                self._prune((self.root / path).parent)
            else:
                left.append(path)
        return removed, left

    def _may_own(self, path: str) -> bool:
        """Whether a build could ever have made it: never a part of the spec."""
        return is_inside(path) and not path.startswith(f"{self.spec_folder}/")

    def _prune(self, folder: Path) -> None:
        while folder != self.root and folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
            folder = folder.parent


def replace_file(target: Path, content: bytes, mode: int) -> None:
    """Give a file new content, whole or not at all."""
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f"{_TEMPORARY}{target.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        Path(name).chmod(mode)
        Path(name).replace(target)
    except BaseException as error:
        Path(name).unlink(missing_ok=True)
        if isinstance(error, IsADirectoryError):
            error.filename = str(target)
        raise


def _digests(artifacts: Iterable[Artifact]) -> dict[str, str]:
    return {artifact.path: _digest(artifact.content) for artifact in artifacts}


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
