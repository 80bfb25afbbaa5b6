"""Runs something with an engine: the user's own, or the lab's, which is stopped afterwards if it was started for this."""

import os
from collections.abc import Callable

from tests.lab.base_image import ensure_base
from tests.lab.engine import ensure_engine, stop


def with_engine(work: Callable[[], int]) -> int:
    """The result of the work."""
    engine = ensure_engine()
    if engine.host:
        os.environ["DOCKER_HOST"] = engine.host
    try:
        ensure_base(engine.environment)
        return work()
    finally:
        if engine.started:
            stop()
