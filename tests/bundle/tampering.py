"""Ways to tamper with a bundle, seeded; each is held against install.sh and `plumb verify bundle`. The last line is the score.

python -m tests.bundle.tampering [COUNT OF EACH KIND]
"""

import io
import random
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import zstandard

from plumbline.bundle import manifest
from plumbline.bundle.archive import header
from plumbline.bundle.head import read_head
from plumbline.spec.spec import Spec
from tests.bundle.keys import Key, end_agent, make_key, signature
from tests.bundle.small import described, noise, written
from tests.stack.conftest import ROOT, shipped_spec
from validators.bundle.check import Trust, verify_bundle

SEED = 20261124
EACH = 22
"""Of each kind, in the whole catalogue."""
_INSTALL = ROOT / "deploy" / "offline" / "scripts" / "install.sh"
_DOCKER = """#!/bin/sh
# an engine that is asked for its version and for what it has, and notes whatever else is wanted of it
case "$*" in
  *.Server.Version*) echo 99.0 ;;
  *.Server.Os*) echo linux/amd64 ;;
  'compose version'*) echo 99.0 ;;
  'ps --all --filter '* | 'volume ls --quiet '*) ;;
  *) echo "$*" >> '{asked}' ;;
esac
"""


@dataclass(frozen=True)
class Keys:
    """Who signs, and who would like to."""

    publisher: Key
    stranger: Key


def signed(key: Key, content: dict[str, bytes], release: str = "1.0", **other: object) -> bytes:
    """A bundle that a key signed; `other` sets further fields of its manifest."""
    text = manifest.text_of(described(content, release, **other))
    return written(content, release, signature(key, text), **other)


def contents() -> dict[str, bytes]:
    """Files small enough for hundreds of bundles; two of each size, so that a swap need not show in a header."""
    sizes = {
        "images/blobs/sha256": 150_000,
        "deployment/config": 2_000,
        "models": 40_000,
        "scripts": 900,
        "site": 5_000,
    }
    return {
        f"{folder}/{name}": noise(seed * 10 + at, size)
        for at, (folder, size) in enumerate(sizes.items())
        for seed, name in enumerate(("one", "two"), start=1)
    }


Member = tuple[bytes, bytes]
"""Tar header, and content with its padding."""


@dataclass(frozen=True)
class TamperingBench:
    """A good bundle, taken apart, and chance."""

    keys: Keys
    good: bytes
    head: bytes
    members: list[Member]
    chance: random.Random

    def with_members(self, members: list[Member]) -> bytes:
        """The good one's signed head with other members behind it."""
        plain = b"".join(first + second for first, second in members) + bytes(1024)
        return self.head + zstandard.ZstdCompressor(level=1).compress(plain)

    def with_header(self, path: str, kind: bytes = tarfile.REGTYPE, target: str = "") -> bytes:
        """Another header in place of a member's, or before all of them."""
        info = tarfile.TarInfo(path)
        info.type, info.linkname, info.mode = kind, target, 0o644
        at, members = self.chance.randrange(len(self.members)), list(self.members)
        if kind == tarfile.REGTYPE:
            info.size = int(members[at][0][124:135], 8)
            members[at] = (info.tobuf(tarfile.USTAR_FORMAT), members[at][1])
        else:
            members.insert(at, (info.tobuf(tarfile.USTAR_FORMAT), b""))
        return self.with_members(members)


def bench(keys: Keys) -> TamperingBench:
    """The same one, but for the signature, each time."""
    good = signed(keys.publisher, contents())
    stream = io.BytesIO(good)
    head = read_head(stream)
    at = stream.tell()
    plain = zstandard.ZstdDecompressor().stream_reader(io.BytesIO(good[at:]), read_across_frames=True).read()
    members, place = [], 0
    for file in head.manifest.files:
        end = place + 512 + file.size + -file.size % 512
        members.append((plain[place : place + 512], plain[place + 512 : end]))
        place = end
    return TamperingBench(keys, good, good[:at], members, random.Random(SEED))


