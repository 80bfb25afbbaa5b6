"""How long the phases of something took."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Phases:
    """Durations by phase, in seconds."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    def start(self, name: str) -> Callable[[], None]:
        """Begin a phase; call what is returned at its end, which adds to the phase."""
        start = time.monotonic()

        def ended() -> None:
            self.seconds[name] = round(self.seconds.get(name, 0) + time.monotonic() - start, 2)

        return ended

    @contextmanager
    def measure(self, name: str) -> Iterator[None]:
        """Add the block's duration to a phase."""
        ended = self.start(name)
        try:
            yield
        finally:
            ended()
