"""The platforms whose updates are proven: the shipped spec, and what `plumb init` writes. Each is published by the same keys."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import yaml

from tests.bundle.releases import ROOT, Publisher, plumb

SHIPPED, SAMPLE = "docpipe", "sample"
STAND_INS = ("traefik", "postgres")
"""Images of the sample, which have real programs behind their stand-ins."""


def publisher_of(platform: str, maker: Publisher) -> Publisher:
    """Who publishes its releases, each platform's in a folder of its own."""
    folder = maker.folder / platform
    folder.mkdir()
    if platform == SHIPPED:
        return replace(maker, folder=folder)
    return replace(maker, folder=folder, source=_sample(folder / "source"), platform=SAMPLE, mode="single")


def _sample(project: Path) -> Path:
    """What `plumb init` writes, sealed, so that a bundle is made for it."""
    data = project / "data"
    _done("init", str(data))
    for image in STAND_INS:
        shutil.copytree(ROOT / "data/stand-ins" / image, data / "stand-ins" / image)
    _edit(data / "topology/single.yaml", "egress: true", "egress: false")
    images = data / "images.yaml"
    shipped = yaml.safe_load((ROOT / "data/images.yaml").read_text())["images"]
    for image in STAND_INS:
        stand_in = json.dumps(shipped[image]["stand_in"])
        _edit(images, f"  {image}:\n", f"  {image}:\n    stand_in: {stand_in}\n")
    _done("--spec", str(data), "build", "--force")
    return project


def _edit(file: Path, before: str, after: str) -> None:
    text = file.read_text()
    assert before in text, f"{file} holds no {before!r}"
    file.write_text(text.replace(before, after))


def _done(*words: str) -> None:
    done = plumb(*words)
    assert done.returncode == 0, done.stdout + done.stderr
