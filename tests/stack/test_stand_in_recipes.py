"""A stand-in's recipe is looked for where the spec says."""

from pathlib import Path

import pytest

from plumbline.spec.finding import InputError
from plumbline.spec.spec import Spec
from plumbline.stack.stand_ins import recipe_of


def test_a_recipe_without_a_dockerfile_is_named_with_its_line(spec: Spec, tmp_path: Path) -> None:
    with pytest.raises(InputError) as refused:
        recipe_of(spec, tmp_path, "offline", "redis")
    (finding,) = refused.value.findings
    assert finding.rule == "PLB908"
    assert finding.location and finding.location.file.endswith("images.yaml")
