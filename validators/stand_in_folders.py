"""PLB908: folders of stand-ins that the spec names but that are missing on disk."""

from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path

from plumbline.spec.finding import Finding
from plumbline.spec.paths import PathText, path_of
from plumbline.spec.spec import Spec


def missing_stand_ins(spec: Spec, folder: Path) -> Iterator[Finding]:
    """A finding for each stand-in whose folder, or whose Dockerfile, is not there. `folder` is the spec's."""
    for id, image in spec.images.images.items():
        if image.stand_in and image.stand_in.recipe != "contract":
            path = path_of("images", id, "stand_in", "recipe")
            if not (folder / image.stand_in.recipe / "Dockerfile").is_file():
                yield _missing(spec, folder, path, image.stand_in.recipe, "has no Dockerfile")
        if image.stand_in and image.stand_in.programs and not (folder / image.stand_in.programs).is_dir():
            path = path_of("images", id, "stand_in", "programs")
            yield _missing(spec, folder, path, image.stand_in.programs, "is not a folder")
    for id, model in spec.models.models.items():
        if model.stand_in and not (folder / model.stand_in).is_dir():
            yield _missing(spec, folder, path_of("models", id, "stand_in"), model.stand_in, "is not a folder")


def _missing(spec: Spec, folder: Path, path: PathText, named: str, problem: str) -> Finding:
    above = (folder / named).parent
    there = sorted(each.name for each in above.iterdir() if each.is_dir()) if above.is_dir() else []
    close = get_close_matches(named.rpartition("/")[2], there, n=1)
    return Finding(
        "PLB908",
        f"{named} {problem}: the stand-in cannot be created",
        location=spec.at(path),
        hint=f"did you mean `{named.rpartition('/')[0]}/{close[0]}`?" if close else "write one, or correct the name",
        subject=path,
    )
