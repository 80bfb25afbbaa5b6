"""PLB426, PLB427: what a container writes to is a place to which it may write; its root is read-only."""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath

from plumbline.effective.expression_names import SECRET_FOLDER
from plumbline.effective.volumes import volume_mounts
from plumbline.runbook.shell_syntax import Script, flat, parse_scripts
from plumbline.spec.paths import path_of
from plumbline.spec.spec import Spec
from schema.service import Service
from validators.rules.data_folders import setting
from validators.rules.effective_services import Placed, once
from validators.rules.known_images import known_image
from validators.rules.registry import Violation, rule
from validators.rules.written import Where, WrittenText, of_services, without_comments

_OWN = ("/dev", "/proc")
"""Where Docker itself has something to write to."""

_MOST = 5
"""Folders that one finding names."""


@rule(
    "PLB426",
    title="Folder that the image writes to but that is read-only",
    why="The root file system is read-only. The program exits at its first write: a socket, a lock or a snapshot.",
    fix="List the folder in `tmpfs`, mount a volume there, or set the image to another folder.",
    failing="services/db.yaml: {tmpfs: [/tmp]}",
    passing="services/db.yaml: {tmpfs: [/tmp, /run/postgresql]}",
)
def unwritable_folder(spec: Spec) -> Iterator[Violation]:
    """Folders of contracts and of known images that nothing makes writable, and that no text of the service moves."""
    found = (
        found for placed, texts in of_services(spec) for found in (*_unwritable(placed, texts), *_told(placed, texts))
    )
    yield from once(found)


def _unwritable(placed: Placed, texts: tuple[WrittenText, ...]) -> Iterator[Violation]:
    service = placed.service
    names = {text.name for text in texts}
    said = "\n".join(without_comments(text.shown) for text in texts if text.where in (Where.COMMAND, Where.CONFIG))
    folders = [
        folder
        for folder, moved_by in _needed(placed).items()
        if not may_be_written(service, folder)
        and not any(word in names or _holds_word(said, word) for word in moved_by)
    ]
    if folders:
        at_contract = path_of("contracts", service.image, "writable")
        also = ((at_contract, "where the image writes"),) if service.image in placed.spec.contracts else ()
        more = f" and {len(folders) - _MOST} more" if len(folders) > _MOST else ""
        which = f"{', '.join(folders[:_MOST])}{more}, which {'is' if len(folders) == 1 else 'are'}"
        message = f"image {service.image} of {placed.id} writes to {which} read-only there"
        yield Violation(placed.path("tmpfs"), message, expected=folders[0], also=also)


def _needed(placed: Placed) -> Mapping[str, tuple[str, ...]]:
    """Folders that the image writes to beside its data, which PLB134 judges; each with what moves it."""
    if placed.service.kind == "job":
        return {}  # such as a migration, which uses a store's image for its client
    contract, known = placed.spec.contracts.get(placed.service.image), known_image(placed.spec, placed.service)
    if contract is None:
        return known.scratch if known else {}
    data = [known.data] if known and known.data else []
    return {folder: moved_by for folder, moved_by in contract.writable.items() if not _is_in(folder, data)}


def _told(placed: Placed, texts: tuple[WrittenText, ...]) -> Iterator[Violation]:
    """Sockets, locks and logs that a configuration file names."""
    known = known_image(placed.spec, placed.service)
    if known is None or not known.written:
        return
    for text in texts:
        shown = without_comments(text.shown) if text.where == Where.CONFIG else ""
        for found in setting(known.written).finditer(shown):
            file = found["path"]
            if not may_be_written(placed.service, file) and file not in _needed(placed):
                at = text.at_word(found["name"])
                also = ((placed.path("tmpfs"), "its folders in memory"),)
                message = f"image {placed.service.image} of {placed.id} writes to {file}, which is read-only there"
                yield Violation(text.path, message, observed=file, location=at, also=also)


def _holds_word(text: str, word: str) -> bool:
    """Whether it stands there by itself, and not as a part of a longer name."""
    found = text.find(word)
    while found >= 0:
        around = text[max(0, found - 1) : found] + text[found + len(word) : found + len(word) + 1]
        if not re.search(r"[\w.]", around):
            return True
        found = text.find(word, found + 1)
    return False


@rule(
    "PLB427",
    title="Script that writes to a read-only path",
    why="The root file system is read-only. The shell, and with it the container, exits with «Read-only file system».",
    fix="Write to a folder of `tmpfs` or to a volume.",
    failing='services/db.yaml: {entrypoint: [sh, -c], command: ["echo ready > /etc/ready; exec postgres"]}',
    passing='services/db.yaml: {entrypoint: [sh, -c], command: ["echo ready > /tmp/ready; exec postgres"]}',
)
def script_that_cannot_write(spec: Spec) -> Iterator[Violation]:
    """Redirections of a service's own scripts to a file that is in no writable folder."""
    scripts = [
        text
        for _, texts in of_services(spec)
        for text in texts
        if text.where not in (Where.CONFIG, Where.VARIABLE) and ">" in text.shown and _is_script(text, texts)
    ]
    parsed = parse_scripts(tuple(text.shown for text in scripts))
    yield from once(
        Violation(
            text.path,
            f"the script of {text.placed.id} writes to {file}, which is read-only",
            observed=file,
            also=((text.placed.path("tmpfs"), "its folders in memory"),),
        )
        for text, script in zip(scripts, parsed, strict=True)
        if isinstance(script, Script)
        for file in _written_to(script)
        if not may_be_written(text.placed.service, file) and not _is_in(file, _folder_of_export(text))
    )


def _is_script(text: WrittenText, texts: tuple[WrittenText, ...]) -> bool:
    """Whether a shell is handed the text; `-c` may end the entry point, and the script be the command."""
    entry = [each.shown for each in texts if each.path.parts[:-1] == text.placed.path("entrypoint").parts]
    is_command = text.path == path_of(text.placed.path("command"), 0)
    return text.before == "-c" or (is_command and entry[-1:] == ["-c"])


def _folder_of_export(text: WrittenText) -> tuple[str, ...]:
    return ("/export",) if "exports" in text.path.parts else ()


def _written_to(script: Script) -> Iterator[str]:
    """Absolute paths, as far as they stand there in full."""
    for node in script.nodes:
        for redirection in node.get("Redirs", ()):
            file = flat(redirection.get("Word"))
            if redirection["Op"] in {">", ">|", ">>", "&>", "&>>"} and file.startswith("/") and "$" not in file:
                yield file


def may_be_written(service: Service, path: str) -> bool:
    """Whether a service may write to a path; a volume below it is meant for it too."""
    folders = [each.target for each in volume_mounts("", service) if not each.read_only]
    folders += [each.target for each in service.mounts if not each.read_only]
    folders += service.tmpfs
    return _is_in(path, [*folders, *_OWN]) and not _is_in(path, [SECRET_FOLDER])


def _is_in(path: str, folders: Iterable[str]) -> bool:
    return any(_real(path).is_relative_to(_real(folder)) for folder in folders)


def _real(path: str) -> PurePosixPath:
    """A path without the link that /var/run is in each image."""
    return PurePosixPath(re.sub(r"^/var/run(?=/|$)", "/run", path))
