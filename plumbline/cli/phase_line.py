"""What a call is at when it takes longer: one line on a terminal, which is gone again when there is an answer."""

import os
import sys
import time
from types import TracebackType
from typing import Self, TextIO

_AFTER_S = 1.0
_ERASE = "\r\x1b[K"


class PhaseLine:
    """The line. It goes past whoever records what a call says, and is never part of that."""

    def __init__(self, *, quiet: bool = False, stream: TextIO | None = None):
        terminal = stream or sys.__stderr__
        is_shown = terminal is not None and not quiet and terminal.isatty() and os.environ.get("TERM") != "dumb"
        self._terminal = terminal if is_shown else None
        self._begin = time.monotonic()
        self._stands = False

    def __call__(self, what: str, done: int = 0, of: int = 0) -> None:
        """Something begins; so many of its parts are done."""
        if self._terminal and time.monotonic() - self._begin >= _AFTER_S:
            self._stands = True
            self._terminal.write(f"{_ERASE}{what}{f': {done} of {of}' if of else ''} …")
            self._terminal.flush()

    def __enter__(self) -> Self:
        """It may be shown from now on."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """It is gone."""
        self.clear()

    def clear(self) -> None:
        """Take the line away, before something else is written."""
        if self._terminal and self._stands:
            self._terminal.write(_ERASE)
            self._terminal.flush()
            self._stands = False
