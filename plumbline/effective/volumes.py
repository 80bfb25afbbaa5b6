"""Volumes: their names in a compose project, and where they are mounted, by their own service and by those that share them. Pure."""

import posixpath
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from schema.service import Service

_SHELLS = ("sh", "ash", "bash", "dash")


@dataclass(frozen=True, slots=True)
class VolumeMount:
    """A named volume in a container."""

    owner: str
    """Service whose volume it is."""
    volume: str
    target: str
    read_only: bool
    field: str
    """Field of the service that says so, and the key or the index there."""
    key: str | int

    @property
    def name(self) -> str:
        """The volume's name in the compose project."""
        return volume_name(self.owner, self.volume)


def volume_name(service: str, volume: str) -> str:
    """Name of a service's volume in the compose project."""
    return f"{service}-{volume}"


def volume_mounts(name: str, service: Service) -> Iterator[VolumeMount]:
    """The volumes that a service mounts: its own, then those that it shares."""
    for volume, target in service.volumes.items():
        yield VolumeMount(name, volume, target, False, "volumes", volume)
    for index, each in enumerate(service.shares):
        yield VolumeMount(each.service, each.volume, each.target, each.read_only, "shares", index)


def services_sharing(services: Mapping[str, Service], owner: str, volume: str) -> list[str]:
    """The services that mount a volume of another."""
    return [
        name
        for name, service in services.items()
        if any((each.service, each.volume) == (owner, volume) for each in service.shares)
    ]


def gives_owners(service: Service) -> bool:
    """Whether it is a job that does nothing but set the owner of volumes: `chown`, as root, with no capability but CHOWN."""
    meets_others = service.needs or service.ports or service.secrets or service.mounts or service.volumes
    return (
        service.kind == "job"
        and bool(calls_of_chown(service))
        and service.user == "0:0"
        and service.capabilities == ("CHOWN",)
        and not meets_others
    )


def calls_of_chown(service: Service) -> list[list[str]]:
    """The arguments of each `chown`, where a service runs nothing else; a shell's script may call it several times."""
    words = [word for word in (*(service.entrypoint or ()), *(service.command or ())) if isinstance(word, str)]
    if len(words) == 3 and posixpath.basename(words[0]) in _SHELLS and words[1] == "-c":
        try:
            split = shlex.shlex(words[2].replace("\n", ";"), posix=True, punctuation_chars=True)
            split.whitespace_split = True
            calls = _commands(list(split))
        except ValueError:
            return []
    else:
        calls = [words]
    if any(not call or posixpath.basename(call[0]) != "chown" for call in calls):
        return []
    return [call[1:] for call in calls]


def _commands(words: list[str]) -> list[list[str]]:
    """The commands of a script. One that pipes, redirects, or puts something in has a command that is no program's."""
    found: list[list[str]] = [[]]
    for word in words:
        if word in ("&&", ";"):
            found.append([])
        elif set(word) & set("|&;<>()$`"):
            return [[]]
        else:
            found[-1].append(word)
    return [call for call in found if call and call[:2] != ["set", "-e"]] or [[]]
