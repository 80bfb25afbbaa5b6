"""The journal of a tenant's runs: a line of JSON per step, so that a run that was cut off is taken up."""

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


class Journal:
    """It is written before and after each step, and flushed to the disk each time. It holds no secret."""

    def __init__(self, path: Path):
        self.path = path

    def write(self, step: str, **fields: Any) -> None:
        """Add a line."""
        line = json.dumps({"at": datetime.now(UTC).isoformat(timespec="milliseconds"), "step": step, **fields})
        descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "w") as stream:
            stream.write(line + "\n")
            stream.flush()
            os.fsync(stream.fileno())

    def made_before(self) -> list[tuple[str, str]]:
        """Kind and name of what an apply that was cut off had made, or was about to make."""
        made: list[tuple[str, str]] = []
        for line in self._lines():
            if line["step"] in ("end", "destroy"):
                made = []
            elif line["step"] == "create" and (line["kind"], line["name"]) not in made:
                made.append((line["kind"], line["name"]))
        return made

    def _lines(self) -> Iterator[dict[str, Any]]:
        if not self.path.exists():
            return
        for line in self.path.read_text("utf-8").splitlines():
            try:
                found = json.loads(line)
            except ValueError:
                continue  # the line that a crash cut off
            if isinstance(found, dict) and "step" in found:
                yield found
