"""What pure functions came to, kept from one call of plumb to the next: trees of scripts, compiled templates, schemas.

It lies in the user's own cache, as what Python compiles does, and never in a project, which may come from anybody: it holds code.
Whoever carries out a call names the file by everything that answers depend on beside their questions. Nobody else keeps anything.
"""

import hashlib
import marshal
import os
import stat
import tempfile
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager, suppress
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

Answers = dict[str, dict[Hashable, Any]]
"""By the kind of question, and the question; all of it is of types that `marshal` writes. It is shared: it must not be changed."""
_Answer = TypeVar("_Answer")
OF_PLUMB = frozenset({"provisioning", "rule page", "schema", "shell template"})
"""Kinds of questions about plumb itself, which no spec changes. Their answers are as what Python compiles: every call takes them."""
_MOST_BYTES = 32 * 1024 * 1024
"""Beyond it, only what the last call asked for is kept."""
_MOST_FILES = 32
_DIGEST = hashlib.sha256


class KeptAnswers:
    """The answers in one file."""

    def __init__(self, file: Path):
        self._file = file
        self._known: Answers | None = None
        self._used: Answers = {}
        self._is_more = False

    def recall(self, kind: str, question: Hashable) -> Any:
        """An answer; None where there is none."""
        if self._known is None:
            self._known = _read(self._file)
        used = self._used.setdefault(kind, {})
        if question not in used and (answer := self._known.get(kind, {}).get(question)) is not None:
            used[question] = answer
        return used.get(question)

    def note(self, kind: str, question: Hashable, answer: Any) -> None:
        """Keep an answer, which is not None."""
        self._used.setdefault(kind, {})[question] = answer
        self._is_more = True

    def save(self) -> None:
        """Write the file whole or not at all, where there is something new; a folder that can't be written to keeps nothing."""
        if not self._is_more:
            return
        known = self._known or {}
        content = marshal.dumps(
            {kind: {**known.get(kind, {}), **self._used.get(kind, {})} for kind in known | self._used}
        )
        if len(content) > _MOST_BYTES:
            content = marshal.dumps(self._used)
        with suppress(OSError):
            folder = self._file.parent
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle, partial = tempfile.mkstemp(dir=folder, prefix=".")
            with os.fdopen(handle, "wb") as stream:
                stream.write(_DIGEST(content).digest() + content)
            Path(partial).replace(self._file)
            newest_last = sorted(folder.iterdir(), key=lambda file: file.stat().st_mtime_ns)
            for old in newest_last[:-_MOST_FILES]:
                old.unlink(missing_ok=True)


def _read(file: Path) -> Answers:
    """What a file holds that this user wrote, and nobody else could; nothing where that is not sure."""
    with suppress(OSError, ValueError, EOFError, TypeError):
        handle = os.open(file, os.O_RDONLY | os.O_NOFOLLOW)
        with os.fdopen(handle, "rb") as stream:
            state = os.fstat(handle)
            content = stream.read()
        size = _DIGEST().digest_size
        is_ours = state.st_uid == os.geteuid() and not state.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
        if is_ours and _DIGEST(content[size:]).digest() == content[:size]:
            answers: Answers = marshal.loads(content[size:])
            return answers
    return {}


_open: list[tuple[KeptAnswers | None, KeptAnswers | None]] = []
"""Answers about specs and about plumb, of each block that runs."""


@contextmanager
def keeping(file: Path | None, of_plumb: Path | None = None) -> Iterator[None]:
    """While the block runs, answers are taken from a file, and new ones are written to it in the end; None keeps nothing.

    `of_plumb` is the file of the answers about plumb itself.
    """
    own = KeptAnswers(file) if file else None, KeptAnswers(of_plumb) if of_plumb else None
    _open.append(own)
    try:
        yield
    finally:
        _open.remove(own)
        for each in own:
            if each:
                each.save()


def _answers(kind: str) -> KeptAnswers | None:
    return _open[-1][kind in OF_PLUMB] if _open else None


def recall(kind: str, question: Hashable) -> Any:
    """What is kept of a question; None where nothing is."""
    answers = _answers(kind)
    return answers.recall(kind, question) if answers else None


def note(kind: str, question: Hashable, answer: Any) -> None:
    """Keep an answer, where somebody keeps any."""
    if answers := _answers(kind):
        answers.note(kind, question, answer)


def kept(kind: str) -> Callable[[Callable[[str], _Answer]], Callable[[str], _Answer]]:
    """A pure function of a text, asked once for each; its answer is of a type that `marshal` writes, and not None."""

    def decorate(function: Callable[[str], _Answer]) -> Callable[[str], _Answer]:
        @wraps(function)
        def asked(text: str) -> _Answer:
            answer: _Answer | None = recall(kind, text)
            if answer is None:
                answer = function(text)
                note(kind, text, answer)
            return answer

        return asked

    return decorate
