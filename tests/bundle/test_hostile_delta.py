"""A delta comes unsigned: whatever it says, nothing that is there is overwritten, and one file of one name comes out, or none."""

import hashlib
import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

from plumbline.bundle.delta import Data, Plan, Whole
from plumbline.cli.bundle import bundle
from plumbline.spec.finding import EnvironmentMissing, InputError
from tests.bundle.shell import sh
from tests.bundle.small import files, written
from tests.bundle.tampering import Keys, signed
from tests.bundle.test_delta import REBUILD
from tests.bundle.verifying import Host

pytestmark = [pytest.mark.usefixtures("gpg"), pytest.mark.slow]
NAME = "docpipe-offline-1.1.tar.zst"
EXPORT = "docpipe-export-2026-11-25.tar.zst"


@dataclass(frozen=True)
class Shop:
    """An old bundle, a new one, and a folder that holds what must stay."""

    keys: Keys
    folder: Path
    new: bytes
    """The next release, signed."""

    @property
    def old(self) -> bytes:
        """The release that is here."""
        return (self.folder / "old").read_bytes()

    def delta(self, new: bytes, name: str = NAME) -> bytes:
        """One that carries all of the new bundle."""
        plan = Plan(whole(self.old, "old"), whole(new, name), (Data(0, len(new)),))
        return plan.text + new


def whole(data: bytes, name: str) -> Whole:
    return Whole(hashlib.sha256(data).hexdigest(), len(data), name)


def text(*lines: str, length: int | None = None) -> bytes:
    """A delta's head with lines that no Plan would have."""
    rest = "\n".join(lines)
    return f"plumbline-delta 1 {29 + len(rest) if length is None else length:010}\n{rest}".encode()


def lines(shop: Shop, *steps: str, size: int = 5, end: str = "end\n") -> tuple[str, ...]:
    """A head whose steps are given."""
    old = whole(shop.old, "old")
    return f"old {old.sha256} {old.size} old", f"new {'0' * 64} {size} {NAME}", *steps, end


HOSTILE: dict[str, Callable[[Shop], bytes]] = {
    "the name of an export": lambda shop: shop.delta(shop.new, EXPORT),
    "a name that leads out": lambda shop: shop.delta(shop.new, ".."),
    "a path": lambda shop: shop.delta(shop.new, "../escaped"),
    "an absolute path": lambda shop: shop.delta(shop.new, "/tmp/plumb-escaped"),
    "another release's name": lambda shop: shop.delta(shop.new, "docpipe-offline-1.2.tar.zst"),
    "a control character": lambda shop: shop.delta(shop.new, f"{NAME}\r"),
    "no bundle": lambda shop: shop.delta(b"nothing of the kind"),
    "bytes behind its end": lambda shop: shop.delta(shop.new) + b"x",
    "cut off": lambda shop: shop.delta(shop.new)[:-1],
    "a negative number": lambda shop: text(*lines(shop, "copy -1 5")),
    "a copy from behind the end": lambda shop: text(*lines(shop, f"copy {len(shop.old) - 2} 5")),
    "a huge copy": lambda shop: text(*lines(shop, "copy 0 999999999999999", size=999999999999999)),
    "more than any disk": lambda shop: text(
        *lines(shop, *["copy 0 5"] * 9, "data 900000000000000", size=900000000000045)
    ),
    "a sum that overflows": lambda shop: text(*lines(shop, *["data 999999999999999"] * 9300)),
    "an octal number": lambda shop: text(*lines(shop, "copy 010 5")),
    "a step that is none": lambda shop: text(*lines(shop, "copy 0 5", "move 0 5")),
    "two new lines": lambda shop: text(*lines(shop, f"new {'0' * 64} 5 {EXPORT}", "copy 0 5")),
    "no end": lambda shop: text(*lines(shop, "copy 0 5", end="")),
    "a line behind its end": lambda shop: text(*lines(shop, "copy 0 5", end="end\ncopy 0 5\n")),
    "no text": lambda shop: text(length=0),
    "a text of 9 GB": lambda shop: text(*lines(shop, "copy 0 5"), length=9_999_999_999),
    "a text that is shorter than it says": lambda shop: text(*lines(shop, "copy 0 5"), length=4000),
    "a NUL": lambda shop: text(*lines(shop, "copy 0 5\0")),
    "empty": lambda shop: b"",
}
"""Each is refused by both."""


