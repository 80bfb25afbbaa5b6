"""An entry that stands twice is found in whatever list of the spec it stands."""

import pytest

import proofs.wrong_specs
from tests.rules import listed_twice

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("case", listed_twice.samples())
def test_an_entry_that_stands_twice_is_found(case: str) -> None:
    """`make wrong-specs` tries every kind of list."""
    assert listed_twice.is_found(case)


def test_the_proof_tries_each_kind_of_list() -> None:
    assert proofs.wrong_specs.listed_twice is listed_twice
    assert len(listed_twice.samples()) >= 15
    assert len(listed_twice.cases()) >= 80
