"""Containers of others that have something of a project: its volumes, its folder, its networks. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any

from plumbline.report.fact import Check
from plumbline.stack.probing import PROGRAM
from plumbline.stack.project import ComposeProject

_ALONE = "its project alone"
_FOLDER = "files.(folder)"


def is_probe(listed: Mapping[str, Any], image: str) -> bool:
    """Whether a container, as the engine lists it, asks the probe's questions: for this look or for another at the same time.

    One that does anything else in the probe's image is foreign, and so is one that may write: a probe mounts to read alone.
    """
    asks = listed["Image"] == image and str(listed.get("Command", "")).startswith(PROGRAM)
    return bool(asks and not any(mount.get("RW", True) for mount in listed.get("Mounts") or []))


def foreign_user_checks(
    project: ComposeProject,
    own: Iterable[str],
    listed: Iterable[Mapping[str, Any]],
    networks: Iterable[Mapping[str, Any]],
    volumes: Iterable[Mapping[str, Any]],
) -> list[Check]:
    """Checks of each volume and network, and of the project's folder.

    `own` are ids of the project's containers, `listed` all containers of the engine, as it lists them: those too that do
    not run, for they may be started.
    """
    ids = set(own)
    others = [each for each in listed if each["Id"] not in ids]
    uses: dict[str, set[str]] = {_FOLDER: set()}
    places = {str(each["Mountpoint"]): f"volumes.{_short(project, each)}" for each in volumes}
    named = {str(each["Name"]): f"volumes.{_short(project, each)}" for each in volumes}
    joined = {str(each["Name"]): f"networks.{_short(project, each)}" for each in networks}
    uses |= {subject: set() for subject in (*places.values(), *joined.values())}
    for each in others:
        name = str(each["Names"][0]).lstrip("/")
        for mount in each.get("Mounts") or []:
            for subject in _of_mount(mount, project, named, places):
                uses[subject].add(name)
        for network in ((each.get("NetworkSettings") or {}).get("Networks") or {}).keys() & joined.keys():
            uses[joined[network]].add(name)
    return [
        Check(subject, "users", _ALONE, f"{', '.join(sorted(names))} too" if names else _ALONE, where=project.node.name)
        for subject, names in sorted(uses.items())
    ]


def _of_mount(
    mount: Mapping[str, Any], project: ComposeProject, named: Mapping[str, str], places: Mapping[str, str]
) -> Iterable[str]:
    if mount.get("Name") in named:
        yield named[mount["Name"]]
        return
    source = str(mount.get("Source") or "")
    yield from (subject for place, subject in places.items() if _is_in(source, place))
    if project.folder and _is_in(source, project.folder):
        yield _FOLDER


def _is_in(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder.rstrip('/')}/")


def _short(project: ComposeProject, each: Mapping[str, Any]) -> str:
    return str(each["Name"]).removeprefix(f"{project.name}_")
