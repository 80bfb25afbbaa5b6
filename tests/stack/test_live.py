"""The offline stack on a real engine: clean, then tampered with so that each kind of fact is wrong once.

`make mutants` tries each case of `tamperings/` on every one of its services.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import proofs.mutants
from plumbline.stack.stack import Stack
from tests.stack.conftest import DATA
from tests.stack.tampering import (
    FOLDER,
    Tampering,
    all_tampered,
    as_another,
    batches,
    catalogue,
    failing,
    faults,
    kinds,
    samples,
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
@pytest.mark.parametrize("batch", batches(samples()), ids=names)
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


def test_the_catalogue_of_the_proof_is_every_case() -> None:
    """It is what `make mutants` tries."""
    assert proofs.mutants.catalogue is catalogue
    cases = {file.stem for file in FOLDER.iterdir()}
    assert {each.name for each in catalogue()} == cases
    assert len(cases) >= 173


def test_each_kind_of_fact_is_tampered_with_here() -> None:
    tried = set[tuple[str, str]]().union(*map(kinds, samples()))
    assert tried == set[tuple[str, str]]().union(*map(kinds, catalogue()))
    assert {field for each in samples() for field in each.case} >= {"override", "docker", "host"}
    assert len(samples()) <= 30
