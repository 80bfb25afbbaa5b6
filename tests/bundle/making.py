"""What may be done to a bundle, step by step as one is made: each change is a function that the cases name."""

import hashlib
import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import zstandard

from plumbline.bundle import archive, form, manifest
from plumbline.bundle.archive import Member
from plumbline.bundle.head import Head, head_frame
from tests.bundle.case_keys import Ring
from tests.bundle.small import described, noise

PARTS = ("files", "members", "stream", "body", "manifest", "text", "signature", "head", "bundle")
"""In the order in which they are made, each from the one before."""
SKIPPABLE = b"\x50\x2a\x4d\x18\x04\x00\x00\x00more"


@dataclass
class Bundle:
    """A bundle while it is made. Attributes hold what was made so far."""

    ring: Ring
    key: str = "publisher"
    options: tuple[str, ...] = ("--detach-sign",)
    files: dict[str, bytes] = field(default_factory=dict)
    members: list[bytes] = field(default_factory=list)
    """Header, content and padding of each."""
    stream: bytes = b""
    body: bytes = b""
    manifest: dict[str, Any] = field(default_factory=dict)
    text: bytes = b""
    signature: bytes = b""
    head: bytes = b""
    bundle: bytes = b""


Change = Callable[..., None]
CHANGES: dict[str, tuple[str, Change]] = {}
"""By name: the part that it is done to, and what does it."""


def on(part: str) -> Callable[[Change], Change]:
    """Register a change of a part."""

    def register(change: Change) -> Change:
        CHANGES[change.__name__] = (part, change)
        return change

    return register


def small_files() -> dict[str, bytes]:
    """A few small ones, one as long as a block."""
    return {
        "deployment/compose.yaml": b"services: {}\n",
        "images/blobs/sha256/one": noise(1, 700),
        "models/clamav/main.cvd": noise(3, 512),
        "scripts/install.sh": b"#!/bin/sh\n",
        "site/index.html": b"<html>\n" * 100,
    }


def made(ring: Ring, changes: list[list[Any]], signed: bool) -> bytes:
    """The bundle that comes of changes. Where they are not signed, the manifest's checksum is that of an untouched body."""
    made = Bundle(ring, files=small_files())
    for part in PARTS:
        _MAKE[part](made)
        if part == "body" and not signed:
            plain = archive_of(small_files())
            made.manifest["body"] = hashlib.sha256(plain).hexdigest()
        for name, *arguments in changes:
            if CHANGES[name][0] == part:
                CHANGES[name][1](made, *arguments)
    return made.bundle


def archive_of(files: dict[str, bytes]) -> bytes:
    """The body that is written for some files."""
    out = io.BytesIO()
    archive.write_body(out, [Member(path, len(data), data) for path, data in files.items()], lambda _: None)
    return out.getvalue()


def _members(made: Bundle) -> None:
    made.members = [
        archive.header(path, len(data)) + data + bytes(-len(data) % 512) for path, data in made.files.items()
    ]


def _stream(made: Bundle) -> None:
    made.stream = b"".join(made.members) + bytes(1024)


def _body(made: Bundle) -> None:
    made.body = zstandard.ZstdCompressor(level=1, write_checksum=True).compress(made.stream)


def _manifest(made: Bundle) -> None:
    body = made.manifest.get("body") or hashlib.sha256(made.body).hexdigest()
    one = {"model": "clamav", "path": "models/clamav", "substitute": False}
    made.manifest = json.loads(manifest.text_of(described(made.files))) | {"models": [one], "body": body}


def _text(made: Bundle) -> None:
    data = made.manifest
    lines = [f"{json.dumps(key)}: {json.dumps(value)}," for key, value in data.items() if key not in form.LISTS]
    for key in form.LISTS:
        if key not in data:
            continue
        if not isinstance(data[key], list) or not data[key]:
            lines.append(f'"{key}": {json.dumps(data[key])},')
        else:
            lines.append(f'"{key}": [\n' + ",\n".join(json.dumps(entry) for entry in data[key]) + "\n],")
    made.text = ("{\n" + "\n".join(lines).removesuffix(",") + "\n}\n").encode()


def _signature(made: Bundle) -> None:
    made.signature = made.ring.sign(made.key, made.text, made.options)


def _head(made: Bundle) -> None:
    made.head = head_frame(Head(made.text, made.signature))


def _bundle(made: Bundle) -> None:
    made.bundle = made.head + made.body


_MAKE: dict[str, Change] = {
    "files": lambda _: None,
    "members": _members,
    "stream": _stream,
    "body": _body,
    "manifest": _manifest,
    "text": _text,
    "signature": _signature,
    "head": _head,
    "bundle": _bundle,
}
