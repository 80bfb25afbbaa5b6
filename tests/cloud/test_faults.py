"""A part of `make cloud-faults`: every kind of fault, spread over the calls of both verbs."""

import pytest

from tests.cloud.faults import catalogue, tried
from tests.cloud.injection import KINDS

EVERY = 29
"""Coprime to the number of kinds, so that each kind meets early and late calls."""


@pytest.mark.slow
def test_a_second_run_ends_as_desired_whatever_went_wrong_in_the_first() -> None:
    faults = list(catalogue())[::EVERY]
    assert {fault.kind for fault in faults} == set(KINDS)
    assert [(fault, wrong) for fault in faults if (wrong := tried(fault))] == []
