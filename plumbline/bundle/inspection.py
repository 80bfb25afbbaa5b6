"""What a bundle holds, for people."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

from tabulate import tabulate

from plumbline.bundle import archive, sbom
from plumbline.bundle.head import Head
from plumbline.bundle.manifest import NEXT_KEY
from schema.bundle import BundledFile, Manifest

_MOST_FILES = 20
_MOST_NAMES = 3


@dataclass(frozen=True)
class Layer:
    """A layer of an image."""

    image: str
    """Id of the image."""
    digest: str
    size: int
    """Bytes."""
    shared: tuple[str, ...]
    """Ids of the other images that have it too."""

    @property
    def sharers(self) -> str:
        """They, or how many they are."""
        return ", ".join(self.shared) if len(self.shared) <= _MOST_NAMES else f"{len(self.shared)} others"


def read_parts(stream: BinaryIO, manifest: Manifest, progress: Callable[[int], None]) -> dict[str, bytes]:
    """Read all that is behind the head. Kept are the images' manifests, the bill of materials and the next key.

    Raises Refused.
    """
    wanted = {blob_path(image.manifest) for image in manifest.images} | {sbom.PATH, NEXT_KEY}
    kept: dict[str, bytes] = {}

    def sink(path: str) -> Callable[[bytes], object]:
        def take(piece: bytes) -> None:
            progress(len(piece))
            if path in wanted:
                kept[path] = kept.get(path, b"") + piece

        return take

    archive.read_body(stream, manifest, sink)
    return kept


def blob_path(digest: str) -> str:
    """Where a blob of an image stands in a bundle."""
    return f"images/blobs/{digest.replace(':', '/')}"


def image_manifest(text: bytes) -> Any:
    """An image's own manifest, with the digests of its configuration and layers. Raises ValueError where it is none."""
    try:
        content = json.loads(text)
        blobs = [content["config"], *content["layers"]]
        if not all(isinstance(blob["digest"], str) for blob in blobs):
            raise ValueError("a digest is not text")
    except (KeyError, TypeError, RecursionError) as error:
        raise ValueError(f"it lacks something: {error}") from None
    return content


def layers(manifest: Manifest, kept: Mapping[str, bytes]) -> list[Layer]:
    """The layers of each image, from the bottom up; of images whose manifest was read."""
    sizes = {file.path: file.size for file in manifest.files}
    stacks: dict[str, list[str]] = {}
    for image in manifest.images:
        text = kept.get(blob_path(image.manifest))
        try:
            stacks[image.image] = [layer["digest"] for layer in image_manifest(text or b"")["layers"]]
        except ValueError:
            stacks[image.image] = []
    return [
        Layer(
            id,
            digest,
            sizes.get(blob_path(digest), 0),
            tuple(other for other, stack in stacks.items() if other != id and digest in stack),
        )
        for id, stack in stacks.items()
        for digest in stack
    ]


def parts(manifest: Manifest) -> dict[str, list[BundledFile]]:
    """Files by the folder of the bundle that they are in."""
    found: dict[str, list[BundledFile]] = {}
    for file in manifest.files:
        found.setdefault(file.path.split("/")[0], []).append(file)
    return found


def as_text(head: Head) -> str:
    """Release, images, models and folders, with their sizes."""
    manifest = head.manifest
    images = [(image.name, mb(image.size), image.origin, image.stand_in or "") for image in manifest.images]
    folders = parts(manifest)
    counted = [(name, len(files), mb(sum(file.size for file in files))) for name, files in folders.items()]
    lines = [
        f"{manifest.platform} {manifest.release}, mode {manifest.mode}, for customer {manifest.customer}",
        f"spec {manifest.spec}, images for {manifest.architecture}, {'signed' if head.signature else 'not signed'}",
        "",
        tabulate(images, headers=["image", "MB", "from", "stand-in"]),
        "",
        tabulate(counted, headers=["part", "files", "MB"]),
        "",
        layer_sharing(manifest),
    ]
    if manifest.next_key:
        lines.append(f"later releases may be signed by {manifest.next_key}")
    return "\n".join([*lines, *(f"not for a customer: {caveat}" for caveat in manifest.caveats)])


def layer_sharing(manifest: Manifest) -> str:
    """What it saves that a layer stands once."""
    separate = sum(image.size for image in manifest.images)
    together = sum(file.size for file in parts(manifest).get("images", []))
    return f"layers that images share are stored once: {mb(together)} MB in place of {mb(separate)} MB"


def layers_as_text(found: Iterable[Layer]) -> str:
    """A line per layer of each image."""
    rows = [(layer.image, layer.digest, mb(layer.size), layer.sharers) for layer in found]
    return tabulate(
        rows,
        headers=["image", "layer", "MB", "shared with"],
        disable_numparse=True,
        colalign=("left", "left", "right", "left"),
    )


def delta_files(old: Manifest, new: Manifest) -> Iterator[BundledFile]:
    """Files of the new bundle whose content the old one lacks, the largest first: what a delta carries, before compression."""
    had = {file.sha256 for file in old.files}
    yield from sorted((file for file in new.files if file.sha256 not in had), key=lambda file: (-file.size, file.path))


def carried_as_text(old: Manifest, new: Manifest) -> str:
    """What a delta would carry, file by file."""
    files = list(delta_files(old, new))
    rows = [(file.path, mb(file.size)) for file in files[:_MOST_FILES]]
    more = [f"and {len(files) - _MOST_FILES} smaller files"] if len(files) > _MOST_FILES else []
    return "\n".join([tabulate(rows, headers=["carried", "MB"]), *more]) if files else "no file has another content"


def mb(size: int) -> str:
    """Bytes in MB (10^6)."""
    return f"{size / 10**6:.1f}"
