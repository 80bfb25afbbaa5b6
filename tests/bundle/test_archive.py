"""An archive is read only as what it was written for: nothing added, nothing moved, nothing changed."""

import io
import random
import tarfile

import pytest
import zstandard

from plumbline.bundle.archive import header, read_body
from plumbline.bundle.head import read_head
from plumbline.bundle.manifest import parse, text_of
from plumbline.bundle.refusal import BundleRefused
from tests.bundle.small import described, files, written

BUNDLE = written(files())
SEED = 20261124


def read(data: bytes) -> dict[str, bytes]:
    """All files of a bundle whose head is the one that was signed. Raises Refused."""
    stream = io.BytesIO(data)
    head = read_head(stream)
    if head.text != text_of(described(files())):
        raise BundleRefused("another manifest: its signature is not valid")
    found: dict[str, bytearray] = {}

    def sink(path: str) -> "type[bytearray.extend]":
        found[path] = bytearray()
        return found[path].extend  # type: ignore[return-value]

    read_body(stream, head.manifest, sink)
    return {path: bytes(content) for path, content in found.items()}


def test_what_was_written_is_read() -> None:
    assert read(BUNDLE) == files()


def test_the_same_inputs_give_the_same_bytes() -> None:
    assert written(files()) == BUNDLE


def test_plain_tools_read_it_too() -> None:
    plain = zstandard.ZstdDecompressor().stream_reader(io.BytesIO(BUNDLE), read_across_frames=True).read()
    with tarfile.open(fileobj=io.BytesIO(plain)) as archive:
        names = archive.getnames()
    assert names == ["MANIFEST.json", "MANIFEST.json.asc", *sorted(files())]


@pytest.mark.slow
def test_every_changed_byte_is_refused() -> None:
    chance = random.Random(SEED)
    missed = []
    for _ in range(200):
        at = chance.randrange(len(BUNDLE))
        changed = bytearray(BUNDLE)
        changed[at] ^= 1 << chance.randrange(8)
        try:
            content = read(bytes(changed))
        except BundleRefused:
            continue
        # the signature's own bytes are gpg's to judge
        if (
            content != files()
            or read_head(io.BytesIO(bytes(changed))).signature == read_head(io.BytesIO(BUNDLE)).signature
        ):
            missed.append(at)
    assert missed == []


@pytest.mark.slow
def test_every_truncation_is_refused() -> None:
    chance = random.Random(SEED)
    for _ in range(60):
        with pytest.raises(BundleRefused):
            read(BUNDLE[: chance.randrange(len(BUNDLE))])


@pytest.mark.parametrize(
    "tail",
    [
        b"x",
        bytes(512),
        zstandard.ZstdCompressor().compress(b"more"),
        zstandard.ZstdCompressor().compress(b""),
        b"\x50\x2a\x4d\x18\x04\x00\x00\x00more",
    ],
    ids=["a byte", "zeros", "a frame", "an empty frame", "a skippable frame"],
)
def test_nothing_may_stand_behind_it(tail: bytes) -> None:
    with pytest.raises(BundleRefused):
        read(BUNDLE + tail)


def plain() -> bytes:
    return zstandard.ZstdDecompressor().stream_reader(io.BytesIO(BUNDLE), read_across_frames=True).read()


def again(content: bytes) -> bytes:
    """The bundle with another content behind its head."""
    stream = io.BytesIO(BUNDLE)
    read_head(stream)
    return BUNDLE[: stream.tell()] + zstandard.ZstdCompressor(level=1).compress(content)


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE])
def test_links_and_devices_are_refused(kind: bytes) -> None:
    info = tarfile.TarInfo("deployment/compose.yaml")
    info.type, info.linkname = kind, "/etc/passwd"
    with pytest.raises(BundleRefused):
        read(again(info.tobuf(tarfile.USTAR_FORMAT) + bytes(1024)))


@pytest.mark.parametrize("path", ["../../etc/cron.d/x", "/etc/passwd", "deployment/../x", "extra"])
def test_other_paths_are_refused(path: str) -> None:
    with pytest.raises(BundleRefused):
        read(again(header(path, 0) + bytes(1024)))


@pytest.mark.parametrize("path", ["../x", "/x", "a/../b", "a//b", "", "a/./b", "a b", "a\nb", ".", "ä"])
def test_no_manifest_names_a_way_out(path: str) -> None:
    text = text_of(described({"inside": b""})).replace(b'"inside"', f'"{path}"'.encode())
    with pytest.raises(BundleRefused):
        parse(text)


def test_a_manifest_has_one_spelling() -> None:
    text = text_of(described(files()))
    assert parse(text) == described(files())
    for other in (
        text + b" ",
        text.replace(b'"format": 2', b'"format":2'),
        text.replace(b"{\n", b'{\n"format": 2,\n', 1),
    ):
        with pytest.raises(BundleRefused):
            parse(other)
