"""The bundle's archive: a tar file in its plainest form, in Zstandard frames, written and read member by member.

What is read must be, byte for byte, what is written for the manifest at its head: same order, same tar headers, nothing
between the members and nothing behind them. So there are no links, no devices, no second file of a name and no path that
leads out, whatever an archive claims. What stands behind the head is the body; the manifest has its checksum. Nothing is
ever held in memory but a piece.
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
from plumbline.bundle.refusal import BundleRefused
from schema.bundle import Manifest

LEVEL = 6
_PIECE = 2**20
_OWN_FRAME = 2**20
"""Bytes from which a file has a frame of its own."""
_SHARED_FRAME = 8 * 2**20
"""Bytes at which a frame of small files is full."""
_WINDOW = 2**27
BLOCK = 512
_END = bytes(2 * BLOCK)


@dataclass(frozen=True)
class Member:
    """A file to be written."""

    path: str
    size: int
    source: Path | bytes

    def open(self) -> BinaryIO:
        """Its content."""
        return io.BytesIO(self.source) if isinstance(self.source, bytes) else self.source.open("rb")


def header(path: str, size: int) -> bytes:
    """The tar header of a file: no owner, no time, and executable only where it is a script."""
    info = tarfile.TarInfo(path)
    info.size = size
    info.mode = 0o755 if path.startswith("scripts/") else 0o644
    return info.tobuf(tarfile.USTAR_FORMAT)


def padding(size: int) -> int:
    """Bytes between a file and the next header."""
    return -size % BLOCK


def write_body(out: BinaryIO, members: Sequence[Member], progress: Callable[[int], None]) -> str:
    """Write all but the head; the checksum is what its manifest has to say. Members are the manifest's files, in order."""
    body = _Summed(out)
    for group in _frames(members):
        _write_frame(group, cast(BinaryIO, body), progress)
    body.write(_compressor().compress(_END))
    return body.digest.hexdigest()


class _Summed(io.RawIOBase):
    """A file that is written, or read, and its SHA-256."""

    def __init__(self, stream: BinaryIO):
        self._stream = stream
        self.digest = hashlib.sha256()

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self.digest.update(data)
        return self._stream.write(data)

    def read(self, count: int = -1) -> bytes:
        found = self._stream.read(count)
        self.digest.update(found)
        return found


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
    total = sum(BLOCK + member.size + padding(member.size) for member in members)
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
            frame.write(bytes(padding(member.size)))


class _ArchiveReader:
    """The content of an archive's frames, in order."""

    def __init__(self, stream: BinaryIO):
        self._stream = stream
        self._frame: Frame | None = None
        self._content: BinaryIO | None = None

    def exactly(self, count: int) -> bytes:
        """The next bytes. Raises Refused where there are fewer."""
        parts: list[bytes] = []
        while count:
            part = self.up_to(count)
            if not part:
                raise BundleRefused("archive", "it is cut off")
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
            self._frame = next_frame(self._stream, skipping=True)
        except BrokenFrame as error:
            raise BundleRefused("archive", str(error)) from None
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
                raise BundleRefused("archive", "a frame continues after its end")
        except (BrokenFrame, zstandard.ZstdError) as error:
            raise BundleRefused("archive", str(error)) from None
        self._content = None
        return b""


Sink = Callable[[bytes], object]


def read_body(stream: BinaryIO, manifest: Manifest, sink: Callable[[str], Sink]) -> None:
    """Read what stands behind the head, piece by piece into the sink of each path. Raises Refused.

    Whatever is wrong with it, its checksum is looked at first: what was not signed needs no further reason.
    """
    body, wrong = _Summed(stream), None
    try:
        _read_files(cast(BinaryIO, body), manifest, sink)
    except BundleRefused as error:
        wrong = error
    while body.read(_PIECE):
        pass
    if body.digest.hexdigest() != manifest.body:
        raise BundleRefused("body")
    if wrong:
        raise wrong


def _read_files(stream: BinaryIO, manifest: Manifest, sink: Callable[[str], Sink]) -> None:
    reader, other = _ArchiveReader(stream), ""
    for file in manifest.files:
        if reader.exactly(BLOCK) != header(file.path, file.size):
            raise BundleRefused("archive", f"{file.path} is not at its place in the manifest")
        write_piece, digest, left = sink(file.path), hashlib.sha256(), file.size
        while left:
            piece = reader.exactly(min(_PIECE, left))
            digest.update(piece)
            write_piece(piece)
            left -= len(piece)
        if any(reader.exactly(padding(file.size))):
            raise BundleRefused("archive", f"there is data after {file.path}")
        if digest.hexdigest() != file.sha256:
            other = other or file.path
    if reader.exactly(len(_END)) != _END or reader.up_to(1):
        raise BundleRefused("archive", "there is data after the last file")
    if other:
        raise BundleRefused("file", other)