@pytest.fixture
def shop(keys: Keys, host: Host) -> Shop:
    """It, on a host that trusts the publisher."""
    folder = host.folder
    (folder / "old").write_bytes(signed(keys.publisher, files()))
    (folder / "out").mkdir()
    (folder / "out" / EXPORT).write_bytes(b"all that the stores hold")
    return Shop(keys, folder, signed(keys.publisher, files(main=b"other"), "1.1"))


def by_script(shop: Shop) -> int:
    """How rebuild.sh takes it."""
    out = shop.folder / "out"
    return sh(REBUILD, "--state", shop.folder / "state", shop.folder / "old", shop.folder / "delta", out).returncode


def by_command(shop: Shop) -> int:
    """How `plumb bundle apply` takes it."""
    words = ["apply", str(shop.folder / "old"), str(shop.folder / "delta"), "--out", str(shop.folder / "out")]
    done = CliRunner().invoke(bundle, words)
    # anything else is a fault of plumb
    assert done.exit_code == 0 or isinstance(done.exception, InputError | EnvironmentMissing), done.exception
    return done.exit_code


def there(folder: Path) -> dict[str, bytes]:
    """All that stands in a folder and below."""
    found = {}
    for base, folders, names in os.walk(folder):
        for path in (Path(base) / name for name in (*folders, *names)):
            content = (
                b""
                if path.is_dir()
                else path.readlink().as_posix().encode()
                if path.is_symlink()
                else path.read_bytes()
            )
            found[str(path)] = content
    return found


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_delta_leaves_all_as_it_was(kind: str, shop: Shop) -> None:
    (shop.folder / "delta").write_bytes(HOSTILE[kind](shop))
    before = there(shop.folder / "out")
    assert by_script(shop) in (1, 3)
    assert there(shop.folder / "out") == before
    assert by_command(shop) in (1, 2, 3)
    assert there(shop.folder / "out") == before
    assert not (shop.folder / "escaped").exists()
    assert not Path("/tmp/plumb-escaped").exists()


@pytest.mark.parametrize("by", [by_script, by_command])
def test_what_stands_there_stays(by: Callable[[Shop], int], shop: Shop) -> None:
    (shop.folder / "delta").write_bytes(shop.delta(shop.new))
    target = shop.folder / "out" / NAME
    for put in (lambda: target.write_bytes(b"mine"), lambda: target.symlink_to("nowhere"), target.mkdir):
        put()
        before = there(shop.folder / "out")
        assert by(shop) != 0
        assert there(shop.folder / "out") == before
        target.rmdir() if target.is_dir() else target.unlink()
    assert [by(shop), target.read_bytes()] == [0, shop.new]
    # once more changes nothing, for it is the same
    assert [by(shop), target.read_bytes()] == [0, shop.new]
    assert len(list((shop.folder / "out").iterdir())) == 2


def test_the_script_wants_a_signature_that_counts(shop: Shop) -> None:
    before = there(shop.folder / "out")
    for new in (signed(shop.keys.stranger, files(), "1.1"), written(files(), "1.1", b"")):
        (shop.folder / "delta").write_bytes(shop.delta(new))
        assert by_script(shop) == 1
        assert there(shop.folder / "out") == before


def test_neither_writes_through_a_link_that_was_put_there(shop: Shop) -> None:
    (shop.folder / "delta").write_bytes(shop.delta(shop.new))
    victim = shop.folder / "victim"
    victim.write_bytes(b"precious")
    for name in (".rebuilding", "rebuilt.partial", f"{NAME}.partial"):
        (shop.folder / "out" / name).symlink_to(victim)
    assert (by_script(shop), by_command(shop)) == (0, 0)
    assert victim.read_bytes() == b"precious"


def test_a_dry_run_writes_nothing(shop: Shop) -> None:
    (shop.folder / "delta").write_bytes(shop.delta(shop.new))
    before = there(shop.folder)
    words: list[str | Path] = [
        "--dry-run",
        "--state",
        shop.folder / "state",
        shop.folder / "old",
        shop.folder / "delta",
    ]
    done: subprocess.CompletedProcess[str] = sh(REBUILD, *words, shop.folder / "out")
    assert (done.returncode, there(shop.folder)) == (0, before)
