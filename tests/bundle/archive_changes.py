"""Changes of what a bundle carries: its files, the members and the stream of the archive, and the frames of the body."""

import tarfile

import zstandard

from plumbline.bundle import archive
from tests.bundle.making import SKIPPABLE, Bundle, on

_FIELDS = {
    "name": (0, 100),
    "mode": (100, 8),
    "uid": (108, 8),
    "gid": (116, 8),
    "size": (124, 12),
    "mtime": (136, 12),
    "chksum": (148, 8),
    "typeflag": (156, 1),
    "linkname": (157, 100),
    "magic": (257, 6),
    "version": (263, 2),
    "uname": (265, 32),
    "gname": (297, 32),
    "devmajor": (329, 8),
    "devminor": (337, 8),
    "prefix": (345, 155),
    "rest": (500, 12),
}
"""Of a tar header: place and length."""

# --- files ----------------------------------------------------------------------------------------------------


@on("files")
def file(made: Bundle, path: str, text: str = "x") -> None:
    """A further file, or other content of one; not put in order."""
    made.files[path] = text.encode()


@on("files")
def key_file(made: Bundle, path: str, *keys: str) -> None:
    """A file with public keys, in its place."""
    made.files[path] = b"".join(made.ring.public(key).read_bytes() for key in keys)
    made.files = dict(sorted(made.files.items()))


@on("files")
def long(made: Bundle, folder: int, name: int) -> None:
    """A further file with so many letters; where tar may part its path there are two places."""
    made.files[long_path(folder, name)] = b"x"


def long_path(folder: int, name: int) -> str:
    """A path with so many letters in its folders and in its name."""
    middle = f"z/{'a' * (folder // 3)}/{'b' * folder}"[:folder]
    return f"{middle}/{'c' * name}" if folder else "c" * name


# --- members and stream ---------------------------------------------------------------------------------------


@on("members")
def header(made: Bundle, entry: int, name: str, value: str, summed: bool = True) -> None:
    """Other bytes in a field of a member's header: `value` is repeated up to the field's end, or `hex:…`, or `text:…` and NUL."""
    at, length = _FIELDS[name]
    kind, _, rest = value.partition(":")
    data = {"fill": lambda: rest.encode("latin-1") * length, "hex": lambda: bytes.fromhex(rest)}.get(
        kind, lambda: rest.encode() + bytes(length)
    )()[:length]
    old = bytearray(made.members[entry])
    old[at : at + length] = data.ljust(length, b"\0")
    if summed and name != "chksum":
        old[148:156] = b"%06o\0 " % (sum(old[:148]) + sum(old[156:512]) + 8 * 32)
    made.members[entry] = bytes(old)


@on("members")
def special(made: Bundle, entry: int, kind: str, path: str, target: str = "") -> None:
    """A member of another kind before one."""
    info = tarfile.TarInfo(path)
    info.type, info.linkname, info.mode = kind.encode(), target, 0o644
    made.members.insert(entry, info.tobuf(tarfile.USTAR_FORMAT))


@on("members")
def pax(made: Bundle, entry: int, kind: str, record: str) -> None:
    """A header of PAX (`x`, or `g` for all that follow) before a member; where there is none, at the end."""
    line = f" {record}\n".encode()
    length = next(count for count in range(len(line), len(line) + 9) if len(str(count)) + len(line) == count)
    data = str(length).encode() + line
    info = tarfile.TarInfo("././@PaxHeader")
    info.type, info.size = kind.encode(), len(data)
    made.members.insert(entry, info.tobuf(tarfile.USTAR_FORMAT) + data + bytes(-len(data) % 512))


@on("members")
def long_name(made: Bundle, entry: int, kind: str, name: str) -> None:
    """GNU tar's own header for a long name (`L`), or the target of a link (`K`)."""
    info = tarfile.TarInfo("././@LongLink")
    info.type, info.size = kind.encode(), len(name) + 1
    made.members.insert(entry, info.tobuf(tarfile.GNU_FORMAT) + name.encode() + bytes(512 - len(name)))


@on("members")
def member(made: Bundle, entry: int, path: str) -> None:
    """A further file that the manifest does not name."""
    made.members.insert(entry, archive.header(path, 1) + b"x" + bytes(511))


@on("members")
def move(made: Bundle, entry: int, to: int) -> None:
    """A member in another place."""
    made.members.insert(to, made.members.pop(entry))


@on("members")
def drop(made: Bundle, entry: int) -> None:
    """A member is left out."""
    del made.members[entry]


@on("members")
def twice(made: Bundle, entry: int) -> None:
    """A member stands twice."""
    made.members.insert(entry, made.members[entry])


@on("members")
def content(made: Bundle, entry: int, at: int) -> None:
    """One byte of a member is another; 512 is the first of its content."""
    data = bytearray(made.members[entry])
    data[at] ^= 1
    made.members[entry] = bytes(data)


@on("stream")
def end(made: Bundle, blocks: int, text: str = "", at: int = 0) -> None:
    """Another end: so many blocks of zeros, and something in them."""
    tail = bytearray(512 * blocks)
    tail[at : at + len(text)] = text.encode()
    made.stream = made.stream[:-1024] + bytes(tail)


@on("stream")
def tail(made: Bundle, text: str) -> None:
    """Something behind the end."""
    made.stream += text.encode()


# --- body -----------------------------------------------------------------------------------------------------


@on("body")
def frame(made: Bundle, kind: str, place: str) -> None:
    """A further frame, before the others or behind them."""
    extra = {
        "empty": zstandard.ZstdCompressor().compress(b""),
        "skippable": SKIPPABLE,
        "more": zstandard.ZstdCompressor().compress(b"more"),
        "zeros": zstandard.ZstdCompressor().compress(bytes(512)),
        "garbage": b"garbage",
        "cut": SKIPPABLE[:-1],
        "reserved": b"\x28\xb5\x2f\xfd\x08\x00\x01\x00\x00",
    }[kind]
    made.body = extra + made.body if place == "before" else made.body + extra


@on("body")
def frames(made: Bundle, size: int) -> None:
    """Many frames in place of one."""
    pieces = [made.stream[at : at + size] for at in range(0, len(made.stream), size)]
    made.body = b"".join(map(zstandard.ZstdCompressor().compress, pieces))


@on("body")
def window(made: Bundle, log: int) -> None:
    """A frame that wants a window of so many bits."""
    head = b"\x28\xb5\x2f\xfd\x00" + bytes([(log - 10) << 3])
    blocks = range(0, len(made.stream), 1000)
    made.body = head + b"".join(
        ((len(made.stream[at : at + 1000]) << 3) | (at + 1000 >= len(made.stream))).to_bytes(3, "little")
        + made.stream[at : at + 1000]
        for at in blocks
    )


@on("body")
def body_bytes(made: Bundle, how: str) -> None:
    """Something else in place of the frames."""
    made.body = {"none": b"", "plain": made.stream, "cut": made.body[:-1], "text": b"no archive\n" * 99}[how]
