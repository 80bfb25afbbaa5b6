"""The clients of a release that is changed: started in its host's network, and what they saw when they have ended."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from proofs.update.reckoning import Reckoning, read_record, reckon
from tests.bundle.host import SealedHost

_PROGRAM = Path(__file__).with_name("clients.py")
_LONGEST_S = 2400
"""No load is longer, whatever becomes of the update."""
_BEFORE_S, _AFTER_S = 8, 8
"""Seconds in which nothing is changed, so that slow requests are under way when something is."""
_END_S = 180


@dataclass
class LoadSeen:
    """It; `seen` is there after the block."""

    seen: Reckoning = field(default_factory=Reckoning)


@contextmanager
def under_load(host: SealedHost, clients: Mapping[str, int], told: Mapping[str, Any]) -> Iterator[LoadSeen]:
    """So many clients of each kind ask while the block runs, and some seconds before and after it."""
    folder = host.folder / "load"
    folder.mkdir(exist_ok=True)
    end, record, call = folder / "end", folder / "record", folder / "call.json"
    end.unlink(missing_ok=True)
    told = {**told, "end": str(end), "record": str(record), "seconds": _LONGEST_S, "clients": dict(clients)}
    call.write_text(json.dumps(told))
    load = LoadSeen()
    process = subprocess.Popen([*host.engine.inside, sys.executable, _PROGRAM, call], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout and process.stdout.readline() == "ready\n", "the clients do not start"
        time.sleep(_BEFORE_S)
        yield load
        time.sleep(_AFTER_S)
    finally:
        end.touch()
        try:
            process.wait(_END_S)
        finally:
            process.kill()
            process.wait()
        load.seen = reckon(read_record(record.read_text()))