def changed_byte(on: TamperingBench) -> bytes:
    """One bit of one byte is another."""
    data = bytearray(on.good)
    data[on.chance.randrange(len(data))] ^= 1 << on.chance.randrange(8)
    return bytes(data)


def truncated(on: TamperingBench) -> bytes:
    """It ends too early."""
    return on.good[: on.chance.randrange(len(on.good))]


def swapped(on: TamperingBench) -> bytes:
    """Two members, or only their contents, have changed places."""
    members = list(on.members)
    first, second = on.chance.sample(range(len(members)), 2)
    if on.chance.random() < 0.5:
        members[first], members[second] = members[second], members[first]
    else:
        first -= first % 2
        pair = members[first], members[first + 1]
        members[first : first + 2] = (pair[0][0], pair[1][1]), (pair[1][0], pair[0][1])
    return on.with_members(members)


def added(on: TamperingBench) -> bytes:
    """A further file, anywhere, also once more under a name that is there."""
    members = list(on.members)
    path = on.chance.choice(["site/new.html", "deployment/override.yaml", "scripts/one", "keys/next.asc"])
    data = noise(on.chance.randrange(99), 512 * on.chance.randrange(1, 5))
    members.insert(on.chance.randrange(len(members) + 1), (header(path, len(data)), data))
    return on.with_members(members)


def traversing(on: TamperingBench) -> bytes:
    """A name that leads out of the folder."""
    deep = "../" * on.chance.randrange(1, 9)
    path = on.chance.choice(
        [f"{deep}escaped", f"site/{deep}../escaped", f"/var/tmp/plumb-escaped-{SEED}", "site/../../escaped"]
    )
    return on.with_header(path)


def symlinked(on: TamperingBench) -> bytes:
    """A link to somewhere else, under a new name or one of the manifest."""
    path = on.chance.choice(["site", "site/one", "deployment/link", "models"])
    return on.with_header(path, tarfile.SYMTYPE, on.chance.choice(["/etc/passwd", "../..", "/var/tmp", "scripts/one"]))


def hard_linked(on: TamperingBench) -> bytes:
    """The same with a hard link."""
    path = on.chance.choice(["site/one", "deployment/link", "scripts/two"])
    return on.with_header(path, tarfile.LNKTYPE, on.chance.choice(["/etc/passwd", "../../etc/passwd", "scripts/one"]))


def by_another(on: TamperingBench) -> bytes:
    """Whole, and signed by somebody else."""
    content = contents() | ({} if on.chance.random() < 0.5 else {"site/one": noise(on.chance.randrange(99), 5_000)})
    return signed(on.keys.stranger, content)


def stripped(on: TamperingBench) -> bytes:
    """Whole, and not signed, or signed with something that is no signature."""
    junk = b"-----BEGIN PGP SIGNATURE-----\n\n%s\n-----END PGP SIGNATURE-----\n" % noise(on.chance.randrange(99), 40)
    return written(contents(), "1.0", on.chance.choice([b"", junk]))


def of_another_version(on: TamperingBench) -> bytes:
    """Another release's manifest with the signature of this one's, or its files behind this one's manifest."""
    other = contents() | {"deployment/config/one": noise(on.chance.randrange(100, 999), 2_000)}
    if on.chance.random() < 0.5:
        signature = read_head(io.BytesIO(on.good)).signature
        return written(other, f"0.{on.chance.randrange(9)}", signature)
    whole = written(other, "1.0")
    stream = io.BytesIO(whole)
    read_head(stream)
    return on.head + whole[stream.tell() :]


KINDS: dict[str, Callable[[TamperingBench], bytes]] = {
    "one byte changed": changed_byte,
    "cut off": truncated,
    "two files swapped": swapped,
    "a file added": added,
    "a name that leads out": traversing,
    "a symbolic link": symlinked,
    "a hard link": hard_linked,
    "signed by another key": by_another,
    "not signed": stripped,
    "manifest of another version": of_another_version,
}


