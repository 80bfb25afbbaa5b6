"""`--progress`: a line for each module as it ends, with its time, and each failure at once. pytest's own summary still comes last."""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from tests.workers import shared_tests


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option."""
    parser.addoption("--progress", action="store_true", help="a line for each module, and failures at once")


def pytest_configure(config: pytest.Config) -> None:
    """Only the process that talks to the user shows anything."""
    if config.getoption("--progress") and not hasattr(config, "workerinput"):
        config.pluginmanager.register(SuiteProgress(config), "progress-of-modules")


class SuiteProgress:
    """What has been done of each module."""

    def __init__(self, config: pytest.Config):
        self._config = config
        self._left: Counter[str] = Counter()
        self._done: dict[str, Counter[str]] = {}
        self._begun: dict[str, float] = {}

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Count the tests of each module, without workers."""
        self._expect([item.nodeid for item in session.items])

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, node: object, ids: Sequence[str]) -> None:
        """The same, as each worker has collected them."""
        self._expect(ids)

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """A module of live tests takes minutes, so its begin is worth a line."""
        module = _module(nodeid)
        if module not in self._begun:
            self._begun[module] = time.monotonic()
            if nodeid in shared_tests(self._config):
                self._say(f"{module} begins")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A part of a test has ended."""
        module = _module(report.nodeid)
        done = self._done.setdefault(module, Counter())
        if report.failed:
            done["failed"] += 1
            self._say(f"FAILED {report.nodeid} ({report.when}): {_cause(report)}")
        elif report.skipped:
            done["skipped"] += 1
        elif report.when == "call":
            done["passed"] += 1
        if report.when == "teardown":
            self._left[module] -= 1
            if not self._left[module]:
                counts = ", ".join(f"{count} {word}" for word, count in done.items())
                self._say(f"{module}: {counts}, {_minutes(time.monotonic() - self._begun[module])}")

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_report_teststatus(self) -> Iterator[None]:
        """No dots."""
        category, *_ = yield
        return category, "", ""  # type: ignore[return-value] # a hook that wraps returns its result

    def _expect(self, ids: Sequence[str]) -> None:
        if not self._left:
            self._left = Counter(map(_module, ids))

    def _say(self, text: str) -> None:
        self._config.get_terminal_writer().line(text, flush=True)


def _module(nodeid: str) -> str:
    return nodeid.partition("::")[0]


def _cause(report: Any) -> str:
    crash = getattr(report.longrepr, "reprcrash", None)
    return f"{crash.path}:{crash.lineno}: {crash.message.splitlines()[0]}" if crash else report.longreprtext[-400:]


def _minutes(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"
