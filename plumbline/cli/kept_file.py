"""Where answers of pure functions are kept between calls: in the user's cache, in a file for each program and project."""

import hashlib
import json
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from plumbline.cli.file_states import MOMENT_NS, of_program
from plumbline.runbook.shell_syntax import parser_state
from plumbline.spec.finding import EnvironmentMissing

_FOLDER = Path("plumb", "kept")


@dataclass(frozen=True)
class AnswerFiles:
    """Files to keep answers in; None where nothing is to be kept."""

    of_spec: Path | None = None
    """What follows from the spec in a folder."""
    of_plumb: Path | None = None
    """What follows from plumb alone."""


def kept_files(folder: Path) -> AnswerFiles:
    """Those for a spec's folder, as this Python and plumb are now."""
    home = _cache()
    if home is None:
        return AnswerFiles()
    states = list(of_program())
    if max(changed for _, changed, _ in states) > time.time_ns() - MOMENT_NS:
        return AnswerFiles()
    digest = hashlib.sha256(json.dumps([sys.version, sys.executable]).encode())
    for path, _, state in states:
        digest.update(f"{path}\0{state}\n".encode(errors="surrogateescape"))
    of_plumb = digest.hexdigest()
    digest.update(json.dumps([str(folder.resolve()), _parser()]).encode())
    return AnswerFiles(home / _FOLDER / digest.hexdigest(), home / _FOLDER / of_plumb)


def _parser() -> tuple[str, int, int, int] | None:
    """What reads scripts: all that is said of a script depends on it."""
    try:
        return parser_state()
    except EnvironmentMissing:  # it is the rules' to say
        return None


def _cache() -> Path | None:
    """The user's own cache; None where there is none, or the folder around it is another user's, as under sudo."""
    given, home = os.environ.get("XDG_CACHE_HOME", ""), os.environ.get("HOME", "")
    around, cache = (Path(given), Path(given)) if given else (Path(home), Path(home, ".cache"))
    try:
        return cache if around.is_absolute() and around.stat().st_uid == os.geteuid() else None
    except OSError:
        return None
