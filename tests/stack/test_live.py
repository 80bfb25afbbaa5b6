"""The offline stack on a real engine: clean, then tampered with in every way that a case in `tamperings/` describes.

`make mutants` tries each case on every one of its services; here each is tried once, several at once.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from plumbline.stack.stack import Stack
from tests.stack.conftest import DATA
from tests.stack.tampering import (
    Tampering,
    all_tampered,
    as_another,
    batches,
    catalogue,
    failing,
    faults,
    firsts,
    seen,
    to_another,
)
from validators.stack.patient_inspection import inspect_patiently


@pytest.mark.live
def test_the_stack_comes_up_and_is_what_the_spec_says(offline: Stack) -> None:
    assert offline.trouble == []
    checks = inspect_patiently(offline)[0].checks
    assert failing(checks) == []
    assert len(checks) > 1000


@pytest.mark.live
def test_looks_at_the_same_time_wait_for_each_other(offline: Stack) -> None:
    with ThreadPoolExecutor(3) as pool:
        looks = list(pool.map(lambda _: inspect_patiently(offline)[0], range(3)))
    assert [failing(look.checks) for look in looks] == [[], [], []]


@pytest.fixture(scope="module")
def other(offline: Stack) -> Iterator[Stack]:
    """The same stack, for somebody who did not start it."""
    with as_another(offline, DATA) as seen_by_another:
        yield seen_by_another


def names(batch: list[Tampering]) -> str:
    return ", ".join(map(str, batch))


@pytest.mark.live
@pytest.mark.parametrize("batch", batches(firsts()), ids=names)
def test_tamperings_are_found(offline: Stack, other: Stack, batch: list[Tampering], tmp_path: Path) -> None:
    """By who started the stack, and by who looks at it with `--attach`."""
    attached = [to_another(each) for each in batch]
    with all_tampered(offline, batch, tmp_path):
        own, others = seen(offline, *batch), seen(other, *attached)
    assert faults(offline, batch, own) + faults(other, attached, others) == []


def test_tamperings_at_once_touch_different_services() -> None:
    every = catalogue()
    found = batches(every)
    assert sorted(str(each) for batch in found for each in batch) == sorted(map(str, every))
    assert all(len({each.service for each in batch}) == len(batch) for batch in found)
    assert all(len(batch) == 1 for batch in found if any(each.case.get("alone") for each in batch))


def test_there_are_enough_of_them() -> None:
    assert len(firsts()) >= 140
