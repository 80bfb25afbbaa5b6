"""A service that writes more than its log may hold: the log is rotated, and takes no more of the disk than the spec says."""

import time
from collections.abc import Iterator
from itertools import islice
from pathlib import PurePosixPath

from plumbline.report.fact import Check
from plumbline.stack.stack import Stack
from validators.stack.behaviour.running import Running, inject, running_services

_MIB = 1024 * 1024
_SECONDS, _ROTATED_SECONDS = 120, 15
"""For the writing, and for the engine to have read it all."""
_SLACK_BYTES = 64 * 1024
"""A line that begins before the limit is written whole."""


def try_log_rotation(stack: Stack) -> Iterator[Check]:
    """One service is enough: all have the same driver and options, which is a fact of each of them."""
    wanted = stack.spec.platform.logs
    for each in islice((each for each in running_services(stack).values() if each.pid), 1):
        size_mib = wanted.max_size_mib * (wanted.max_files + 1)
        stack.watch.phase(f"writing {size_mib} MiB to the log of {each.key}")
        start = time.monotonic()
        inject(stack, "flood", {"pid": each.pid, "bytes": size_mib * _MIB}, seconds=_SECONDS)
        end = time.monotonic() + _ROTATED_SECONDS
        sizes = _sizes(stack, each)
        while len(sizes) < wanted.max_files and time.monotonic() < end:
            sizes = _sizes(stack, each)
        expected = f"{wanted.max_files} files of {wanted.max_size_mib} MiB at most"
        largest = max(sizes, default=0)
        fine = len(sizes) == wanted.max_files and largest <= wanted.max_size_mib * _MIB + _SLACK_BYTES
        seen = expected if fine else f"{len(sizes)} files, the largest {largest / _MIB:.1f} MiB"
        yield each.check("log_rotation", expected, seen, time.monotonic() - start)


def _sizes(stack: Stack, each: Running) -> list[int]:
    log = PurePosixPath(each.container["LogPath"])
    return list(inject(stack, "files", log.name, f"{log.parent}:/logs:ro").values())
