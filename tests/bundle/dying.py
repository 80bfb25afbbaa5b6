"""A small engine whose updates are killed at a call of a program; afterwards they are completed, or taken back."""

from collections.abc import Iterator
from pathlib import Path
from shutil import which

from tests.bundle.shop import NEW, OLD, left, shop
from tests.bundle.small_engine import SmallEngine
from tests.bundle.tampering import Keys

PROGRAMS = ("docker", "mv", "cp", "rm", "comm", "sync")
"""Those that change something, and what runs between them."""
CHANGED = ("web", "worker", "alone")
_DYING = """#!/bin/sh
echo >> '{count}'
[ "$(wc -l < '{count}')" -ne {nth} ] || kill -9 0
exec '{real}' "$@"
"""
DeadCall = tuple[int, list[str]]
"""The number of a call at which it died, and what was wrong."""


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

    def updated(self) -> list[str]:
        """What is wrong after an update that has to succeed."""
        code, _, said = self.small.install(self.second)
        return self._wrong("update", code, said, "1.1", NEW)

    def back(self, may_be_done: bool = False) -> list[str]:
        """The same of a rollback; it may have been done already."""
        code, _, said = self.small.rollback()
        return self._wrong("rollback", 0 if may_be_done and "keeps no release" in said else code, said, "1.0", OLD)

    def _wrong(self, what: str, code: int, said: str, release: str, entry: str) -> list[str]:
        found = (code, self.small.installed(), self.entries(), left(self.small), self.small.host.scratch())
        return [] if found == (0, release, {entry}, [], []) else [f"{what}: {found}: {said}"]


def killed_in_update(dying: DyingHost, every: int) -> Iterator[DeadCall]:
    """An update dies at one in so many of its calls; then it is run again, at odd calls after a rollback."""
    dying.dies(0)
    assert dying.updated() == []
    total = dying.calls()
    assert dying.back() == []
    for nth in _moments(1, total, every):
        dying.dies(nth)
        code, _, _ = dying.small.install(dying.second)
        wrong = [] if code == -9 else [f"ended with {code}"]
        dying.dies(0)
        if (dying.small.host.home / ".before").exists() and nth % 2:
            wrong += dying.back()
        wrong += dying.updated() + dying.back()
        yield nth, [f"killed at call {nth}: {each}" for each in wrong]


def _moments(first: int, total: int, every: int) -> list[int]:
    """One call in so many, and the last three: what is done by then is not done again."""
    return sorted({*range(first, total + 1, every), *range(total - 2, total + 1)})


def killed_in_rollback(dying: DyingHost, every: int) -> Iterator[DeadCall]:
    """The same of a rollback, which is run again."""
    dying.dies(0)
    assert dying.updated() == []
    dying.dies(0)
    assert dying.back() == []
    total = dying.calls()
    for nth in _moments(3, total, every):
        dying.dies(0)
        wrong = dying.updated()
        dying.dies(nth)
        code, _, _ = dying.small.rollback()
        wrong += [] if code == -9 else [f"ended with {code}"]
        dying.dies(0)
        wrong += dying.back(may_be_done=True)
        yield nth, [f"killed at call {nth}: {each}" for each in wrong]