class Target:
    """A host that trusts the publisher and has had release 1.0, in a folder of its own; its engine only notes."""

    def __init__(self, folder: Path, keys: Keys, spec: Spec):
        self._folder, self._keys, self._spec = folder, keys, spec
        self._asked = folder / "asked"
        (folder / "bin").mkdir()
        (folder / "bin" / "docker").write_text(_DOCKER.format(asked=self._asked))
        (folder / "bin" / "docker").chmod(0o755)

    def by_script(self, data: bytes) -> str:
        """What is wrong with how install.sh takes it; empty where it is refused, and nothing has happened."""
        (self._folder / "bundle").write_bytes(data)
        words: list[str | Path] = ["--home", self._folder / "home", "--state", self._folder / "state"]
        words += ["--key", self._keys.publisher.public, "--fingerprint", self._keys.publisher.fingerprint]
        # a network of its own, for the ports have to be free
        done = subprocess.run(
            ["unshare", "--net", "sh", _INSTALL, *words, self._folder / "bundle"],
            env={"PATH": f"{self._folder}/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
            capture_output=True,
            text=True,
            check=False,
        )
        if self._asked.exists():
            asked = self._asked.read_text()
            self._asked.unlink()
            return f"the engine was asked for {asked}"
        if done.returncode != 1 or "refused: " not in done.stderr:
            return f"install.sh ends with {done.returncode}: {done.stderr}"
        allowed = {"bin", "bundle", "home", "state"}
        written_there = {path.name for path in self._folder.iterdir()} - allowed
        outside = [*written_there, *(path.name for path in (self._folder / "home").iterdir())]
        outside += [str(path) for path in Path("/var/tmp").glob("plumb-escaped-*")]
        outside += [str(path) for path in self._folder.parents[0].glob("escaped")]
        return f"it left {', '.join(outside)}" if outside else ""

    def by_command(self, data: bytes) -> str:
        """The same of `plumb verify bundle`, which writes nothing at all."""
        (self._folder / "bundle").write_bytes(data)
        trust = Trust((self._keys.publisher.fingerprint,), self._keys.publisher.public)
        rules = {
            found.rule for found in verify_bundle(self._folder / "bundle", self._spec, trust, lambda _: None).findings
        }
        return "" if rules & {"PLB961", "PLB962"} else f"plumb verify bundle finds {', '.join(sorted(rules))}"


def tried(keys: Keys, each: int, folder: Path) -> Iterator[tuple[str, str]]:
    """The kind of each tampering, and what was wrong with how it was taken. A good one is taken first."""
    on, target = bench(keys), Target(folder, keys, shipped_spec())
    if target.by_command(on.good) == "" or "asked for" not in target.by_script(on.good):
        raise RuntimeError("the bundle that nobody tampered with is refused too")
    for kind, tamper in KINDS.items():
        for _ in range(each):
            data = tamper(on)
            yield kind, target.by_script(data)
            yield kind, target.by_command(data)


def main(each: int) -> int:
    """Try the catalogue and print the score; 1 where something was not refused."""
    right = all_of_them = 0
    with tempfile.TemporaryDirectory(prefix="plumb-tampering-") as name:
        ring, folder = Path(name) / "gnupg", Path(name) / "host"
        folder.mkdir()
        try:
            for kind, wrong in tried(Keys(make_key(ring, "release"), make_key(ring, "stranger")), each, folder):
                all_of_them += 1
                right += not wrong
                if wrong:
                    print(f"{kind}: {wrong}", flush=True)
        finally:
            end_agent(ring)
    print(
        f"tampering: {right} of {all_of_them} refused, {each} of each of {len(KINDS)} kinds, by install.sh and by plumb"
    )
    return int(right != all_of_them)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else EACH))
