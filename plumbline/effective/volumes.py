"""Volumes: their names in a compose project, and where they are mounted, by their own service and by those that share them. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from schema.service import Service


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
    program = service.entrypoint[0] if service.entrypoint else ""
    meets_others = service.needs or service.ports or service.secrets or service.mounts or service.volumes
    return (
        service.kind == "job"
        and isinstance(program, str)
        and program.rpartition("/")[2] == "chown"
        and service.user == "0:0"
        and service.capabilities == ("CHOWN",)
        and not meets_others
    )
