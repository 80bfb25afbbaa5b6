"""Files that appear whole or not at all, and never in the place of another."""

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from filecmp import cmp
from pathlib import Path

from plumbline.spec.finding import EnvironmentMissing, Finding, InputError
from plumbline.spec.location import Location

_ASIDE = "nothing is overwritten: check it, and move it away"


@contextmanager
def written_once(folder: Path) -> Iterator[Path]:
    """A file to write, in a folder of its own beside its later place, on the same disk; both go with the block. Raises InputError."""
    try:
        scratch = Path(tempfile.mkdtemp(prefix=".plumb-", dir=folder))
    except OSError as error:
        message = f"cannot be written: {error.strerror}"
        raise _refused(folder, message, "name an existing folder that you can write to") from None
    try:
        yield scratch / "partial"
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def settle(partial: Path, target: Path) -> None:
    """Give a written file its name. One that is there stays: the same is fine, another is an InputError."""
    partial.chmod(0o666 & ~_umask())
    try:
        os.link(partial, target, follow_symlinks=False)
    except FileExistsError:
        if target.is_symlink() or not target.is_file() or not cmp(partial, target, shallow=False):
            raise _refused(target, "exists already with other contents", _ASIDE) from None
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.ENOTSUP, errno.EMLINK):
            raise EnvironmentMissing(f"{target} cannot be written: {error.strerror}", "is there room?") from None
        _without_links(partial, target)


def _without_links(partial: Path, target: Path) -> None:
    """On a disk that has no links, as on most media: the name is taken first, then filled."""
    try:
        with partial.open("rb") as content, target.open("xb") as out:
            shutil.copyfileobj(content, out, 2**20)
    except FileExistsError:
        raise _refused(target, "exists already", _ASIDE) from None


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _refused(place: Path, message: str, hint: str) -> InputError:
    return InputError([Finding("PLB960", message, location=Location(str(place)), hint=hint)])
