"""Sites, each built once, and a browser that reads them from their folders."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.calling import ROOT
from tests.lab.fixtures import not_run
from tests.lab.packages import BROWSER, CannotInstall, install
from tests.site.browser import Browser, browser
from tests.site.building import OTHERS, built_of, built_site


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the shipped spec's site."""
    return built_site(ROOT, tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="session", params=OTHERS)
def other(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of another spec's site."""
    return built_of(OTHERS[request.param], tmp_path_factory.mktemp("project"))


@pytest.fixture(scope="session")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser."""
    try:
        install(*BROWSER)
    except CannotInstall as error:
        not_run(error)
    with browser(tmp_path_factory.mktemp("profile")) as opened:
        yield opened
