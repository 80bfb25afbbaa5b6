"""The site of the shipped spec, built once, and a browser that reads it from its folder."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.fixtures import not_run
from tests.lab.packages import BROWSER, CannotInstall, install
from tests.site.browser import Browser, browser

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the site."""
    folder = tmp_path_factory.mktemp("site")
    call = [sys.executable, "-m", "plumbline", "site", "build", "--site-dir", str(folder)]
    done = subprocess.run(call, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="session")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser."""
    try:
        install(*BROWSER)
    except CannotInstall as error:
        not_run(error)
    with browser(tmp_path_factory.mktemp("profile")) as opened:
        yield opened
