"""A bundle on its medium: one file, or parts of it where a medium takes no large files."""

import io
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO

from plumbline.spec.finding import Finding, InputError
from plumbline.spec.location import Location

_PIECE = 2**20
_PART = re.compile(r"(?P<name>.+)\.(?P<number>[0-9]{3})-of-(?P<count>[0-9]{3})")
_MOST_PARTS = 999


class Joined(io.RawIOBase):
    """Several files, read one after the other."""

    def __init__(self, streams: list[BinaryIO]):
        self._streams = streams

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "memoryview | bytearray") -> int:  # type: ignore[override]
        while self._streams:
            found = self._streams[0].read(len(buffer))
            if found:
                buffer[: len(found)] = found
                return len(found)
            self._streams.pop(0)
        return 0


def parts_of(file: Path) -> list[Path]:
    """The files that a bundle consists of, given one of them. Raises InputError, naming what is missing."""
    named = _PART.fullmatch(file.name)
    files = [file]
    if named:
        count = int(named["count"])
        if not 1 <= int(named["number"]) <= count:
            message = "has a part number outside the count in its name"
            raise InputError([Finding("PLB960", message, location=Location(str(file)), hint="name a part")])
        files = [file.with_name(f"{named['name']}.{number:03}-of-{count:03}") for number in range(1, count + 1)]
    for each in files:
        if not each.is_file():
            hint = "all parts have to be in one folder" if named else "name a bundle, or any part of one"
            raise InputError([Finding("PLB960", "is missing or not a file", location=Location(str(each)), hint=hint)])
    return files


@contextmanager
def open_medium(file: Path) -> Iterator[BinaryIO]:
    """A bundle's bytes, whether in one file or in parts."""
    with ExitStack() as stack:
        streams: list[BinaryIO] = [stack.enter_context(each.open("rb")) for each in parts_of(file)]
        yield streams[0] if len(streams) == 1 else io.BufferedReader(Joined(streams), _PIECE)


def split(file: Path, largest: int) -> list[Path]:
    """Parts of at most `largest` bytes in place of a file; the file itself where it is no larger."""
    size = file.stat().st_size
    count = -(-size // largest)
    if count <= 1:
        return [file]
    if count > _MOST_PARTS:
        raise InputError(
            [Finding("PLB960", f"{count} parts of {largest} bytes are too many", hint="allow larger ones")]
        )
    parts = [file.with_name(f"{file.name}.{number:03}-of-{count:03}") for number in range(1, count + 1)]
    with file.open("rb") as stream:
        for part in parts:
            with part.open("wb") as out:
                left = largest
                while left and (piece := stream.read(min(_PIECE, left))):
                    out.write(piece)
                    left -= len(piece)
    file.unlink()
    return parts
