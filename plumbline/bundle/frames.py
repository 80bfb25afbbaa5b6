"""Zstandard frames, one after the other: found without decompressing, and read one at a time.

A bundle is many frames, so that a delta can take the ones that did not change as they are: the same bytes on any machine,
whatever version of zstd it has. Form: RFC 8878, sections 3.1.1 and 3.1.1.2.
"""

import io
from typing import BinaryIO

MAGIC = b"\x28\xb5\x2f\xfd"
_SKIPPABLE = b"\x50\x2a\x4d\x18"
"""The first byte of these goes up to 5f."""
_SKIPPABLE_HEADER = 8
_BLOCK_HEADER = 3
_CHECKSUM = 4
_CONTENT_SIZE_BYTES = (0, 2, 4, 8)
_DICTIONARY_BYTES = (0, 1, 2, 4)
_LARGEST_BLOCK = 128 * 1024
_RLE, _RESERVED = 1, 3


class BrokenFrame(Exception):
    """The bytes are no Zstandard frame, or end within one."""


def next_frame(stream: BinaryIO, skipping: bool = False) -> "Frame | None":
    """The next frame of a stream, None at its end. Raises BrokenFrame.

    `skipping`: over frames that hold nothing for anybody, as zstd itself does; else such a frame is an error.
    """
    while first := stream.read(1):
        if not skipping or first[0] & 0xF0 != _SKIPPABLE[0]:
            return Frame(stream, first)
        head = first + stream.read(7)
        left = int.from_bytes(head[4:], "little")
        if head[1:4] != _SKIPPABLE[1:] or len(head) != _SKIPPABLE_HEADER:
            raise BrokenFrame("there is data between the frames that is not a frame")
        while left:
            left -= (found := len(stream.read(min(left, _LARGEST_BLOCK))))
            if not found:
                raise BrokenFrame("it is cut off")
    return None


class Frame(io.RawIOBase):
    """The bytes of a frame, and not one more. Raises BrokenFrame while it is read."""

    def __init__(self, stream: BinaryIO, first: bytes):
        self.stream = stream
        self._first = first
        self.length = 0
        """Bytes read so far."""
        self._ready, self._more = self._header(), True

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "memoryview | bytearray") -> int:  # type: ignore[override]
        if not self._ready and self._more:
            self._ready = self._block()
        taken = self._ready[: len(buffer)]
        buffer[: len(taken)] = taken
        self._ready = self._ready[len(taken) :]
        return len(taken)

    def _take(self, count: int) -> bytes:
        first, self._first = self._first, b""
        found = first + self.stream.read(count - len(first))
        if len(found) < count:
            raise BrokenFrame("it is cut off")
        self.length += count
        return found

    def _header(self) -> bytes:
        magic = self._take(len(MAGIC))
        if magic != MAGIC:
            raise BrokenFrame("there is data between the frames that is not a frame")
        descriptor = self._take(1)
        bits = descriptor[0]
        if bits & 0b1000:
            raise BrokenFrame("a reserved bit is set")
        self._checksum = bool(bits & 0b100)
        single = bool(bits & 0b100000)
        sizes = max(_CONTENT_SIZE_BYTES[bits >> 6], 1 if single else 0)
        return magic + descriptor + self._take((not single) + _DICTIONARY_BYTES[bits & 0b11] + sizes)

    def _block(self) -> bytes:
        header = self._take(_BLOCK_HEADER)
        value = int.from_bytes(header, "little")
        last, kind, size = value & 1, value >> 1 & 0b11, value >> 3
        if kind == _RESERVED or size > _LARGEST_BLOCK:
            raise BrokenFrame("a block is of an unknown kind, or too large")
        body = self._take(1 if kind == _RLE else size)
        if last:
            self._more = False
            body += self._take(_CHECKSUM) if self._checksum else b""
        return header + body
