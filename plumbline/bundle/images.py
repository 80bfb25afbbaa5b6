"""Images as one OCI layout, in which a layer that several of them share stands once.

Both image stores of the engine load it: docker's own `manifest.json` names configurations and layers for the classic store,
`index.json` the manifests for the containerd store. Form: OCI image layout 1.0; `docker image save` of Engine 25 and newer.
"""

import hashlib
import json
import tarfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

FOLDER = "images"
_INDEX_TYPES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)
_PIECE = 2**20


class NotSaved(Exception):
    """What came is not the images that were asked for; says why."""


@dataclass(frozen=True)
class Saved:
    """An image whose blobs are in the layout."""

    config: str
    manifest: str
    layers: tuple[str, ...]
    media_type: str


class Layout:
    """A folder of blobs by digest."""

    def __init__(self, folder: Path):
        self.folder = folder
        (folder / "blobs" / "sha256").mkdir(parents=True)

    def path(self, digest: str) -> Path:
        """Where a blob stands, or would stand."""
        return self.folder / "blobs" / digest.replace(":", "/")

    def has(self, digest: str) -> bool:
        """Whether it holds a blob."""
        return self.path(digest).exists()

    def add(self, digest: str, pieces: Iterable[bytes]) -> None:
        """Take a blob in. Raises NotSaved where it is not what its digest says."""
        found, partial = hashlib.sha256(), self.folder / "partial"
        with partial.open("wb") as out:
            for piece in pieces:
                found.update(piece)
                out.write(piece)
        if f"sha256:{found.hexdigest()}" != digest:
            partial.unlink()
            raise NotSaved(f"{digest} was delivered as sha256:{found.hexdigest()}")
        partial.rename(self.path(digest))

    def json(self, digest: str) -> dict[str, Any]:
        """A blob that is a manifest or a configuration."""
        return dict(json.loads(self.path(digest).read_bytes()))

    def size(self, saved: Saved) -> int:
        """Bytes of an image's configuration and layers."""
        return sum(self.path(digest).stat().st_size for digest in (saved.config, *saved.layers))

    def image_of(self, manifest: str) -> Saved:
        """The image of a manifest. Raises NotSaved where a blob of it is missing."""
        content = self.json(manifest)
        layers = tuple(str(layer["digest"]) for layer in content["layers"])
        config = str(content["config"]["digest"])
        missing = [digest for digest in (config, *layers) if not self.has(digest)]
        if missing:
            raise NotSaved(f"manifest {manifest} names {missing[0]}, which is missing")
        return Saved(
            config, manifest, layers, str(content.get("mediaType", "application/vnd.oci.image.manifest.v1+json"))
        )

    def finish(self, images: Mapping[str, Saved]) -> None:
        """Keep what the images need, by name, and write the layout's own files."""
        used = {digest for saved in images.values() for digest in (saved.manifest, saved.config, *saved.layers)}
        for blob in (self.folder / "blobs" / "sha256").iterdir():
            if f"sha256:{blob.name}" not in used:
                blob.unlink()
        docker = [
            {"Config": _blob(saved.config), "RepoTags": [name], "Layers": [_blob(layer) for layer in saved.layers]}
            for name, saved in sorted(images.items())
        ]
        manifests = [
            {
                "mediaType": saved.media_type,
                "digest": saved.manifest,
                "size": self.path(saved.manifest).stat().st_size,
                "annotations": {
                    "io.containerd.image.name": full_name(name),
                    "org.opencontainers.image.ref.name": name.rpartition(":")[2],
                },
            }
            for name, saved in sorted(images.items())
        ]
        index = {"schemaVersion": 2, "mediaType": _INDEX_TYPES[0], "manifests": manifests}
        for file, content in (
            ("oci-layout", {"imageLayoutVersion": "1.0.0"}),
            ("index.json", index),
            ("manifest.json", docker),
        ):
            (self.folder / file).write_text(json.dumps(content, sort_keys=True) + "\n")


def full_name(name: str) -> str:
    """A name with the registry that docker means where none is said."""
    first = name.split("/", maxsplit=1)[0]
    if "/" not in name:
        return f"docker.io/library/{name}"
    return name if "." in first or ":" in first or first == "localhost" else f"docker.io/{name}"


def take_saved(layout: Layout, stream: IO[bytes], references: Sequence[str], platform: str) -> dict[str, Saved]:
    """Take in what `docker save REFERENCES` writes; the images by reference. Raises NotSaved."""
    files: dict[str, bytes] = {}
    with tarfile.open(fileobj=stream, mode="r|") as archive:
        for member in archive:
            content = archive.extractfile(member) if member.isfile() else None
            if content is None:
                continue
            if member.name.startswith("blobs/sha256/"):
                digest = f"sha256:{member.name.rpartition('/')[2]}"
                if not layout.has(digest):
                    layout.add(digest, iter(lambda stream=content: stream.read(_PIECE), b""))  # type: ignore[misc]
            elif member.name in ("index.json", "manifest.json"):
                files[member.name] = content.read()
    if files.keys() != {"index.json", "manifest.json"}:
        raise NotSaved("it is not an OCI layout; it needs Docker Engine 25 or newer")
    configs = {
        name: f"sha256:{entry['Config'].rpartition('/')[2]}"
        for entry in json.loads(files["manifest.json"])
        for name in entry["RepoTags"] or []
    }
    manifests = {saved.config: saved for saved in _manifests(layout, json.loads(files["index.json"]), platform)}
    found = {name: manifests[configs[name]] for name in references if configs.get(name) in manifests}
    if missing := [name for name in references if name not in found]:
        raise NotSaved(f"the source did not deliver {missing[0]} as an image for {platform}")
    return found


def _manifests(layout: Layout, index: Mapping[str, Any], platform: str) -> list[Saved]:
    """The images that an index leads to, whose configuration is for the platform."""
    found: list[Saved] = []
    for entry in index["manifests"]:
        if not layout.has(entry["digest"]):
            continue
        if entry["mediaType"] in _INDEX_TYPES:
            found += _manifests(layout, layout.json(entry["digest"]), platform)
        elif "config" in (content := layout.json(entry["digest"])) and layout.has(content["config"]["digest"]):
            config = layout.json(content["config"]["digest"])
            if f"{config.get('os')}/{config.get('architecture')}" == platform:
                found.append(layout.image_of(entry["digest"]))
    return found


def _blob(digest: str) -> str:
    return f"blobs/{digest.replace(':', '/')}"
