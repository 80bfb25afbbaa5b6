"""The journal of a tenant's runs: a line of JSON per step. A record for people, never read for a decision."""

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from plumbline.provisioning.calls import Lacking

LARGEST = 1_000_000
"""Bytes; a larger journal is put aside as `.1` when a run begins."""


def journal_folder() -> Path:
    """Where journals are, whatever the working directory is: `$XDG_STATE_HOME/plumbline`, or `~/.local/state/plumbline`.

    Raises Lacking where there is neither.
    """
    state = os.environ.get("XDG_STATE_HOME", "")
    if Path(state).is_absolute():
        return Path(state) / "plumbline"
    try:
        home = Path.home()
    except RuntimeError:
        home = Path()
    if not os.environ.get("HOME", "/") or not home.is_absolute():
        raise Lacking("there is no home folder for the journal: set HOME or XDG_STATE_HOME to a whole path")
    return home / ".local/state/plumbline"


class ProvisionJournal:
    """It is written before and after each step, and flushed to the disk each time. It holds no secret."""

    def __init__(self, path: Path, say: Callable[[str], None] = print):
        self.path, self._say = path, say
        self._lost = False

    def open(self) -> None:
        """See that it can be written, before anything is done. Raises Lacking."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            if self.path.is_file() and self.path.stat().st_size > LARGEST:
                self.path.replace(self.path.with_name(self.path.name + ".1"))
            self._append("")
        except OSError as error:
            raise Lacking(
                f"the journal {self.path} cannot be written: {error.strerror}; name another place with --journal"
            ) from None

    def write(self, step: str, **fields: Any) -> None:
        """Add a line. A journal that cannot be written any more is said once, with the line; the run goes on."""
        line = json.dumps({"at": datetime.now(UTC).isoformat(timespec="milliseconds"), "step": step, **fields})
        try:
            self._append(line + "\n")
        except OSError as error:
            if not self._lost:
                self._say(
                    f"the journal {self.path} cannot be written any more ({error.strerror}); its lines follow here"
                )
            self._lost = True
            self._say(line)

    def _append(self, text: str) -> None:
        descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "w") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
