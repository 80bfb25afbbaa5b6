"""Configuration and secrets that run: content, owner and mode, as the container and its host have them, against what was generated."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from plumbline.effective.config_files import config_mounts
from plumbline.effective.expression_names import SECRET_FOLDER
from plumbline.report.fact import Check
from plumbline.stack.project import ComposeProject

FILES = "files"
AS_BUILT = "as in the image"
AS_GIVEN = "content, owner and mode as given"
_GROUP_WRITES, _OTHERS_WRITE, _OTHERS = 0o020, 0o002, 0o077
_ROOT = "0"
Entry = Mapping[str, Any]
"""`sha256`, `size`, `owner`, `mode` and, of a folder, the entries `below` it by name."""


@dataclass(frozen=True)
class ExpectedFile:
    """A file as it was generated, or given for a run."""

    sha256: str | None
    """None where the content is its owner's secret."""
    mode: str | None
    """Octal; None where any will do that lets nobody else write."""


def wanted_files(committed: Path, project: ComposeProject, values: Mapping[str, str] | None) -> dict[str, ExpectedFile]:
    """Every file that is mounted, by its path in the project's folder.

    `committed` is the generated folder. `values` are the secrets of a stack that was started for a look, None for another's.
    """
    found: dict[str, ExpectedFile] = {}
    for name, service in project.deployment.services.items():
        for path in config_mounts(service).values():
            place = committed / "config" / name / path
            files = [each for each in place.rglob("*") if each.is_file()] if place.is_dir() else [place]
            for file in files:
                mode = f"{file.stat().st_mode & 0o7777:04o}" if values is not None else None
                digest = hashlib.sha256(file.read_bytes()).hexdigest()
                found[file.relative_to(committed).as_posix()] = ExpectedFile(digest, mode)
        for secret, use in service.secrets.items():
            if not use.environment:
                digest = hashlib.sha256(values[secret].encode()).hexdigest() if values is not None else ""
                found[f"secrets/{secret}"] = ExpectedFile(digest or None, "0444" if values is not None else None)
    return found


def layer_checks(subject: str, where: str, container: Mapping[str, Any], changed: Mapping[str, str]) -> list[Check]:
    """A check of a container that may not write to its root: only places where something is mounted, and folders on the way, are new.

    `changed` says how each path differs from the image.
    """
    if not container["HostConfig"].get("ReadonlyRootfs"):
        return []
    mounted = {each["Destination"] for each in container.get("Mounts") or []} | {
        *(container["HostConfig"].get("Tmpfs") or {})
    }
    on_the_way = {str(each) for place in mounted for each in (PurePosixPath(place), *PurePosixPath(place).parents)}
    odd = [f"{path} {how}" for path, how in sorted(changed.items()) if how == "deleted" or path not in on_the_way]
    return [Check(subject, f"{FILES}.image", AS_BUILT, "; ".join(odd) or AS_BUILT, where=where)]


def mounted_at(project: ComposeProject, service: str) -> dict[str, str]:
    """What a service mounts of its project's folder: place in the container → path in the folder."""
    used = project.deployment.services[service]
    places = {target: f"config/{service}/{path}" for target, path in config_mounts(used).items()}
    secrets = {f"{SECRET_FOLDER}/{secret}" for secret, use in used.secrets.items() if not use.environment}
    return places | {target: f"secrets/{target.rpartition('/')[2]}" for target in secrets}


def folders_of(wanted: Mapping[str, ExpectedFile]) -> list[str]:
    """The project's folder and those of the files."""
    return sorted({".", *(str(parent) for path in wanted for parent in Path(path).parents)})


def file_checks(
    project: ComposeProject,
    wanted: Mapping[str, ExpectedFile],
    inside: Mapping[str, Mapping[str, Entry | None]],
    host: Mapping[str, Entry | None],
) -> list[Check]:
    """Checks of every file, as each container sees it and as it lies on the host.

    `inside` is by service and place in the container, `host` by path in the project's folder; it is empty for a
    project that mounts none, or whose folder is gone.
    """
    where, home = project.node.name, host.get(".")
    owner = home["owner"] if home else None
    checks: list[Check] = []
    for service, entries in inside.items():
        for target, path in mounted_at(project, service).items():
            faults = "; ".join(_faults_at(path, entries.get(target), wanted, host, owner)) or AS_GIVEN
            checks.append(Check(f"services.{service}", f"{FILES}.{target}", AS_GIVEN, faults, where=where))
    if home is None:
        return checks
    for path, each in wanted.items():
        faults = "; ".join(_faults(host.get(path), each, owner)) or AS_GIVEN
        checks.append(Check(f"{FILES}.{path}", f"{FILES}.on_host", AS_GIVEN, faults, where=where))
    for folder in folders_of(wanted):
        faults = "; ".join(_folder_faults(folder, host.get(folder), owner)) or AS_GIVEN
        shown = "(folder)" if folder == "." else folder
        checks.append(Check(f"{FILES}.{shown}", f"{FILES}.on_host", AS_GIVEN, faults, where=where))
    return checks


def missing_folder(project: ComposeProject) -> Check:
    """That of a project whose folder is gone from its host: it runs, and can't be started again."""
    return Check(f"{FILES}.(folder)", f"{FILES}.on_host", AS_GIVEN, "missing", where=project.node.name)


def _faults_at(
    path: str,
    entry: Entry | None,
    wanted: Mapping[str, ExpectedFile],
    host: Mapping[str, Entry | None],
    owner: str | None,
) -> Iterator[str]:
    if path in wanted:
        yield from _faults(entry, wanted[path], owner)
        kept = host.get(path)
        if entry and kept and entry["sha256"] != kept["sha256"]:
            yield "another content than on the host"
        return
    below = (entry or {}).get("below") or {}
    files = {name.removeprefix(f"{path}/"): each for name, each in wanted.items() if name.startswith(f"{path}/")}
    for name, each in files.items():
        yield from (f"{name}: {fault}" for fault in _faults(below.get(name), each, owner))
    yield from (f"{name}: not of the spec" for name in sorted(below.keys() - files.keys()))


def _faults(entry: Entry | None, wanted: ExpectedFile, owner: str | None) -> Iterator[str]:
    if entry is None:
        yield "missing"
        return
    if not entry["size"] and wanted.sha256 != _EMPTY:
        yield "empty"
    elif wanted.sha256 not in (None, entry["sha256"]):
        yield "another content"
    yield from _rights(entry, owner, wanted.mode)


_EMPTY = hashlib.sha256(b"").hexdigest()


def _rights(entry: Entry, owner: str | None, mode: str | None) -> Iterator[str]:
    """`owner` is that of the project's folder, `uid:gid`. Root may own any file; a group may write that is its user's own."""
    user, _, group = entry["owner"].partition(":")
    bits = int(entry["mode"], 8)
    writable = bits & _OTHERS_WRITE or (bits & _GROUP_WRITES and group not in (user, _ROOT))
    if entry["mode"] != mode if mode else writable:
        yield f"mode {entry['mode']}"
    if owner is not None and user not in (owner.partition(":")[0], _ROOT):
        yield f"owner {entry['owner']}"


def _folder_faults(folder: str, entry: Entry | None, owner: str | None) -> Iterator[str]:
    if entry is None:
        yield "missing"
        return
    yield from _rights(entry, owner, None)
    if folder == "secrets" and int(entry["mode"], 8) & _OTHERS:
        yield f"mode {entry['mode']}, and others may not enter"
