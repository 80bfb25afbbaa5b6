"""`MANIFEST.json` of an offline bundle: what is on the medium, each thing by size and SHA-256."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from schema.image import Platform
from schema.platform import Version
from schema.types import Bool, Digest, Id, Int, Model, Sha256

_FITS = r'^([^"]{1,155}/)?[^"/]{1,100}$'


def _fits_a_header(path: str) -> str:
    """A path that a plain tar header can hold. Raises ValueError."""
    if not re.fullmatch(_FITS, path):
        raise ValueError("the header of a plain tar file holds 155 characters of a folder and 100 of a name")
    return path


BundlePath = Annotated[
    str,
    Field(
        pattern=r"^\.?[A-Za-z0-9_@+-][A-Za-z0-9._@+-]*(/\.?[A-Za-z0-9_@+-][A-Za-z0-9._@+-]*)*$",
        json_schema_extra={"allOf": [{"pattern": _FITS}]},
    ),
    AfterValidator(_fits_a_header),
]
"""Path below the bundle's folder: plain names, no way out of it."""
Line = Annotated[str, Field(pattern=r"^[ !#-Z^-~]+$")]
"""Words for people: printable ASCII without what JSON escapes, and without brackets, so that each has one spelling."""
Fingerprint = Annotated[str, Field(pattern=r"^[0-9A-F]{40}$")]
"""Fingerprint of an OpenPGP primary key: 40 hexadecimal digits, upper case."""


class BundledFile(Model):
    """A file of the bundle."""

    path: BundlePath
    """Its path in the bundle."""
    size: Annotated[Int, Field(ge=0, le=8589934591)]
    """Bytes: below 8 GiB, which is what the header of a plain tar file can say."""
    sha256: Sha256
    """Checksum of its content."""


class BundledImage(Model):
    """An image, by every name that an image store may know it by."""

    image: Id
    """Id in images.yaml."""
    name: Line
    """Repository and tag, as the compose file has it."""
    config: Digest
    """Digest of the image's configuration: its ID in the engine's classic store."""
    manifest: Digest
    """Digest of the manifest for the platform: its ID in the containerd store."""
    index: Digest | None
    """Digest of the manifest list that the spec pins; null for what is in no registry."""
    origin: Literal["registry", "engine"]
    """`registry`: manifest and layers are the registry's own bytes; `engine`: they were saved from an image store."""
    size: Annotated[Int, Field(ge=1, le=999999999999999)]
    """Bytes of its configuration and layers; layers that several images share count in each."""
    stand_in: Line | None
    """What really runs inside, if it is a stand-in for tests; otherwise null."""


class BundledModel(Model):
    """Weights or signatures."""

    model: Id
    """Id in models.yaml."""
    path: BundlePath
    """Its folder in the bundle."""
    substitute: Bool
    """True where a small file for tests takes its place."""


class Manifest(Model):
    """Everything that a bundle holds. The signature is over this file, and this file vouches for all others."""

    format: Annotated[Int, Field(ge=2, le=2)]
    """Version of this form."""
    platform: Id
    """Name of the platform."""
    mode: Id
    """Mode that is installed."""
    release: Version
    """Release: numbers with dots; a later release is greater, number by number."""
    customer: Id
    """Customer that it is for; a host accepts bundles for only one customer."""
    spec: Annotated[str, Field(pattern=r"^[0-9a-f]{12}$")]
    """Revision of the spec: first 12 digits of the SHA-256 over its files."""
    architecture: Platform
    """Operating system and processor of the images."""
    next_key: Fingerprint | None
    """Key that will sign later releases (keys/next.asc in the bundle); a host that installs this bundle trusts it too."""
    body: Sha256
    """Checksum of all bytes after the bundle's head, as stored on the medium."""
    caveats: tuple[Line, ...]
    """Contents that are not release-quality, e.g. stand-ins. Empty for a release that may go to a customer."""
    images: Annotated[tuple[BundledImage, ...], Field(min_length=1)]
    """Images, by name."""
    models: tuple[BundledModel, ...]
    """Weights and signatures, by path."""
    files: Annotated[tuple[BundledFile, ...], Field(min_length=1)]
    """Every file but this one and its signature, in the order of the archive: by path."""
