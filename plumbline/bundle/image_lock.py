"""What registries say about the images of the catalogue, as changes of `images.yaml`. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import get_args

from plumbline.spec.yaml_edit import YamlChange
from schema.image import Image, Platform

KNOWN: tuple[Platform, ...] = get_args(Platform)
_BEFORE_DIGEST = ("licence",)
_BEFORE_PLATFORMS = ("lifecycle",)
_BEFORE_EVIDENCE = ("security", "stand_in")
_BEFORE_SOURCE = ("confirmations",)


@dataclass(frozen=True)
class Pin:
    """What a registry answers for an image's tag."""

    image: str
    """Id in images.yaml."""
    digest: str
    """Digest of the manifest list, or of the manifest where there is no list."""
    platforms: tuple[Platform, ...]
    """Those of its platforms that a spec knows, in the spec's order."""

    def has_moved(self, image: Image) -> bool:
        """Whether the catalogue says something else."""
        return self.digest != image.digest or set(self.platforms) != set(image.platforms)


def known_platforms(found: Iterable[str]) -> tuple[Platform, ...]:
    """Those that a spec knows, in the spec's order."""
    there = set(found)
    return tuple(each for each in KNOWN if each in there)


def changes(images: Mapping[str, Image], pins: Iterable[Pin], day: str) -> Iterator[YamlChange]:
    """What has to be written: digests and platforms that moved, and that the registry itself said so on that day."""
    for pin in pins:
        image, path = images[pin.image], ("images", pin.image)
        if pin.digest != image.digest:
            yield YamlChange((*path, "digest"), pin.digest, _BEFORE_DIGEST)
        if set(pin.platforms) != set(image.platforms):
            yield YamlChange((*path, "platforms"), pin.platforms, _BEFORE_PLATFORMS)
        evidence: dict[str, str | int] = {"source": "registry", "confirmations": 1, "checked": day}
        if image.evidence is None:
            yield YamlChange((*path, "evidence"), evidence, _BEFORE_EVIDENCE)
            continue
        for name, value in evidence.items():
            if getattr(image.evidence, name) != value:
                yield YamlChange((*path, "evidence", name), value, _BEFORE_SOURCE)
