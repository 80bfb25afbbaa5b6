"""What may be done to a bundle, step by step as one is made: each change is a function that the cases name."""

import hashlib
import io
import json
import tarfile
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import zstandard

from plumbline.bundle import archive, form, manifest
from plumbline.bundle.archive import Member
from plumbline.bundle.head import Head, head_frame
from tests.bundle.case_keys import Ring, armored, packets
from tests.bundle.small import described, noise

PARTS = ("files", "members", "stream", "body", "manifest", "text", "signature", "head", "bundle")
"""In the order in which they are made, each from the one before."""
SKIPPABLE = b"\x50\x2a\x4d\x18\x04\x00\x00\x00more"
_FIELDS = {
    "name": (0, 100),
    "mode": (100, 8),
    "uid": (108, 8),
    "gid": (116, 8),
    "size": (124, 12),
    "mtime": (136, 12),
    "chksum": (148, 8),
    "typeflag": (156, 1),
    "linkname": (157, 100),
    "magic": (257, 6),
    "version": (263, 2),
    "uname": (265, 32),
    "gname": (297, 32),
    "devmajor": (329, 8),
    "devminor": (337, 8),
    "prefix": (345, 155),
    "rest": (500, 12),
}
"""Of a tar header: place and length."""


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

# --- files ----------------------------------------------------------------------------------------------------


@on("files")
def file(made: Bundle, path: str, text: str = "x") -> None:
    """A further file, or other content of one; not put in order."""
    made.files[path] = text.encode()


@on("files")
def key_file(made: Bundle, path: str, *keys: str) -> None:
    """A file with public keys, in its place."""
    made.files[path] = b"".join(made.ring.public(key).read_bytes() for key in keys)
    made.files = dict(sorted(made.files.items()))


@on("files")
def long(made: Bundle, folder: int, name: int) -> None:
    """A further file with so many letters; where tar may part its path there are two places."""
    made.files[_long(folder, name)] = b"x"


def _long(folder: int, name: int) -> str:
    middle = f"z/{'a' * (folder // 3)}/{'b' * folder}"[:folder]
    return f"{middle}/{'c' * name}" if folder else "c" * name


# --- members and stream ---------------------------------------------------------------------------------------


@on("members")
def header(made: Bundle, entry: int, name: str, value: str, summed: bool = True) -> None:
    """Other bytes in a field of a member's header: `value` is repeated up to the field's end, or `hex:…`, or `text:…` and NUL."""
    at, length = _FIELDS[name]
    kind, _, rest = value.partition(":")
    data = {"fill": lambda: rest.encode("latin-1") * length, "hex": lambda: bytes.fromhex(rest)}.get(
        kind, lambda: rest.encode() + bytes(length)
    )()[:length]
    old = bytearray(made.members[entry])
    old[at : at + length] = data.ljust(length, b"\0")
    if summed and name != "chksum":
        old[148:156] = b"%06o\0 " % (sum(old[:148]) + sum(old[156:512]) + 8 * 32)
    made.members[entry] = bytes(old)


@on("members")
def special(made: Bundle, entry: int, kind: str, path: str, target: str = "") -> None:
    """A member of another kind before one."""
    info = tarfile.TarInfo(path)
    info.type, info.linkname, info.mode = kind.encode(), target, 0o644
    made.members.insert(entry, info.tobuf(tarfile.USTAR_FORMAT))


@on("members")
def pax(made: Bundle, entry: int, kind: str, record: str) -> None:
    """A header of PAX (`x`, or `g` for all that follow) before a member; where there is none, at the end."""
    line = f" {record}\n".encode()
    length = next(count for count in range(len(line), len(line) + 9) if len(str(count)) + len(line) == count)
    data = str(length).encode() + line
    info = tarfile.TarInfo("././@PaxHeader")
    info.type, info.size = kind.encode(), len(data)
    made.members.insert(entry, info.tobuf(tarfile.USTAR_FORMAT) + data + bytes(-len(data) % 512))


@on("members")
def long_name(made: Bundle, entry: int, kind: str, name: str) -> None:
    """GNU tar's own header for a long name (`L`), or the target of a link (`K`)."""
    info = tarfile.TarInfo("././@LongLink")
    info.type, info.size = kind.encode(), len(name) + 1
    made.members.insert(entry, info.tobuf(tarfile.GNU_FORMAT) + name.encode() + bytes(512 - len(name)))


@on("members")
def member(made: Bundle, entry: int, path: str) -> None:
    """A further file that the manifest does not name."""
    made.members.insert(entry, archive.header(path, 1) + b"x" + bytes(511))


@on("members")
def move(made: Bundle, entry: int, to: int) -> None:
    """A member in another place."""
    made.members.insert(to, made.members.pop(entry))


@on("members")
def drop(made: Bundle, entry: int) -> None:
    """A member is left out."""
    del made.members[entry]


@on("members")
def twice(made: Bundle, entry: int) -> None:
    """A member stands twice."""
    made.members.insert(entry, made.members[entry])


@on("members")
def content(made: Bundle, entry: int, at: int) -> None:
    """One byte of a member is another; 512 is the first of its content."""
    data = bytearray(made.members[entry])
    data[at] ^= 1
    made.members[entry] = bytes(data)


@on("stream")
def end(made: Bundle, blocks: int, text: str = "", at: int = 0) -> None:
    """Another end: so many blocks of zeros, and something in them."""
    tail = bytearray(512 * blocks)
    tail[at : at + len(text)] = text.encode()
    made.stream = made.stream[:-1024] + bytes(tail)


@on("stream")
def tail(made: Bundle, text: str) -> None:
    """Something behind the end."""
    made.stream += text.encode()


# --- body -----------------------------------------------------------------------------------------------------


@on("body")
def frame(made: Bundle, kind: str, place: str) -> None:
    """A further frame, before the others or behind them."""
    extra = {
        "empty": zstandard.ZstdCompressor().compress(b""),
        "skippable": SKIPPABLE,
        "more": zstandard.ZstdCompressor().compress(b"more"),
        "zeros": zstandard.ZstdCompressor().compress(bytes(512)),
        "garbage": b"garbage",
        "cut": SKIPPABLE[:-1],
        "reserved": b"\x28\xb5\x2f\xfd\x08\x00\x01\x00\x00",
    }[kind]
    made.body = extra + made.body if place == "before" else made.body + extra


@on("body")
def frames(made: Bundle, size: int) -> None:
    """Many frames in place of one."""
    pieces = [made.stream[at : at + size] for at in range(0, len(made.stream), size)]
    made.body = b"".join(map(zstandard.ZstdCompressor().compress, pieces))


@on("body")
def window(made: Bundle, log: int) -> None:
    """A frame that wants a window of so many bits."""
    head = b"\x28\xb5\x2f\xfd\x00" + bytes([(log - 10) << 3])
    blocks = range(0, len(made.stream), 1000)
    made.body = head + b"".join(
        ((len(made.stream[at : at + 1000]) << 3) | (at + 1000 >= len(made.stream))).to_bytes(3, "little")
        + made.stream[at : at + 1000]
        for at in blocks
    )


@on("body")
def body_bytes(made: Bundle, how: str) -> None:
    """Something else in place of the frames."""
    made.body = {"none": b"", "plain": made.stream, "cut": made.body[:-1], "text": b"no archive\n" * 99}[how]


# --- manifest, text, signature, head --------------------------------------------------------------------------


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
    named(made, _long(folder, name))


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
    plain = b"".join(archive.header(*each) for each in ())
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
