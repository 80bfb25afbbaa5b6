"""The bundle's archive: a tar file in its plainest form, in Zstandard frames, written and read member by member.

What is read must be, byte for byte, what is written for the manifest at its head: same order, same tar headers, nothing
between the members and nothing behind them. So there are no links, no devices, no second file of a name and no path that
leads out, whatever an archive claims. Nothing is ever held in memory but a piece.
"""

import hashlib
import io
import tarfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

import zstandard

from plumbline.bundle.frames import BrokenFrame, Frame, next_frame
from plumbline.bundle.manifest import LARGEST, NAME, SIGNATURE, NotAManifest, parse
from schema.bundle import Manifest

LEVEL = 6
_PIECE = 2**20
_OWN_FRAME = 2**20
"""Bytes from which a file has a frame of its own."""
_SHARED_FRAME = 8 * 2**20
"""Bytes at which a frame of small files is full."""
_WINDOW = 2**27
_BLOCK = 512
_END = bytes(2 * _BLOCK)
_LARGEST_SIGNATURE = 64 * 1024
_LARGEST_FILE = 8**11 - 1
"""What a tar header of the plain form can say: 8 GiB less one."""


class BrokenArchive(Exception):
    """The archive is not what is written for its manifest; says where."""


@dataclass(frozen=True)
class Member:
    """A file to be written."""

    path: str
    size: int
    source: Path | bytes

    def open(self) -> BinaryIO:
        """Its content."""
        return io.BytesIO(self.source) if isinstance(self.source, bytes) else self.source.open("rb")


@dataclass(frozen=True)
class Head:
    """What stands at the beginning of a bundle."""

    manifest: Manifest
    text: bytes
    """The manifest's own bytes, which the signature is over."""
    signature: bytes
    """Empty where it is not signed."""


def header(path: str, size: int) -> bytes:
    """The tar header of a file: no owner, no time, and executable only where it is a script."""
    if size > _LARGEST_FILE:
        raise ValueError(f"{path} has {size} bytes, and an archive takes files below 8 GiB")
    info = tarfile.TarInfo(path)
    info.size = size
    info.mode = 0o755 if path.startswith("scripts/") else 0o644
    return info.tobuf(tarfile.USTAR_FORMAT)


def head_frame(text: bytes, signature: bytes) -> bytes:
    """The first frame: the manifest, and its signature where there is one."""
    members = [Member(NAME, len(text), text)]
    if signature:
        members.append(Member(SIGNATURE, len(signature), signature))
    out = io.BytesIO()
    _write_frame(members, out, lambda _: None)
    return out.getvalue()


def write(
    out: BinaryIO, text: bytes, signature: bytes, members: Sequence[Member], progress: Callable[[int], None]
) -> None:
    """Write a bundle; the signature is empty for one that is not signed yet. Members are the manifest's files, in order."""
    out.write(head_frame(text, signature))
    for group in _frames(members):
        _write_frame(group, out, progress)
    out.write(_compressor().compress(_END))


def replace_signature(source: BinaryIO, out: BinaryIO, head: Head, signature: bytes) -> None:
    """The same bundle with another signature: only its first frame differs. The source stands behind its head."""
    out.write(head_frame(head.text, signature))
    while piece := source.read(_PIECE):
        out.write(piece)


def _frames(members: Iterable[Member]) -> Iterator[list[Member]]:
    """Large files alone, small ones of a folder together, so that a change of one leaves most frames as they were."""
    group: list[Member] = []
    for member in members:
        folder = member.path.split("/")[0]
        full = sum(each.size for each in group) + member.size > _SHARED_FRAME
        if group and (member.size >= _OWN_FRAME or full or group[0].path.split("/")[0] != folder):
            yield group
            group = []
        group.append(member)
        if member.size >= _OWN_FRAME:
            yield group
            group = []
    if group:
        yield group


def _compressor() -> zstandard.ZstdCompressor:
    return zstandard.ZstdCompressor(level=LEVEL, write_checksum=True, write_content_size=True)


def _write_frame(members: Sequence[Member], out: BinaryIO, progress: Callable[[int], None]) -> None:
    total = sum(_BLOCK + member.size + _padding(member.size) for member in members)
    with _compressor().stream_writer(out, size=total, closefd=False) as frame:
        for member in members:
            frame.write(header(member.path, member.size))
            left = member.size
            with member.open() as content:
                while piece := content.read(min(_PIECE, left)):
                    frame.write(piece)
                    left -= len(piece)
                    progress(len(piece))
                if left or content.read(1):
                    raise OSError(f"{member.path} changed while it was read")
            frame.write(bytes(_padding(member.size)))


