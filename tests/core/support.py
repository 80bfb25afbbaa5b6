"""The starter spec, for tests that need a small one."""

from pathlib import Path

from plumbline.spec.spec_files import read_spec_files

STARTER = Path(__file__).parents[2] / "plumbline" / "starter"


def starter_files() -> dict[str, str]:
    """Its files by path, anew at each call."""
    return dict(read_spec_files(STARTER))
