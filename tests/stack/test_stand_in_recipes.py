"""A stand-in's recipe is looked for where the spec says."""

from dataclasses import replace
from pathlib import Path

import pytest

from plumbline.spec.finding import InputError
from plumbline.spec.spec import Spec
from plumbline.stack.stand_ins import recipe_of

DATA = Path(__file__).parents[2] / "data"


def test_a_recipe_without_a_dockerfile_is_named_with_its_line(spec: Spec, tmp_path: Path) -> None:
    with pytest.raises(InputError) as refused:
        recipe_of(spec, tmp_path, "offline", "redis")
    (finding,) = refused.value.findings
    assert finding.rule == "PLB908"
    assert finding.location and finding.location.file.endswith("images.yaml")


@pytest.mark.parametrize(
    ("mode", "image", "owner", "folders"),
    [
        ("online", "traefik", "65532:65532", ""),  # the image has no folder for certificates
        ("offline", "qdrant", "1000:1000", ""),
        ("offline", "redis", "999:1000", "/data"),
        ("online", "clamav", "100:101", "/var/lib/clamav"),  # its /tmp is root's, and open to all
        ("offline", "docpipe-api", "10001:10001", ""),
        # the stub's folders have the owner and the mode of the image's, whoever the service runs as
        ("online", "alloy", "0:473", "/var/lib/alloy/data,473:473,0770"),
        ("online", "loki", "10001:10001", "/loki,10001:10001,0755"),
    ],
)
def test_a_stand_in_has_the_folders_that_its_image_has(
    spec: Spec, mode: str, image: str, owner: str, folders: str
) -> None:
    recipe = recipe_of(spec, DATA, mode, image)
    assert (recipe.arguments["OWNER"], recipe.arguments["FOLDERS"]) == (owner, folders)


def test_without_a_contract_a_stand_in_has_every_folder(spec: Spec) -> None:
    recipe = recipe_of(replace(spec, contracts={}), DATA, "offline", "qdrant")
    assert recipe.arguments["FOLDERS"] == "/qdrant/storage,1000:1000,0755"
