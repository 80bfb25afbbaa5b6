"""A generated file, and where each part of it comes from."""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Protocol

from plumbline.spec.paths import PathText
from plumbline.spec.spec import Spec


@dataclass(frozen=True, slots=True)
class Source:
    """Lines of an artifact (from 1, both included) and the spec path that they come from.

    A `block` says why the lines stand there; what they say comes from their own sources, or from no place of the spec.
    """

    first_line: int
    last_line: int
    path: PathText
    block: bool = False


@dataclass(frozen=True, slots=True)
class Artifact:
    """A generated file. `path` is relative to the project and uses `/`; `content` is exact."""

    path: str
    content: bytes
    executable: bool = False
    sources: tuple[Source, ...] = ()
    traced: Callable[[], Iterable[Source]] | None = field(default=None, repr=False, compare=False)
    """Further sources, which take time to find and are asked for by `plumb why` alone."""

    def every_source(self) -> tuple[Source, ...]:
        """All sources."""
        return (*self.sources, *self.traced()) if self.traced else self.sources

    def sources_of(self, line: int) -> list[Source]:
        """The sources of a line, the narrowest first, and of the same lines what they say before why they stand there."""
        return sources_at(self.every_source(), line)

    @property
    def line_count(self) -> int:
        """How many lines it has."""
        return len(self.content.splitlines())


def sources_at(sources: Iterable[Source], line: int) -> list[Source]:
    """Those of a line, in the order of `Artifact.sources_of`."""
    found = {source: None for source in sources if source.first_line <= line <= source.last_line}
    return sorted(found, key=lambda each: (each.last_line - each.first_line, each.block, each.first_line))


@dataclass(frozen=True, slots=True)
class Drawing:
    """A picture that is drawn from D2 source. Drawing takes seconds, so it is redone only when `key` changes."""

    path: str
    source: bytes
    look: tuple[str, ...]
    """Options of the program that draws it."""

    @property
    def key(self) -> str:
        """What the picture depends on; it stands in the picture's last line."""
        return hashlib.sha256("\n".join([*self.look, ""]).encode() + self.source).hexdigest()

    def marked(self, picture: bytes) -> bytes:
        """The picture with its last line, by which a stale or edited one is known without drawing."""
        drawn = picture.rstrip() + b"\n"
        return drawn + f"<!-- drawn from {self.key} as {hashlib.sha256(drawn).hexdigest()} -->\n".encode()

    def is_current(self, content: bytes) -> bool:
        """Whether a file holds the picture that was drawn from this very source."""
        picture, _, _ = content.rpartition(b"<!-- drawn from ")
        return content == self.marked(picture)


class Generator(Protocol):
    """Spec → artifacts, pure: no disk, no network, no clock."""

    name: str

    def generate(self, spec: Spec) -> Iterable[Artifact]:
        """The artifacts of this family."""
        ...
