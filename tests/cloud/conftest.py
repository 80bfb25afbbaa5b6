"""What the cloud tests share."""

from pathlib import Path

import pytest

from plumbline.loading import load_spec
from plumbline.spec import Spec
from plumbline.spec_files import read_spec_files

DATA = Path(__file__).parents[2] / "data"


@pytest.fixture(scope="session")
def shipped() -> Spec:
    """The spec that ships."""
    spec, findings = load_spec(read_spec_files(DATA))
    assert spec, findings
    return spec
