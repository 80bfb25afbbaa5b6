"""Reads a spec's folder from the disk, refusing what cannot be part of one."""

import os
import stat
from pathlib import Path

from plumbline.finding import Finding, InputError
from plumbline.location import Location
from plumbline.sections import TEMPLATE_FOLDER

MAX_FILE_BYTES = 8 * 1024 * 1024
MAX_FILES = 20_000
YAML_ENDINGS = (".yaml", ".yml")
NOT_YAML = (TEMPLATE_FOLDER.rstrip("/"), "stand-ins")
"""Folders whose files are no data: templates, and build folders of stand-ins."""


def read_spec_files(folder: Path) -> dict[str, str]:
    """Text of each data file and template, by path relative to the folder, `/` between parts.

    Raises InputError with a finding for each file that cannot be taken: too large, not UTF-8, not a regular file,
    or a link that leads out of the folder.
    """
    if not folder.is_dir():
        raise InputError(
            [
                Finding(
                    "PLB004",
                    f"there is no spec folder {folder}",
                    hint="name one with --spec DIR, or make one with `plumb init DIR`",
                )
            ]
        )
    files: dict[str, str] = {}
    findings: list[Finding] = []
    for path in _candidates(folder):
        name = path.relative_to(folder).as_posix()
        try:
            files[name] = _read(path, folder)
        except _Refused as refused:
            findings.append(Finding("PLB004", str(refused), location=Location(str(path)), hint=refused.hint))
    if findings:
        raise InputError(findings)
    return files


class _Refused(Exception):
    def __init__(self, message: str, hint: str):
        super().__init__(message)
        self.hint = hint


def _candidates(folder: Path) -> list[Path]:
    """Everything that has the place and name of a part of the spec, in a fixed order."""
    found = [path for path in folder.iterdir() if path.suffix in YAML_ENDINGS]
    for path in folder.iterdir():
        if path.is_dir() and path.name not in NOT_YAML and not path.name.startswith("."):
            found += [inner for inner in path.iterdir() if inner.suffix in YAML_ENDINGS]
    for base, _, names in os.walk(folder / TEMPLATE_FOLDER):
        found += [Path(base) / name for name in names]
    if len(found) > MAX_FILES:
        raise InputError(
            [Finding("PLB004", f"the spec has more than {MAX_FILES:,} files", hint="is this the right folder?")]
        )
    return sorted(found)


def _read(path: Path, folder: Path) -> str:
    try:
        real = path.resolve(strict=True)
    except (OSError, RuntimeError):
        raise _Refused(
            "leads nowhere: a link in a circle, or to nothing", "copy the file into the spec's folder"
        ) from None
    if not real.is_relative_to(folder.resolve()):
        raise _Refused(f"leads out of the spec, to {real}", "copy the file into the spec's folder")
    try:
        status = real.stat()
        if not stat.S_ISREG(status.st_mode):
            raise _Refused(
                "is not a regular file", "a file of this name is expected here; move what is there elsewhere"
            )
        if status.st_size > MAX_FILE_BYTES:
            raise _Refused(
                f"has {status.st_size:,} bytes; a file of a spec has at most {MAX_FILE_BYTES:,}",
                "is this really a data file? split it if it is",
            )
        return real.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _Refused(
            f"is not UTF-8: byte {error.start + 1} is 0x{error.object[error.start]:02x}", "save it as UTF-8"
        ) from None
    except OSError as error:
        raise _Refused(f"cannot be read: {error.strerror}", "look at its permissions") from None
