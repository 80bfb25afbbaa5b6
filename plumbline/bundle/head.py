"""The head of a bundle: its manifest and the signature over it, in a frame of their own.

The frame is stored, not compressed, so that each of its bytes follows from the two files: there is room for nothing else, and
nothing has to be unpacked before the signature was looked at. Form: RFC 8878, section 3.1.1, a single segment with its size in
8 bytes, and raw blocks.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from plumbline.bundle.archive import BLOCK, header, padding
from plumbline.bundle.frames import MAGIC
from plumbline.bundle.manifest import LARGEST, LARGEST_HEAD, LARGEST_SIGNATURE, NAME, SIGNATURE, parse
from plumbline.bundle.refusal import BundleRefused
from schema.bundle import Manifest

MARK = MAGIC + b"\xe0"
"""What a bundle begins with."""
_SIZE = 8
_STORED = 128 * 1024
_ENCRYPTED = b"age-encryption.org/v1"


@dataclass(frozen=True)
class Head:
    """What stands at the beginning of a bundle. Nothing of it is believed before its signature was."""

    text: bytes
    """The manifest's own bytes, which the signature is over."""
    signature: bytes
    """Empty where it is not signed."""

    @property
    def manifest(self) -> Manifest:
        """What the text says. Raises Refused."""
        return parse(self.text)


def head_frame(head: Head) -> bytes:
    """The first bytes of a bundle."""
    content = _member(NAME, head.text) + (_member(SIGNATURE, head.signature) if head.signature else b"")
    return MARK + len(content).to_bytes(_SIZE, "little") + b"".join(_blocks(content))


def read_head(stream: BinaryIO) -> Head:
    """Manifest and signature, not yet judged; the stream then stands at the body. Raises Refused."""
    first = stream.read(len(MARK) + _SIZE)
    if _ENCRYPTED.startswith(first[: len(_ENCRYPTED)]) and len(first) == len(MARK) + _SIZE:
        raise BundleRefused("encrypted")
    size = int.from_bytes(first[len(MARK) :], "little")
    if first[: len(MARK)] != MARK or len(first) != len(MARK) + _SIZE or not 0 < size <= LARGEST_HEAD:
        raise BundleRefused("head")
    content = b""
    for mark in _marks(size):
        if stream.read(len(mark)) != mark:
            raise BundleRefused("head")
        content += stream.read(min(_STORED, size - len(content)))
    text = _file(content, NAME, LARGEST)
    rest = content[BLOCK + len(text) + padding(len(text)) :]
    head = Head(text, _file(rest, SIGNATURE, LARGEST_SIGNATURE) if rest else b"")
    if head_frame(head) != first + b"".join(_blocks(content)):
        raise BundleRefused("head")
    return head


def _member(name: str, data: bytes) -> bytes:
    return header(name, len(data)) + data + bytes(padding(len(data)))


def _marks(size: int) -> Iterator[bytes]:
    """The headers of the blocks that hold so many bytes: size, raw, and whether it is the last."""
    for at in range(0, size, _STORED):
        yield (min(_STORED, size - at) << 3 | (at + _STORED >= size)).to_bytes(3, "little")


def _blocks(content: bytes) -> Iterator[bytes]:
    for number, mark in enumerate(_marks(len(content))):
        yield mark + content[number * _STORED : (number + 1) * _STORED]


def _file(content: bytes, name: str, largest: int) -> bytes:
    """The first file of a content, whose size only its tar header says."""
    try:
        size = int(content[124:135], 8)
    except ValueError:
        size = -1
    if not 0 < size <= min(largest, len(content) - BLOCK) or content[:BLOCK] != header(name, size):
        raise BundleRefused("head")
    return content[BLOCK : BLOCK + size]
