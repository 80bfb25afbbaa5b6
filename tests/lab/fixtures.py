"""The engine that live tests run on: the user's own, or the lab's, started for the tests and stopped after them."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, nullcontext
from typing import NoReturn

import pytest

from tests.lab.base_image import ensure_base
from tests.lab.packages import TOOLS, CannotInstall, install
from tests.lab.turns import turn, used_engine


@pytest.fixture(scope="session")
def lab(request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    """The environment of programs that shall use the engine. Without one, live tests are skipped; with CI=true they fail."""
    capture = request.config.pluginmanager.getplugin("capturemanager")
    with ExitStack() as block:
        try:
            # whoever has to wait for another checkout's lab reads that while it lasts
            with capture.global_and_fixture_disabled() if capture else nullcontext():
                engine = block.enter_context(used_engine())
        except CannotInstall as error:
            not_run(error)
        before = os.environ.get("DOCKER_HOST")
        if engine.host:
            os.environ["DOCKER_HOST"] = engine.host
        try:
            with turn():
                ensure_base(engine.environment)
            yield engine.environment
        finally:
            if engine.host:
                os.environ.pop("DOCKER_HOST")
                if before is not None:
                    os.environ["DOCKER_HOST"] = before


@pytest.fixture(scope="session")
def tools() -> None:
    """Programs for tests that need no engine: a registry, age, gpg, an ACME server. Without them, as without an engine."""
    try:
        install(*TOOLS)
    except CannotInstall as error:
        not_run(error)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """A live test that is skipped with CI=true has failed, whoever skipped it."""
    report = yield
    if report.skipped and os.environ.get("CI") and item.get_closest_marker("live") and not hasattr(report, "wasxfail"):
        report.outcome, report.longrepr = "failed", f"a live test must not be skipped with CI set: {report.longrepr[2]}"
    return report


def not_run(error: CannotInstall) -> NoReturn:
    """Skip, or fail with CI=true."""
    message = f"LIVE TEST NOT RUN: {error}"
    if os.environ.get("CI"):
        pytest.fail(message)
    pytest.skip(message)
