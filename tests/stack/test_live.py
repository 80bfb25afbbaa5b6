"""The offline stack on a real engine: clean, then tampered with in every way that a case in `tamperings/` describes.

`make mutants` tries each case on every one of its services; here each is tried once.
"""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.stack.tampering import Tampering, catalogue, failing, faults, firsts, seen, tampered
from validators.stack.settling import patient_look
from validators.stack.stack import Stack


@pytest.mark.live
def test_the_stack_comes_up_and_is_what_the_spec_says(offline: Stack) -> None:
    assert offline.trouble == []
    checks = patient_look(offline)[0].checks
    assert failing(checks) == []
    assert len(checks) > 1000


@pytest.mark.live
def test_looks_at_the_same_time_wait_for_each_other(offline: Stack) -> None:
    with ThreadPoolExecutor(3) as pool:
        looks = list(pool.map(lambda _: patient_look(offline)[0], range(3)))
    assert [failing(look.checks) for look in looks] == [[], [], []]


@pytest.mark.live
@pytest.mark.parametrize("tampering", firsts(), ids=str)
def test_a_tampering_is_found(offline: Stack, tampering: Tampering, tmp_path: Path) -> None:
    with tampered(offline, tampering, tmp_path):
        found = seen(offline, tampering)
    assert faults(offline, tampering, found) == []


def test_there_are_enough_of_them() -> None:
    assert len(catalogue()) >= 60
