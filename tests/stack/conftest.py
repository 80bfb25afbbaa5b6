"""The shipped spec, and its offline stack standing for as long as the tests of it run."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from plumbline.loading import load_spec
from plumbline.spec import Spec
from plumbline.spec_files import read_spec_files
from validators.stack.engine import Engine, find_engine
from validators.stack.stack import Stack
from validators.stack.starting import standing

DATA = Path(__file__).parents[2] / "data"


class Silence:
    """A watch that nobody looks at."""

    def phase(self, text: str) -> None: ...
    def services(self, states: Mapping[str, str]) -> None: ...


def shipped_spec() -> Spec:
    """The spec that ships."""
    loaded, findings = load_spec(read_spec_files(DATA), "data/")
    assert loaded is not None, findings
    return loaded


@pytest.fixture(scope="session")
def spec() -> Spec:
    """The spec that ships."""
    return shipped_spec()


@pytest.fixture(scope="session")
def engine(lab: dict[str, str]) -> Engine:
    """The engine of the lab."""
    return find_engine()


@pytest.fixture(scope="module")
def offline(engine: Engine, spec: Spec) -> Iterator[Stack]:
    """The offline mode, standing."""
    with standing(engine, spec, DATA, "offline", Silence()) as stack:
        yield stack
