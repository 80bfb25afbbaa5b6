"""A copy of the starter spec in a project of its own."""

import shutil
from pathlib import Path

import pytest

from tests.core.support import STARTER


@pytest.fixture
def starter(tmp_path: Path) -> Path:
    """Folder of the copied spec; its parent is the project."""
    folder = tmp_path / "project" / "data"
    shutil.copytree(STARTER, folder)
    return folder
