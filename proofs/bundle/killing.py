"""Updates that are killed: at calls of every program on a small engine, and while a service has a second copy on a real one."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from proofs.bundle.sealed import Outcome
from tests.bundle.dying import DyingHost, killed_in_rollback, killed_in_update
from tests.bundle.tampering import Keys
from tests.stack.conftest import ROOT

EVERY = 2
"""Of the calls, one in so many is a moment of death. `make test` takes one in 29."""
SECOND_COPIES = "tests/bundle/test_second_copy.py::test_a_killed_run_leaves_no_copy_and_no_rule"


def moments(keys: Keys, folder: Path) -> Iterator[Outcome]:
    """Many moments of an update and of a rollback."""
    dying = DyingHost(folder, keys)
    for name, tried in (("update", killed_in_update), ("rollback", killed_in_rollback)):
        problems = list(tried(dying, EVERY))
        wrong = [problem for _, found in problems for problem in found]
        yield f"{name} killed at {len(problems)} calls: completed, or taken back", wrong


def second_copies() -> Outcome:
    """Every kill of the tests of second copies, of which `make test` tries some."""
    call = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", SECOND_COPIES]
    environment = os.environ | {"EVERY_KILL": "1", "CI": "1"}
    done = subprocess.run(call, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    return "killed while a service has a second copy: no copy and no rule is left", (
        [] if done.returncode == 0 else [done.stdout[-2000:]]
    )
