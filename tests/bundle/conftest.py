"""The publisher of releases, and the shipped one, made once for all tests."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bundle.releases import Publisher, publisher


@pytest.fixture(scope="session")
def releases(lab: dict[str, str], tools: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Publisher]:
    """Who makes them, from the lab's engine."""
    if os.geteuid() != 0:
        pytest.skip("LIVE TEST NOT RUN: a second engine needs root")
    with publisher(tmp_path_factory.mktemp("releases")) as found:
        yield found


@pytest.fixture(scope="session")
def first(releases: Publisher) -> Path:
    """Release 1.0."""
    return releases.release()
