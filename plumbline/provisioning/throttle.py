"""One rate limiter for all calls to a project, however many tenants are worked on at once.

The provider keeps a bucket of calls a project that fills up by a 3600th of its size a second, and says in each answer
how many are left; what is asked of actions has a bucket of its own.
"""

import threading
import time
from typing import Any

import requests

from plumbline.provisioning.calls import Bounded

SECONDS_TO_FILL = 3600
RESERVE = 2
"""Calls that are left to others: people, and checks."""
UNTOLD_SIZE = 3600
"""The vendor's bucket, as long as no answer has told the size: it lets one call a second pass. Answers that tell nothing,
of a portal or of nobody at all, must not make anybody wait longer."""


class Bucket:
    """Calls that may still be made; one at first, and one a second, until an answer tells how many."""

    def __init__(self, seconds_to_fill: float = SECONDS_TO_FILL):
        self.seconds_to_fill = seconds_to_fill
        self._lock = threading.Lock()
        self._level, self._size, self._at = float(RESERVE + 1), float(UNTOLD_SIZE), time.monotonic()
        self._told = False
        self.waited = 0.0
        """Seconds that callers have waited, added up."""

    def take(self) -> None:
        """Wait until a call may be made."""
        while (seconds := self._taken()) > 0:
            time.sleep(seconds)
            with self._lock:
                self.waited += seconds

    def _taken(self) -> float:
        with self._lock:
            self._fill()
            if self._level >= RESERVE + 1:
                self._level -= 1
                return 0.0
            return min(1.0, (RESERVE + 1 - self._level) * self.seconds_to_fill / self._size)

    def learn(self, limit: int, remaining: int) -> None:
        """Take over what an answer said: others use the same bucket. An old answer never adds calls."""
        with self._lock:
            self._fill()
            known, self._told, self._size = self._told and self._size == limit, True, float(limit)
            self._level = min(self._level, remaining) if known else float(remaining)

    def _fill(self) -> None:
        now = time.monotonic()
        self._level = min(self._size, self._level + (now - self._at) * self._size / self.seconds_to_fill)
        self._at = now


class Throttle(Bounded):
    """Between a client's session and the network."""

    def __init__(self, calls: Bucket, actions: Bucket):
        super().__init__()
        self._calls, self._actions = calls, actions

    def send(self, request: Any, *arguments: Any, **options: Any) -> requests.Response:
        """Send when there is a call left, and learn from the answer."""
        bucket = (
            self._actions if request.path_url.partition("?")[0].rpartition("/")[0].endswith("/actions") else self._calls
        )
        bucket.take()
        answer = super().send(request, *arguments, **options)
        limit, remaining = (answer.headers.get(f"RateLimit-{name}", "") for name in ("Limit", "Remaining"))
        if limit.isdecimal() and remaining.isdecimal():
            bucket.learn(int(limit), int(remaining))
        return answer
