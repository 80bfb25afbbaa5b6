"""The rate limit: a bucket of tokens that refills."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from tests.fake_hcloud.errors import ApiError


class Rate(NamedTuple):
    """Calls at once, and calls a second after that. The vendor's: 3600 and 1."""

    burst: int
    refill: float


VENDOR = Rate(3600, 1.0)


@dataclass
class RequestBucket:
    """Tokens of one project, on a clock that a test may replace."""

    rate: Rate
    clock: Callable[[], float] = time.monotonic
    tokens: float = field(init=False)
    filled: float = field(init=False)

    def __post_init__(self) -> None:
        self.tokens = self.rate.burst
        self.filled = self.clock()

    def take(self) -> None:
        """One token; `rate_limit_exceeded` when there is none."""
        now = self.clock()
        self.tokens = min(self.rate.burst, self.tokens + (now - self.filled) * self.rate.refill)
        self.filled = now
        if self.tokens < 1:
            raise ApiError("rate_limit_exceeded", "limit of requests per hour reached")
        self.tokens -= 1

    def headers(self) -> dict[str, str]:
        """What each answer says about the bucket; the reset is when it's full again, in seconds since 1970."""
        full = (self.rate.burst - self.tokens) / self.rate.refill
        return {
            "RateLimit-Limit": str(self.rate.burst),
            "RateLimit-Remaining": str(int(self.tokens)),
            "RateLimit-Reset": str(math.ceil(time.time() + full)),
        }
