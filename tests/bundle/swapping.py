"""A medium that changes while it is read: before a call of any program, another bundle is put in the place of the one that was asked for."""

import hashlib
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from plumbline.bundle import manifest
from plumbline.bundle.head import read_head
from tests.bundle.bench_host import BenchHost, bench_host
from tests.bundle.keys import Key, signature
from tests.bundle.small import described, written
from tests.bundle.tampering import Keys, contents, signed

PROGRAMS = ("cat", "zstd", "head", "tail", "gpg", "sha256sum", "tar", "cp", "grep", "sed", "sort", "od", "cmp", "mkdir")
"""Those that open files; before each call of one, the medium can have changed."""
# of two programs of a pipe that count at once, both may see the number: one of them moves
_SWAP = """#!/bin/sh
echo >> '{count}'
if [ "$(/usr/bin/wc -l < '{count}')" -eq {nth} ] && /bin/mkdir '{other}.taken' 2> /dev/null; then /bin/mv -f '{other}' '{bundle}'; fi
exec REAL "$@"
"""
_SMALL = {"keys/next.asc": b"", "deployment/compose.yaml": b"services: {}\n", "deployment/.env.example": b"A=1\n"}


def good_files() -> dict[str, bytes]:
    """A release that install.sh can install on the bench."""
    return {path: data[:3000] for path, data in contents().items()} | {
        path: data for path, data in _SMALL.items() if data
    }


def _others_bundle(keys: Keys) -> bytes:
    """All of it by a stranger, with an override that Compose would take."""
    return signed(keys.stranger, good_files() | {"deployment/compose.override.yaml": b"services: {evil: {}}\n"})


def _other_bytes(keys: Keys) -> bytes:
    """The publisher's head, and other files of the same names and sizes behind it."""
    evil = {path: bytes(len(data)) for path, data in good_files().items()}
    good, other = signed(keys.publisher, good_files()), written(evil)
    return good[: _head(good)] + other[_head(other) :]


def _next_key(keys: Keys) -> bytes:
    """The publisher's files and signature, and a manifest that hands on to the stranger's key."""
    files = good_files() | {"keys/next.asc": keys.stranger.public.read_bytes()}
    ours = signature(keys.publisher, manifest.text_of(described(good_files())))
    return written(files, signature=ours, next_key=keys.stranger.fingerprint)


def _more_files(keys: Keys) -> bytes:
    """The publisher's head, and one more file behind what it lists."""
    evil = good_files() | {"deployment/.env": b"EVIL=1\n"}
    good, other = signed(keys.publisher, good_files()), written(evil)
    return good[: _head(good)] + other[_head(other) :]


CONTENTS: Mapping[str, Callable[[Keys], bytes]] = {
    "a stranger's bundle": _others_bundle,
    "the same names, other bytes": _other_bytes,
    "a next key": _next_key,
    "a further file": _more_files,
}
"""What takes the bundle's place."""


def _head(data: bytes) -> int:
    import io

    stream = io.BytesIO(data)
    read_head(stream)
    return stream.tell()


@dataclass
class Swaps:
    """Installations of one release, each with a medium that changes at another moment."""

    folder: Path
    keys: Keys

    def calls(self) -> int:
        """How often an installation calls one of the programs."""
        host = self._host(0, b"")
        done = host.run("install", *trusting(self.keys.publisher), host.folder / "bundle")
        assert done.returncode == 0, done.stdout + done.stderr
        assert wrong(host, self.keys) == []
        return len((host.folder / "bin" / "count").read_text().splitlines())

    def problems(self, kind: str, nth: int) -> list[str]:
        """What is wrong on the host if the medium changes before the nth call: it may refuse, or install what was signed."""
        host = self._host(nth, CONTENTS[kind](self.keys))
        done = host.run("install", *trusting(self.keys.publisher), host.folder / "bundle")
        found = wrong(host, self.keys)
        if done.returncode == 0 and not (host.home / "MANIFEST.json").exists():
            found.append("it says that it has installed")
        if done.returncode not in (0, 1):
            found.append(f"it ends with {done.returncode}: {done.stderr}")
        return found

    def _host(self, nth: int, other: bytes) -> BenchHost:
        shutil.rmtree(self.folder / "host", ignore_errors=True)
        host = bench_host(self.folder / "host")
        (host.folder / "bundle").write_bytes(signed(self.keys.publisher, good_files()))
        (host.folder / "bin" / "other").write_bytes(other)
        names = {"count": host.folder / "bin" / "count", "other": host.folder / "bin" / "other"}
        for program in PROGRAMS:
            host.stub(program, _SWAP.format(**names, nth=nth, bundle=host.folder / "bundle"))
        return host


def trusting(key: Key) -> list[str | Path]:
    """What an operator says the first time."""
    return ["--key", key.public, "--fingerprint", key.fingerprint]


def wrong(host: BenchHost, keys: Keys) -> list[str]:
    """What stands on the host that the publisher has not signed, and what a run has left."""
    files = good_files()
    sums = {hashlib.sha256(data).hexdigest() for data in files.values()}
    sums.add(hashlib.sha256(manifest.text_of(described(files))).hexdigest())
    found = [f"{path} is there" for path in _unsigned(host.home, sums)]
    trusted = host.state / "trusted-keys"
    if trusted.exists() and trusted.read_text() != f"{keys.publisher.fingerprint}\n":
        found.append(f"it trusts {trusted.read_text()}")
    return found + [f"{path} was left" for path in host.scratch()]


def _unsigned(home: Path, sums: set[str]) -> Iterator[Path]:
    for path in home.rglob("*"):
        made_here = path.relative_to(home).parts[0] == "secrets" or path.name == "MANIFEST.json.asc"
        if path.is_symlink() or (
            path.is_file() and not made_here and hashlib.sha256(path.read_bytes()).hexdigest() not in sums
        ):
            yield path
