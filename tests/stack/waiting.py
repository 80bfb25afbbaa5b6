"""Waiting for something to become true. No test judges by a clock: a time only bounds a hang."""

import time
from collections.abc import Callable

HANG_S = 900
"""However busy the machine is, what takes longer than this hangs."""


def until(true: Callable[[], bool], what: str, seconds: float = HANG_S) -> None:
    """Ask again and again; AssertionError when the time is over."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if true():
            return
        time.sleep(0.2)
    raise AssertionError(f"waited {seconds:g} s for {what}")
