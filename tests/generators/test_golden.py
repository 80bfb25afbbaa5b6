"""Everything that the starter spec makes, byte for byte; the shipped spec's own files are guarded by `plumb check`."""

from generators.registry import generate
from plumbline.spec.loading import load_spec
from tests.core.support import starter_files
from tests.golden_files import check_golden

UNCHANGING = ("schema/json/",)
"""Made from the models and not from the spec, and committed as they are."""


def test_the_starters_artifacts() -> None:
    spec, findings = load_spec(starter_files())
    assert spec, findings
    artifacts = [each for each in generate(spec) if not each.path.startswith(UNCHANGING)]
    check_golden("starter", {each.path: each.content for each in artifacts})


def test_the_same_spec_makes_the_same_bytes() -> None:
    first, _ = load_spec(starter_files())
    second, _ = load_spec(dict(reversed(starter_files().items())))
    assert first and second
    assert generate(first) == generate(second)
