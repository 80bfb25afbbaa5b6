"""A fake and the real SDK on it."""

from collections.abc import Iterator

import pytest
from hcloud import Client

from tests.fake_hcloud import FakeCloud, fake_cloud
from tests.fake_hcloud.making import Sdk


@pytest.fixture
def cloud() -> Iterator[FakeCloud]:
    with fake_cloud(action_seconds=60) as cloud:  # so that a slow machine ends no action of itself
        yield cloud


@pytest.fixture
def client(cloud: FakeCloud) -> Sdk:
    return Client(cloud.token, api_endpoint=cloud.endpoint, poll_interval=0)
