"""Standard streams that the caller closed, or that nobody reads any more."""

import os
import sys
from typing import IO, Any

ENDS = (("stdin", "r"), ("stdout", "w"), ("stderr", "w"))


def open_closed_streams() -> None:
    """Lead to nothing what was closed. Else the next file that is opened takes its number, and all that is printed."""
    for name, mode in ENDS:
        if getattr(sys, name) is None:
            setattr(sys, name, _nothing(mode))


def was_heard() -> bool:
    """Write out what was printed. False when nobody takes it: what was shown is no ground for saying yes."""
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        # it is flushed once more at the end of the process
        sys.stdout = _nothing("w")
        return False
    return True


def _nothing(mode: str) -> IO[Any]:
    return os.fdopen(os.open(os.devnull, os.O_RDWR), mode)
