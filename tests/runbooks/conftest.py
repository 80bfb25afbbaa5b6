"""A runbook of three steps, for both runners."""

from pathlib import Path

import pytest

from tests.runbooks.runner import TRY, Both


@pytest.fixture
def both(tmp_path: Path) -> Both:
    """They."""
    return Both(tmp_path, TRY)
