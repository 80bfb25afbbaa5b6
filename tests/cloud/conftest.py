"""What the cloud tests share."""

import hcloud._client
import pytest

from plumbline.spec.spec import Spec
from tests.cloud.cloud import NoTime
from tests.stack.conftest import shipped_spec


@pytest.fixture(autouse=True)
def sdk_never_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its own retries pass at once."""
    monkeypatch.setattr(hcloud._client, "time", NoTime)


@pytest.fixture(scope="session")
def shipped() -> Spec:
    """The spec that ships."""
    return shipped_spec()
