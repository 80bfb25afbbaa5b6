"""Small bundles, made without an engine."""

import hashlib
import io
import random
from collections.abc import Mapping

from plumbline.bundle import archive, manifest
from plumbline.bundle.archive import Member
from plumbline.bundle.head import Head, head_frame
from schema.bundle import BundledFile, BundledImage, Manifest

DIGEST = f"sha256:{'0' * 64}"
SIGNATURE = b"-----BEGIN PGP SIGNATURE-----\n\nthis stands for one\n-----END PGP SIGNATURE-----\n"


def noise(seed: int, size: int) -> bytes:
    """Bytes that do not compress, the same for a seed."""
    return random.Random(seed).randbytes(size)


def files(**changed: bytes) -> dict[str, bytes]:
    """Content by path; `changed` replaces by the last part of the path, without its ending."""
    found = {
        "deployment/compose.yaml": b"services: {}\n" * 40,
        "images/blobs/sha256/one": noise(1, 3_000_000),
        "images/blobs/sha256/two": noise(2, 2_000_000),
        "models/clamav/main.cvd": noise(3, 1_500_000),
        "scripts/install.sh": b"#!/bin/sh\n",
        "site/index.html": b"<html>\n" * 3000,
    }
    return {path: changed.get(path.rpartition("/")[2].partition(".")[0], data) for path, data in found.items()}


def described(content: Mapping[str, bytes], release: str = "1.0", **other: object) -> Manifest:
    """The manifest of some files; `other` sets further fields."""
    image = BundledImage(
        image="web", name="web:1", config=DIGEST, manifest=DIGEST, index=None, origin="engine", size=1, stand_in=None
    )
    members = [Member(path, len(data), data) for path, data in sorted(content.items())]
    plain = Manifest(
        format=manifest.FORMAT,
        platform="docpipe",
        mode="offline",
        release=release,
        customer="general",
        spec="0" * 12,
        architecture="linux/amd64",
        next_key=None,
        body=archive.write_body(io.BytesIO(), members, lambda _: None),
        caveats=(),
        images=(image,),
        models=(),
        files=tuple(
            BundledFile(path=path, size=len(data), sha256=hashlib.sha256(data).hexdigest())
            for path, data in sorted(content.items())
        ),
    )
    return plain.model_copy(update=other)


def written(content: Mapping[str, bytes], release: str = "1.0", signature: bytes = SIGNATURE, **other: object) -> bytes:
    """The bundle of some files."""
    out = io.BytesIO()
    members = [Member(path, len(data), data) for path, data in sorted(content.items())]
    out.write(head_frame(Head(manifest.text_of(described(content, release, **other)), signature)))
    archive.write_body(out, members, lambda _: None)
    return out.getvalue()
