"""Tenants side by side behind one rate limiter."""

import pytest

from proofs.cloud_fleet import provisioned
from tests.fake_hcloud.limit import Rate


@pytest.mark.slow
def test_tenants_side_by_side_never_exceed_the_limit_and_a_second_run_changes_nothing() -> None:
    figures = provisioned(4, Rate(100, 100.0))
    assert figures["failed"] == 0
    assert figures["refused"] == 0
    assert figures["changing"] == 0
    assert figures["calls"] / 4 < 93, "a look before, one under the lock, one after it"
    assert figures["again"] / 4 <= 9
    assert figures["seconds"] >= figures["floor"]
