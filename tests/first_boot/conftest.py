"""A container with the tools that look at user data, for the tests of this folder."""

from collections.abc import Iterator

import pytest

from tests.first_boot.node import BootNode, build, node

TOOLS = ["nftables", "age", "e2fsprogs"]


@pytest.fixture(scope="session")
def tools(lab: dict[str, str]) -> Iterator[BootNode]:
    image = build(lab, "debian:bookworm-slim", TOOLS)
    with node(lab, image, command=("sleep", "infinity")) as made:
        assert made.docker("start", made.name).returncode == 0
        yield made
