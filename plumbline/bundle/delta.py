"""Deltas: what a new bundle has and an old one lacks, frame by frame, and putting the new one together from both.

A delta is text, then bytes. The text has a fixed form that the host's script reads as well:

    plumbline-delta 1 BYTES-OF-TEXT
    old SHA256 SIZE NAME
    new SHA256 SIZE NAME
    copy OFFSET LENGTH      (from the old bundle)
    data LENGTH             (the next bytes behind the text)
    end
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from plumbline.bundle.frames import BrokenFrame, next_frame
from plumbline.bundle.medium import open_medium, parts_of

_PIECE = 2**20
_FIRST = "plumbline-delta 1 "
_WIDTH = 10
_LARGEST_TEXT = 2**24
_NUMBER = "(?:0|[1-9][0-9]{0,14})"


class WrongDelta(Exception):
    """The delta does not belong to this bundle, or is no delta; says why."""


@dataclass(frozen=True)
class Whole:
    """A bundle as a file."""

    sha256: str
    size: int
    name: str


@dataclass(frozen=True)
class Copy:
    """Bytes that the old bundle has."""

    offset: int
    length: int


@dataclass(frozen=True)
class Data:
    """Bytes that only the new bundle has; `offset` is where they stand in it."""

    offset: int
    length: int


@dataclass(frozen=True)
class Plan:
    """How a new bundle is put together."""

    old: Whole
    new: Whole
    steps: tuple[Copy | Data, ...]

    @property
    def text(self) -> bytes:
        """The head of the delta's file."""
        lines = [
            f"{word} {each.sha256} {each.size} {each.name}" for word, each in (("old", self.old), ("new", self.new))
        ]
        for step in self.steps:
            lines.append(f"copy {step.offset} {step.length}" if isinstance(step, Copy) else f"data {step.length}")
        rest = "\n".join([*lines, "end", ""])
        return f"{_FIRST}{len(_FIRST) + _WIDTH + 1 + len(rest):0{_WIDTH}}\n{rest}".encode()

    @property
    def size(self) -> int:
        """Bytes of the delta's file."""
        return len(self.text) + sum(step.length for step in self.steps if isinstance(step, Data))


def plan(old: Path, new: Path) -> Plan:
    """What a delta from one bundle to another would carry. Raises BrokenFrame where one is no bundle."""
    have: dict[bytes, Copy] = {}
    with open_medium(old) as stream:
        frames, whole_old = _frames(stream, old.name)
        for offset, length, digest in frames:
            have.setdefault(digest, Copy(offset, length))
    steps: list[Copy | Data] = []
    with open_medium(new) as stream:
        frames, whole_new = _frames(stream, new.name)
        for offset, length, digest in frames:
            _append(steps, have.get(digest) or Data(offset, length))
    return Plan(whole_old, whole_new, tuple(steps))


def _append(steps: list[Copy | Data], step: Copy | Data) -> None:
    last = steps[-1] if steps else None
    if last is not None and type(last) is type(step) and last.offset + last.length == step.offset:
        steps[-1] = type(step)(last.offset, last.length + step.length)
    else:
        steps.append(step)


def _frames(stream: BinaryIO, name: str) -> tuple[list[tuple[int, int, bytes]], Whole]:
    """Offset, length and hash of each frame, and the whole file's own hash."""
    found: list[tuple[int, int, bytes]] = []
    whole, offset = hashlib.sha256(), 0
    while frame := next_frame(stream):
        digest = hashlib.sha256()
        while piece := frame.read(_PIECE):
            digest.update(piece)
            whole.update(piece)
        found.append((offset, frame.length, digest.digest()))
        offset += frame.length
    if not found:
        raise BrokenFrame("it is empty")
    return found, Whole(whole.hexdigest(), offset, re.sub(r"\.[0-9]{3}-of-[0-9]{3}$", "", name))


