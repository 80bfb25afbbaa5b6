"""Sites, each built once, and a browser that reads them from their folders."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.calling import ROOT, plumb
from tests.lab.fixtures import not_run
from tests.lab.packages import BROWSER, CannotInstall, install
from tests.rules.three_modes import files as three_modes_files
from tests.rules.two_modes import texts_of
from tests.site.browser import Browser, browser


def _build(project: Path, folder: Path) -> Path:
    done = plumb("site", "build", "--site-dir", folder, cwd=project)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def _starter(project: Path) -> None:
    assert plumb("init", "data", cwd=project).returncode == 0


def _three_modes(project: Path) -> None:
    for name, text in texts_of(three_modes_files()).items():
        file = project / "data" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


OTHERS: dict[str, Callable[[Path], None]] = {"starter": _starter, "three modes": _three_modes}
"""Specs of other shapes: one mode alone; three modes without tenants, on two kinds of nodes."""


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the shipped spec's site."""
    return _build(ROOT, tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="session", params=OTHERS)
def other(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of another spec's site."""
    project = tmp_path_factory.mktemp("project")
    OTHERS[request.param](project)
    built = plumb("build", cwd=project)
    assert built.returncode == 0, built.stdout + built.stderr
    return _build(project, project / "site")


@pytest.fixture(scope="session")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser."""
    try:
        install(*BROWSER)
    except CannotInstall as error:
        not_run(error)
    with browser(tmp_path_factory.mktemp("profile")) as opened:
        yield opened