def _padding(size: int) -> int:
    return -size % _BLOCK


class Reader:
    """The content of an archive's frames, in order."""

    def __init__(self, stream: BinaryIO):
        self._stream = stream
        self._frame: Frame | None = None
        self._content: BinaryIO | None = None

    def exactly(self, count: int) -> bytes:
        """The next bytes. Raises BrokenArchive where there are fewer."""
        parts: list[bytes] = []
        while count:
            part = self.up_to(count)
            if not part:
                raise BrokenArchive("it is cut off")
            parts.append(part)
            count -= len(part)
        return b"".join(parts)

    def up_to(self, count: int) -> bytes:
        """Some of the next bytes; none at the end."""
        while True:
            if self._content is None and not self._next_frame():
                return b""
            if part := self._piece(count):
                return part

    def _next_frame(self) -> bool:
        try:
            self._frame = next_frame(self._stream)
        except BrokenFrame as error:
            raise BrokenArchive(str(error)) from None
        if self._frame is not None:
            frame = cast(BinaryIO, self._frame)
            self._content = zstandard.ZstdDecompressor(max_window_size=_WINDOW).stream_reader(frame)
        return self._frame is not None

    def _piece(self, count: int) -> bytes:
        """Some bytes of the present frame; none at its end, after which there is no present frame."""
        if self._content is None or self._frame is None:
            return b""
        try:
            if part := self._content.read(min(count, _PIECE)):
                return part
            if self._frame.read(1):
                raise BrokenArchive("a frame goes on behind its end")
        except (BrokenFrame, zstandard.ZstdError) as error:
            raise BrokenArchive(str(error)) from None
        self._content = None
        return b""

    def ends(self) -> bool:
        """Whether nothing is left, not even a frame without content."""
        return not self._piece(1) and not self._stream.read(1)

    def frame(self, largest: int) -> bytes:
        """All of the next frame. Raises BrokenArchive where it holds more than `largest` bytes."""
        found = self.exactly(1)
        while self._content is not None:
            if len(found) > largest:
                raise BrokenArchive("its head is too large")
            found += self._piece(_PIECE)
        return found


def read_head(stream: BinaryIO) -> Head:
    """Manifest and signature; the stream then stands at the second frame. Raises BrokenArchive."""
    found = Reader(stream).frame(LARGEST + _LARGEST_SIGNATURE)
    text, found = _first_file(found, NAME)
    signature, found = _first_file(found, SIGNATURE) if found else (b"", b"")
    if found:
        raise BrokenArchive("something stands behind the manifest and its signature")
    try:
        return Head(parse(text), text, signature)
    except NotAManifest as error:
        raise BrokenArchive(f"{NAME}: {error}") from None


def _first_file(content: bytes, name: str) -> tuple[bytes, bytes]:
    """A file of the first frame, whose size only its tar header says, and what follows it."""
    found, rest = content[:_BLOCK], content[_BLOCK:]
    try:
        size = int(found[124:135], 8)
    except ValueError:
        size = -1
    if not 0 <= size <= len(rest) or found != header(name, size):
        raise BrokenArchive(f"{name} does not stand where it has to")
    padding = rest[size : size + _padding(size)]
    if len(padding) != _padding(size) or any(padding):
        raise BrokenArchive(f"{name} is followed by something")
    return rest[:size], rest[size + len(padding) :]


Sink = Callable[[bytes], object]


def read_files(stream: BinaryIO, manifest: Manifest, sink: Callable[[str], Sink]) -> None:
    """Read what stands behind the head, piece by piece into the sink of each path. Raises BrokenArchive."""
    reader = Reader(stream)
    for file in manifest.files:
        if reader.exactly(_BLOCK) != header(file.path, file.size):
            raise BrokenArchive(f"{file.path} does not stand where the manifest has it")
        write_piece, digest, left = sink(file.path), hashlib.sha256(), file.size
        while left:
            piece = reader.exactly(min(_PIECE, left))
            digest.update(piece)
            write_piece(piece)
            left -= len(piece)
        if digest.hexdigest() != file.sha256:
            raise BrokenArchive(f"{file.path} is not what the manifest says: its SHA-256 is {digest.hexdigest()}")
        if any(reader.exactly(_padding(file.size))):
            raise BrokenArchive(f"{file.path} is followed by something")
    if reader.exactly(len(_END)) != _END or not reader.ends():
        raise BrokenArchive("something stands behind the last file")