def write(made: Plan, new: Path, out: BinaryIO) -> None:
    """Write the delta's file. Raises WrongDelta where the new bundle is no longer the one that the plan was made of."""
    out.write(made.text)
    whole, at = hashlib.sha256(), 0
    with open_medium(new) as stream:
        for step in made.steps:
            start = step.offset if isinstance(step, Data) else at
            end = start + step.length if isinstance(step, Data) else at
            for piece in _pieces(stream, start - at):
                whole.update(piece)
            for piece in _pieces(stream, end - start):
                whole.update(piece)
                out.write(piece)
            at = end
        for piece in _pieces(stream, made.new.size - at):
            whole.update(piece)
    if whole.hexdigest() != made.new.sha256:
        raise WrongDelta(f"{new.name} changed while it was read")


def read_plan(stream: BinaryIO) -> Plan:
    """The head of a delta; the stream then stands at its bytes. Raises WrongDelta."""
    first = stream.read(len(_FIRST) + _WIDTH + 1).decode(errors="replace")
    if not re.fullmatch(_FIRST + r"[0-9]{10}\n", first) or int(first.split()[2]) > _LARGEST_TEXT:
        raise WrongDelta("it is not a delta")
    if int(first.split()[2]) < len(first):
        raise WrongDelta("its head is damaged")
    text = stream.read(int(first.split()[2]) - len(first)).decode(errors="replace")
    wholes = re.match(
        rf"old ([0-9a-f]{{64}}) ({_NUMBER}) ([A-Za-z0-9._+-]+)\nnew ([0-9a-f]{{64}}) ({_NUMBER}) ([A-Za-z0-9._+-]+)\n",
        text,
    )
    if not wholes or not re.fullmatch(rf"(copy {_NUMBER} {_NUMBER}\n|data {_NUMBER}\n)*end\n", text[wholes.end() :]):
        raise WrongDelta("its head is damaged")
    steps: list[Copy | Data] = []
    at = 0
    for line in text[wholes.end() :].splitlines()[:-1]:
        words = line.split()
        step = Copy(int(words[1]), int(words[2])) if words[0] == "copy" else Data(at, int(words[1]))
        steps.append(step)
        at += step.length
    old, new = wholes.groups()[:3], wholes.groups()[3:]
    if at != int(new[1]):
        raise WrongDelta("its head is damaged: the pieces don't make up the new bundle")
    if any(isinstance(step, Copy) and step.offset + step.length > int(old[1]) for step in steps):
        raise WrongDelta("its head is damaged: it copies more than the old bundle has")
    return Plan(Whole(old[0], int(old[1]), old[2]), Whole(new[0], int(new[1]), new[2]), tuple(steps))


def apply(old: Path, delta: BinaryIO, out: BinaryIO, room: int) -> Plan:
    """Put the new bundle together. Raises WrongDelta, before anything is written where the old bundle is another.

    `room`: bytes that may be written, for a delta can claim any size.
    """
    made = read_plan(delta)
    if made.new.size > room:
        raise WrongDelta(f"the new bundle has {made.new.size} bytes, but there is space for only {room}")
    if len(parts_of(old)) > 1:
        raise WrongDelta("the old bundle is in parts; join them first: cat BUNDLE.* > BUNDLE")
    whole = hashlib.sha256()
    with old.open("rb") as joined:
        digest = hashlib.file_digest(joined, "sha256").hexdigest()
        if (digest, joined.tell()) != (made.old.sha256, made.old.size):
            raise WrongDelta(f"it is for {made.old.name}, SHA-256 {made.old.sha256}, but {old.name} is another file")
        for step in made.steps:
            if isinstance(step, Copy):
                joined.seek(step.offset)
            for piece in _pieces(joined if isinstance(step, Copy) else delta, step.length):
                whole.update(piece)
                out.write(piece)
    if delta.read(1):
        raise WrongDelta("there is data after its end")
    if whole.hexdigest() != made.new.sha256:
        raise WrongDelta("the result is not the new bundle: the delta is damaged")
    return made


def _pieces(stream: BinaryIO, length: int) -> Iterator[bytes]:
    while length:
        piece = stream.read(min(_PIECE, length))
        if not piece:
            raise WrongDelta("it is cut off")
        length -= len(piece)
        yield piece
