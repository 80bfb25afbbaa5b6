"""Repeats the output of `plumb check` if no file has changed, byte for byte.

An answer is kept under a key of everything that it depends on: the call, the day, what decides about colour and width, this
Python, plumb's own code and libraries, and each file of the project by its size, times and inode. A file can't be written without
a new change time, so that the key differs; where one changed within the last moment, nothing is kept. Only the standard library
is imported for it.
"""

import hashlib
import io
import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path
from typing import Any, TextIO

from plumbline.cli.file_states import MOMENT_NS, PASSED_OVER, State, of_files, of_program, state_of
from plumbline.project.record import CACHE, DIGESTS

FRESH = "--fresh"
"""The option that asks for no kept answer."""
_FOLDER = Path(CACHE, "check")
_KEPT = 8
"""Answers that a project keeps: as many as it has ways to be asked."""
_MOST_FILES = 50_000
_ENVIRONMENT = [
    "CLICOLOR_FORCE",
    "COLUMNS",
    "FORCE_COLOR",
    "LANG",
    "LC_ALL",
    "LINES",
    "NO_COLOR",
    "PATH",
    "PLUMB_SPEC",
    "PYTHONIOENCODING",
    "PYTHONUTF8",
    "TERM",
]


def replay(words: Sequence[str]) -> int | None:
    """The exit code of the same call on the same files, once its output is written; None where it has to be carried out."""
    if FRESH in words or (key := key_of(words)) is None:
        return None
    try:
        answer = json.loads((_kept_in(words) / f"{key}.json").read_bytes())
        out, err, code = str(answer["out"]), str(answer["err"]), int(answer["code"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    try:
        sys.stdout.write(out)
        sys.stdout.flush()
        sys.stderr.write(err)
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    return code


@contextmanager
def remember(words: Sequence[str]) -> Iterator[None]:
    """Keep what the block writes, and the code that it leaves with, for the next call: 0 or 1, any other is no answer."""
    before = key_of(words)
    if before is None:
        yield
        return
    out, err = _Heard(sys.stdout), _Heard(sys.stderr)
    sys.stdout, sys.stderr = out, err
    try:
        yield
    except SystemExit as left:
        if left.code in (0, 1) and key_of(words) == before:
            _keep(_kept_in(words), before, {"out": out.text, "err": err.text, "code": left.code})
        raise
    finally:
        sys.stdout, sys.stderr = out.stream, err.stream


def key_of(words: Sequence[str]) -> str | None:
    """The key of a call of `plumb check`; None for any other call, and where files changed a moment ago."""
    if "check" not in words or not {*words}.isdisjoint({"-v", "-vv", "--verbose", "-h", "--help"}):
        return None
    try:
        return _key(words)
    except OSError:  # what can't be looked at is the check's to say
        return None


def _key(words: Sequence[str]) -> str | None:
    root = _root(words)
    if not root.is_dir():
        return None
    digest = hashlib.sha256()
    call = [word for word in words if word != FRESH]
    ends = [stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr)]
    about = [call, str(Path.cwd()), str(date.today()), sys.version, sys.executable, ends, _width(), sys.stdout.encoding]
    about += [os.environ.get(name) for name in _ENVIRONMENT]
    digest.update(json.dumps(about).encode())
    newest = 0
    for number, (path, changed, described) in enumerate(_files(root, _spec_folder(words))):
        if number > _MOST_FILES:
            return None
        newest = max(newest, changed)
        digest.update(f"{path}\0{described}\n".encode(errors="surrogateescape"))
    return digest.hexdigest() if newest < time.time_ns() - MOMENT_NS else None


def _root(words: Sequence[str]) -> Path:
    """The project's folder, or one above it: it holds all that a check reads."""
    folder = _spec_folder(words)
    return folder if (folder / "data" / "platform.yaml").is_file() else folder.resolve().parent


def _spec_folder(words: Sequence[str]) -> Path:
    """The folder that a call names, absolute."""
    given = os.environ.get("PLUMB_SPEC", "data")
    for word, following in zip(words, [*words[1:], ""], strict=True):
        if word == "--spec":
            given = following
        elif word.startswith("--spec="):
            given = word.removeprefix("--spec=")
    return Path(given).absolute()


def _kept_in(words: Sequence[str]) -> Path:
    return _root(words) / _FOLDER


def _files(root: Path, spec: Path) -> Iterator[State]:
    """Of each file of the project, of plumb and, as a whole, of its libraries."""
    yield from of_program()
    yield from of_files(root, PASSED_OVER - {spec.resolve().name})
    with suppress(OSError):
        yield state_of(DIGESTS, (root / DIGESTS).stat())


def _width() -> list[int]:
    try:
        return list(os.get_terminal_size())
    except (OSError, ValueError):
        return []


def _keep(folder: Path, key: str, answer: dict[str, Any]) -> None:
    """Write it whole or not at all; a folder that can't be written to keeps nothing."""
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        (folder.parent / ".gitignore").write_text("*\n")  # this machine's alone
        partial = folder / f".{os.getpid()}.{key}"
        partial.write_text(json.dumps(answer), "utf-8")
        partial.replace(folder / f"{key}.json")
        for old in sorted(folder.glob("*.json"), key=lambda file: file.stat().st_mtime_ns)[:-_KEPT]:
            old.unlink(missing_ok=True)


class _Heard(io.TextIOBase):
    """A stream that goes on to another one and keeps what was written."""

    def __init__(self, stream: TextIO):
        self.stream = stream
        self._parts: list[str] = []

    @property
    def text(self) -> str:
        return "".join(self._parts)

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self.stream.encoding

    def isatty(self) -> bool:
        return self.stream.isatty()

    def fileno(self) -> int:
        return self.stream.fileno()

    def write(self, text: str) -> int:
        written = self.stream.write(text)  # raises for bytes, by which Click finds out what this is
        self._parts.append(text)
        return written

    def flush(self) -> None:
        self.stream.flush()
