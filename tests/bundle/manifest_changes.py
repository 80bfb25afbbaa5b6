"""Changes of what a bundle says of itself: manifest, its text, the signature, the head, and the whole file."""

import hashlib
from typing import Any

import zstandard

from plumbline.bundle import archive, manifest
from tests.bundle.archive_changes import long_path
from tests.bundle.case_keys import armored, packets
from tests.bundle.making import (
    SKIPPABLE,
    Bundle,
    on,
)


@on("manifest")
def set(made: Bundle, path: str, value: Any) -> None:
    """Another value in the manifest; `files.0.size` names one. `noise:…` and the like stand for what JSON can't hold."""
    holder: Any = made.manifest
    *steps, last = path.split(".")
    for step in steps:
        holder = holder[int(step)] if step.isdigit() else holder[step]
    holder[int(last) if last.isdigit() else last] = value


@on("manifest")
def unset(made: Bundle, path: str) -> None:
    """A field is left out."""
    holder: Any = made.manifest
    *steps, last = path.split(".")
    for step in steps:
        holder = holder[int(step)] if step.isdigit() else holder[step]
    del holder[int(last) if last.isdigit() else last]


@on("manifest")
def next_key(made: Bundle, key: str) -> None:
    """It names a key."""
    made.manifest["next_key"] = made.ring.fingerprint(key)


@on("manifest")
def named(made: Bundle, *paths: str) -> None:
    """A list of other files, all empty."""
    sum = hashlib.sha256().hexdigest()
    made.manifest["files"] = [{"path": path, "size": 0, "sha256": sum} for path in paths]


@on("manifest")
def long_named(made: Bundle, folder: int, name: int) -> None:
    """A list with such a file alone."""
    named(made, long_path(folder, name))


@on("text")
def text(made: Bundle, old: str, new: str) -> None:
    """Other words in the manifest's text."""
    if old not in made.text.decode():
        raise ValueError(f"the manifest has no {old}")
    made.text = made.text.replace(old.encode(), new.encode("utf-8", "surrogateescape"), 1)


@on("text")
def text_hex(made: Bundle, old: str, new: str) -> None:
    """Bytes in the manifest's text that JSON can't hold."""
    made.text = made.text.replace(old.encode(), bytes.fromhex(new), 1)


@on("text")
def signed_by(made: Bundle, key: str, *options: str) -> None:
    """By another key, or with other options of gpg."""
    made.key, made.options = key, options or ("--detach-sign",)


@on("signature")
def also_by(made: Bundle, *keys: str) -> None:
    """Signatures of further keys in the same armor."""
    made.signature = armored(b"".join(packets(made.ring.sign(key, made.text)) for key in keys))


@on("signature")
def signature(made: Bundle, how: str) -> None:
    """Something else in place of the signature, or around it."""
    own, other = made.signature, made.ring.sign("publisher", b"another text\n")
    lines = own.decode().splitlines(keepends=True)
    made.signature = {
        "none": b"",
        "of another text": other,
        "twice": own + own,
        "a good one and a bad one": own + other,
        "a bad one and a good one": other + own,
        "both in one armor": armored(packets(own) + packets(other)),
        "the same in one armor": armored(packets(own) * 2),
        "words before": b"words\n" + own,
        "words behind": own + b"words\n",
        "a comment": "".join([lines[0], "Comment: hello\n", *lines[1:]]).encode(),
        "CRLF": own.replace(b"\n", b"\r\n"),
        "not armored": packets(own),
        "no checksum": "".join(line for line in lines if not line.startswith("=")).encode(),
        "no last line feed": own.removesuffix(b"\n"),
        "cut off": own[:-40],
        "junk": b"-----BEGIN PGP SIGNATURE-----\n\nanVuaw==\n-----END PGP SIGNATURE-----\n",
        "armor of nothing": armored(b""),
        "a key": made.ring.public("publisher").read_bytes(),
        "NUL": own + b"\0",
        "a packet behind": armored(packets(own) + b"\xca\x03PGP"),
    }[how]


@on("head")
def head(made: Bundle, how: str) -> None:
    """Another form of the head."""
    plain = b""
    for name, data in ((manifest.NAME, made.text), (manifest.SIGNATURE, made.signature)):
        plain += archive.header(name, len(data)) + data + bytes(-len(data) % 512)
    made.head = {
        "compressed": lambda: zstandard.ZstdCompressor().compress(plain),
        "with a checksum": lambda: zstandard.ZstdCompressor(write_checksum=True).compress(plain),
        "empty frame before": lambda: zstandard.ZstdCompressor().compress(b"") + made.head,
        "skippable before": lambda: SKIPPABLE + made.head,
        "skippable behind": lambda: made.head + SKIPPABLE,
        "not compressed": lambda: plain,
        "size one more": lambda: made.head[:5] + bytes([(made.head[5] + 1) % 256]) + made.head[6:],
        "huge": lambda: made.head[:5] + b"\xff" * 8 + made.head[13:],
        "no size": lambda: made.head[:5] + bytes(8) + made.head[13:],
        "block is no last one": lambda: made.head[:13] + bytes([made.head[13] & 0xFE]) + made.head[14:],
        "block is RLE": lambda: made.head[:13] + bytes([made.head[13] | 2]) + made.head[14:],
        "byte in the padding": lambda: made.head[:-1] + b"x",
        "other magic": lambda: b"\x29" + made.head[1:],
        "other mode": lambda: made.head.replace(b"0000644", b"0000666", 1),
        "other name": lambda: made.head.replace(b"MANIFEST.json\0", b"MANIFEST.jsox\0", 1),
    }[how]()


@on("bundle")
def cut(made: Bundle, base: str, by: int) -> None:
    """It ends so many bytes behind its beginning, its head or its end."""
    made.bundle = made.bundle[: {"begin": 0, "head": len(made.head), "end": len(made.bundle)}[base] + by]


@on("bundle")
def flip(made: Bundle, base: str, by: int, bit: int = 0) -> None:
    """One bit is another."""
    data = bytearray(made.bundle)
    data[{"begin": 0, "head": len(made.head), "end": len(data)}[base] + by] ^= 1 << bit
    made.bundle = bytes(data)


@on("bundle")
def whole(made: Bundle, how: str) -> None:
    """Something else altogether, or something around it."""
    made.bundle = {
        "empty": b"",
        "text": b"a text\n" * 99,
        "zeros": bytes(4096),
        "age": b"age-encryption.org/v1\n-> X25519 abc\n" + made.bundle,
        "a byte behind": made.bundle + b"x",
        "zeros behind": made.bundle + bytes(512),
        "twice": made.bundle * 2,
        "empty frame behind": made.bundle + zstandard.ZstdCompressor().compress(b""),
        "skippable behind": made.bundle + SKIPPABLE,
        "zeros before": bytes(512) + made.bundle,
        "head alone twice": made.head + made.bundle,
    }[how]
