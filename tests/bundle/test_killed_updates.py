"""An update is killed at a call of a program; afterwards it is completed, or taken back. Never a mixture, and nothing is left.

`make bundle-proof` does so on a real engine.
"""

import os
from pathlib import Path
from shutil import which

import pytest

from tests.bundle.small_engine import SmallEngine
from tests.bundle.tampering import Keys
from tests.bundle.test_service_by_service import NEW, OLD, left, shop

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        which("gpg") is None or os.geteuid() != 0, reason="needs gpg, and root for a network of its own"
    ),
]
PROGRAMS = ("docker", "mv", "cp", "rm", "comm", "sync")
"""Those that change something, and what runs between them."""
EVERY = 7
"""Of the calls, one in so many is a moment of death."""
CHANGED = ("web", "worker", "alone")
_DYING = """#!/bin/sh
echo >> '{count}'
[ "$(wc -l < '{count}')" -ne {nth} ] || kill -9 0
exec '{real}' "$@"
"""


class DyingHost:
    """A small engine whose scripts are killed at the nth call of a program."""

    def __init__(self, folder: Path, keys: Keys):
        self.small = SmallEngine(folder, keys)
        self.count = folder / "bin" / "count"
        self.engine = (folder / "bin" / "docker").read_text()
        self.first = self.small.bundle("1.0", shop())
        self.second = self.small.bundle("1.1", shop("1.1", CHANGED), {"deployment/config/web/a.conf": "b"}, image="1")
        assert self.small.install(self.first)[0] == 0

    def dies(self, nth: int) -> None:
        """From now on, at that call; never for 0."""
        self.count.write_text("")
        for program in PROGRAMS:
            real = str(which(program, path="/usr/sbin:/usr/bin:/sbin:/bin") or "/bin/false")
            if program == "docker":
                real = f"{self.small.host.folder}/bin/the-docker"
                Path(real).write_text(self.engine)
                Path(real).chmod(0o755)
            self.small.host.stub(program, _DYING.format(count=self.count, nth=nth, real=real))

    def calls(self) -> int:
        """How many there were."""
        return len(self.count.read_text().splitlines())

    def entries(self) -> set[str]:
        """Of which releases the services that the update changes are."""
        return {self.small.made_from(each) for each in CHANGED}


@pytest.fixture(scope="module")
def dying(keys: Keys, tmp_path_factory: pytest.TempPathFactory) -> DyingHost:
    return DyingHost(tmp_path_factory.mktemp("dying") / "host", keys)


def test_whenever_an_update_is_killed_a_second_run_completes_it_or_it_is_taken_back(dying: DyingHost) -> None:
    small = dying.small
    dying.dies(0)
    assert small.install(dying.second)[0] == 0
    total = dying.calls()
    assert small.rollback()[0] == 0 and dying.entries() == {OLD}
    backs = 0
    for nth in range(1, total + 1, EVERY):
        dying.dies(nth)
        code, _, _ = small.install(dying.second)
        assert code == -9, nth
        dying.dies(0)
        if (small.host.home / ".before").exists() and nth % 2:
            code, _, said = small.rollback()
            assert code == 0, (nth, said)
            assert (small.installed(), dying.entries(), left(small)) == ("1.0", {OLD}, []), nth
            backs += 1
        code, _, said = small.install(dying.second)
        assert code == 0, (nth, said)
        assert (small.installed(), dying.entries(), left(small)) == ("1.1", {NEW}, []), nth
        assert small.host.scratch() == [], nth
        code, _, said = small.rollback()
        assert code == 0, (nth, said)
        assert (small.installed(), dying.entries(), left(small)) == ("1.0", {OLD}, []), nth
    assert backs > 2


def test_a_rollback_that_is_killed_is_run_again(dying: DyingHost) -> None:
    small = dying.small
    dying.dies(0)
    assert small.install(dying.second)[0] == 0
    dying.dies(0)
    assert small.rollback()[0] == 0
    total = dying.calls()
    for nth in range(3, total + 1, EVERY):
        dying.dies(0)
        assert small.install(dying.second)[0] == 0, nth
        dying.dies(nth)
        assert small.rollback()[0] == -9, nth
        dying.dies(0)
        code, _, said = small.rollback()
        assert code == 0 or "keeps no release" in said, (nth, said)
        assert (small.installed(), dying.entries(), left(small)) == ("1.0", {OLD}, []), nth
