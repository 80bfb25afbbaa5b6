"""Reads a spec's folder from the disk, refusing what cannot be part of one."""

import os
import stat
from pathlib import Path

from plumbline.spec.finding import Finding, InputError
from plumbline.spec.location import Location
from plumbline.spec.sections import SECTIONS, TEMPLATE_FOLDER

MAX_FILE_BYTES = 8 * 1024 * 1024
MAX_FILES = 20_000
YAML_ENDINGS = (".yaml", ".yml")
STAND_INS = Path("stand-ins")
FOLDERS = frozenset(section.name for section in SECTIONS if section.folder)
TEMPLATE_ENDING = ".j2"
"""Ending of the files that are rendered. Alert rules, dashboards and templates of other programs hold `{{ … }}` of their own."""


def is_template(source: str) -> bool:
    """Whether a file below `config/` is rendered; any other is copied."""
    return source.endswith(TEMPLATE_ENDING)


def read_spec_files(folder: Path) -> dict[str, str]:
    """Text of each data file and template, by path relative to the folder, `/` between parts.

    Files of editors and tools are passed over: hidden ones, `__pycache__`, backups. Raises InputError with a finding
    for each file that cannot be taken: too large, not UTF-8, not a regular file, unreadable, or a link that leads out
    of the folder.
    """
    if not folder.is_dir():
        raise InputError(
            [
                Finding(
                    "PLB004",
                    f"there is no spec folder {folder}",
                    hint="name one with --spec DIR, or create one with `plumb init DIR`",
                )
            ]
        )
    files: dict[str, str] = {}
    candidates, findings = _candidates(folder)
    for path in candidates:
        name = path.relative_to(folder).as_posix()
        try:
            if not name.isprintable():
                raise _Refused("has a name with invisible characters", "give it another name")
            files[name] = _read(path, folder)
        except _Refused as refused:
            findings.append(Finding("PLB004", str(refused), location=Location(str(path)), hint=refused.hint))
    if findings:
        raise InputError(findings)
    return files


_AS_UTF8 = "save it as UTF-8"


class _Refused(Exception):
    def __init__(self, message: str, hint: str):
        super().__init__(message)
        self.hint = hint


def _candidates(folder: Path) -> tuple[list[Path], list[Finding]]:
    """Everything that could be meant as a part of the spec, in a fixed order, and the folders that cannot be read."""
    found: list[Path] = []
    findings: list[Finding] = []

    def unreadable(error: OSError) -> None:
        findings.append(
            Finding(
                "PLB004",
                f"cannot be read: {error.strerror}",
                location=Location(str(error.filename)),
                hint="check its permissions",
            )
        )

    for base, folders, names in os.walk(folder, onerror=unreadable):
        here = Path(base).relative_to(folder)
        folders[:] = [name for name in folders if not _is_passed_over(here / name)]
        of_templates = here.parts[:1] == (TEMPLATE_FOLDER.rstrip("/"),)
        # a folder that has the name of a file is said to be no file
        found += [
            Path(base) / name
            for name in (*names, *(each for each in folders if _is_yaml(each)))
            if not _is_passed_over(here / name) and (of_templates or _is_yaml(name) or _is_section(here / name))
        ]
        if len(found) > MAX_FILES:
            raise InputError(
                [Finding("PLB004", f"the spec has more than {MAX_FILES:,} files", hint="is this the right folder?")]
            )
    return sorted(found), findings


def _is_passed_over(path: Path) -> bool:
    """What editors and tools leave behind, and build folders of stand-ins."""
    return path.name.startswith(".") or path.name.endswith("~") or path.name == "__pycache__" or path == STAND_INS


def _is_yaml(name: str) -> bool:
    return name.lower().endswith(YAML_ENDINGS)


def _is_section(path: Path) -> bool:
    """Whether a file stands where a folder of the spec belongs."""
    return len(path.parts) == 1 and path.name in FOLDERS


def _read(path: Path, folder: Path) -> str:
    try:
        real = path.resolve(strict=True)
    except PermissionError as error:
        raise _Refused(f"cannot be read: {error.strerror}", "check its permissions, and those of its folder") from None
    except (OSError, RuntimeError):
        raise _Refused("is a link to itself or to nothing", "copy the file into the spec's folder") from None
    if not real.is_relative_to(folder.resolve()):
        raise _Refused(f"is a link out of the spec, to {real}", "copy the file into the spec's folder")
    try:
        status = real.stat()
        if not stat.S_ISREG(status.st_mode):
            raise _Refused(
                "is not a regular file", "a file with this name is expected here; move the other thing elsewhere"
            )
        if status.st_size > MAX_FILE_BYTES:
            raise _Refused(
                f"has {status.st_size:,} bytes; a file of a spec has at most {MAX_FILE_BYTES:,}",
                "is this really a data file? split it if it is",
            )
        copied = path.is_relative_to(folder / TEMPLATE_FOLDER) and not is_template(path.name)
        return real.read_bytes().decode("utf-8" if copied else "utf-8-sig")
    except UnicodeDecodeError as error:
        # what is deployed is shown and compared as text, so that a binary file has another way into a container
        binary = f"{_AS_UTF8}; put a binary file into the image, or on the host with `mounts` in the service"
        raise _Refused(
            f"is not UTF-8: byte {error.start + 1} is 0x{error.object[error.start]:02x}",
            binary if path.is_relative_to(folder / TEMPLATE_FOLDER) else _AS_UTF8,
        ) from None
    except OSError as error:
        raise _Refused(f"cannot be read: {error.strerror}", "check its permissions") from None
