"""Sites of projects, built as their users build them."""

from collections.abc import Callable
from pathlib import Path

from tests.calling import plumb
from tests.rules.three_modes import files as three_modes_files
from tests.rules.two_modes import texts_of


def built_site(project: Path, folder: Path) -> Path:
    """The folder of a project's site."""
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


def built_of(make: Callable[[Path], None], project: Path) -> Path:
    """The folder of the site of a spec that is made in a folder."""
    project.mkdir(exist_ok=True)
    make(project)
    built = plumb("build", cwd=project)
    assert built.returncode == 0, built.stdout + built.stderr
    return built_site(project, project / "site")
