"""A generated file, and where each part of it comes from."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from plumbline.paths import PathText
from plumbline.spec import Spec


@dataclass(frozen=True, slots=True)
class Source:
    """Lines of an artifact (from 1, both included) and the spec path that they come from."""

    first_line: int
    last_line: int
    path: PathText


@dataclass(frozen=True, slots=True)
class Artifact:
    """A generated file. `path` is relative to the project and uses `/`; `content` is exact."""

    path: str
    content: bytes
    executable: bool = False
    sources: tuple[Source, ...] = ()

    def sources_of(self, line: int) -> list[Source]:
        """The sources of a line, the narrowest first."""
        found = [source for source in self.sources if source.first_line <= line <= source.last_line]
        return sorted(found, key=lambda source: (source.last_line - source.first_line, source.first_line))


@dataclass(frozen=True, slots=True)
class Drawing:
    """A picture that is drawn from D2 source. Drawing takes seconds, so it is redone only when `key` changes."""

    path: str
    source: bytes
    theme: int

    @property
    def key(self) -> str:
        """What the picture depends on; it stands in the picture's last line."""
        return hashlib.sha256(b"%d\n%b" % (self.theme, self.source)).hexdigest()

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
