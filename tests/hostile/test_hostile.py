"""A part of the corpus, one of each twenty; `make hostile` tries all of it."""

import pytest

import plumbline.cli.check  # noqa: F401  before the processes are parted, so that none pays for it
from tests.hostile.corpus import HostileCase, corpus
from tests.hostile.judging import FORMATS, base_seconds, judged

pytestmark = pytest.mark.slow

CASES = corpus()


def test_the_corpus_is_large_and_names_each_case_once() -> None:
    assert len(CASES) >= 400
    assert len({case.name for case in CASES}) == len(CASES)


@pytest.fixture(scope="module")
def base() -> float:
    return base_seconds()


@pytest.mark.parametrize("case", CASES[::20], ids=lambda case: case.name)
def test_a_hostile_input_is_said_clearly_and_soon(case: HostileCase, base: float) -> None:
    assert judged(case, base, FORMATS[len(case.name) % len(FORMATS)]) == []
