"""What every test of the cloud shares."""

import hcloud._client
import pytest

from tests.cloud.cloud import NoTime


@pytest.fixture(autouse=True)
def sdk_never_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its own retries pass at once."""
    monkeypatch.setattr(hcloud._client, "time", NoTime)
