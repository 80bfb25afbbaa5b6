"""The bundles of two services that answer without pause, made once for all tests of them."""

import os
from collections.abc import Iterator

import pytest

from tests.bundle.answering_releases import AnsweringReleases, answering_releases


@pytest.fixture(scope="session")
def answering(tools: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AnsweringReleases]:
    """They, and who signed them."""
    if os.geteuid() != 0:
        pytest.skip("LIVE TEST NOT RUN: a second engine needs root")
    with answering_releases(tmp_path_factory.mktemp("answering")) as made:
        yield made
