"""Waiting for something to become true, for a time."""

import time
from collections.abc import Callable


def until(true: Callable[[], bool], what: str, seconds: float) -> None:
    """Ask again and again; AssertionError when the time is over."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if true():
            return
        time.sleep(0.2)
    raise AssertionError(f"waited {seconds:g} s for {what}")
