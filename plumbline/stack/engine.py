"""The Docker engine, by its API and by the docker command: finds it, reads it and changes it."""

import json
import subprocess
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Literal

import docker
from docker.errors import APIError, ImageNotFound, NotFound
from docker.types import IPAMConfig, IPAMPool

from plumbline.spec.finding import EnvironmentMissing
from plumbline.stack.connection import Connection, find_connection
from schema.platform import Floors

_ASK_SECONDS = 30
_SDK_SECONDS = 60
_CHANGES = ("changed", "added", "deleted")
"""By the number that the engine's API gives (moby, api/types/container/change_type.go)."""
_NARROW = 16
_TOO_LONG = 124
"""As `timeout` has it."""
PROJECT = "com.docker.compose.project"
SERVICE = "com.docker.compose.service"
LEAST = Floors(engine="25", compose="2.24")
"""Oldest versions that verifying works with: `start_interval` came with Engine 25, `!override` with Compose 2.24."""


@dataclass(frozen=True)
class Versions:
    """What answers, e.g. engine `27.3.1`, Compose `2.29.7`."""

    engine: str
    compose: str
    platform: str
    """Operating system and architecture, e.g. `linux/amd64`."""

    def below(self, floors: Floors) -> list[str]:
        """A sentence for each version that is below its floor."""
        pairs = (("Docker Engine", self.engine, floors.engine), ("Docker Compose", self.compose, floors.compose))
        return [
            f"{name} here is {version}, but the spec needs {floor} or newer"
            for name, version, floor in pairs
            if _numbers(version) < _numbers(floor)
        ]


class Engine:
    """An engine that answers, by the docker command's own settings (DOCKER_HOST, then the current context)."""

    def __init__(self, connection: Connection, versions: Versions):
        self.connection = connection
        self.versions = versions

    @cached_property
    def client(self) -> docker.DockerClient:
        """The engine's API."""
        return self.connection.client(_SDK_SECONDS)

    def reconnect(self) -> None:
        """Forget the connection: the engine was restarted."""
        self.__dict__.pop("client", None)

    @cached_property
    def id(self) -> str:
        """The engine's own name for itself, the same after a restart."""
        return str(self.client.info()["ID"])

    def run(self, arguments: Sequence[str], seconds: float = _ASK_SECONDS) -> subprocess.CompletedProcess[str]:
        """A docker command, out of reach of the terminal's Ctrl-C, so that only this program decides when it ends."""
        return subprocess.run(
            ["docker", *arguments],
            env=self.connection.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=seconds,
            check=False,
            start_new_session=True,
        )

    def execute(self, container: str, command: Sequence[str]) -> tuple[int, str]:
        """Run a command in a container: its exit code, and what it printed. 124 when it took too long."""
        try:
            done = self.run(["exec", container, *command])
        except subprocess.TimeoutExpired:
            return _TOO_LONG, f"no end within {_ASK_SECONDS} s"
        return done.returncode, (done.stdout + done.stderr).strip()

    def start(self, arguments: Sequence[str]) -> subprocess.Popen[str]:
        """A docker command that runs while others do; its output is to be read."""
        return subprocess.Popen(
            ["docker", *arguments],
            env=self.connection.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )

    def save(self, references: Sequence[str]) -> subprocess.Popen[bytes]:
        """`docker image save`, whose standard output is the archive."""
        return subprocess.Popen(
            ["docker", "image", "save", *references],
            env=self.connection.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )

    def image(self, reference: str) -> dict[str, Any] | None:
        """What the engine knows of an image, None when it has none."""
        try:
            return dict(self.client.api.inspect_image(reference))  # type: ignore[no-untyped-call]
        except ImageNotFound:
            return None

    def containers(self, project: str) -> list[dict[str, Any]]:
        """Every container of a compose project, running or not, as `docker inspect` has it."""
        listed = self.client.api.containers(all=True, filters={"label": f"{PROJECT}={project}"})
        with ThreadPoolExecutor(8) as pool:
            found = pool.map(lambda each: self._inspected(each["Id"]), listed)
            return [each for each in found if each is not None]

    def changed_paths(self, container: str) -> dict[str, str]:
        """Paths of a container's own layer that its image does not have so, with `added`, `changed` or `deleted`; none of one that is gone."""
        try:
            found = self.client.api.diff(container)
        except NotFound:
            return {}
        return {str(each["Path"]): _CHANGES[each["Kind"]] for each in found or []}

    def list_containers(self) -> list[dict[str, Any]]:
        """Every container of the engine, running or not, as `docker ps` has it."""
        return list(self.client.api.containers(all=True))

    def states(self, projects: Iterable[str]) -> dict[str, str]:
        """A word for the state of each service of the projects: `healthy`, `starting`, `running`, `exited` …"""
        found: dict[str, str] = {}
        for project in projects:
            for each in self.client.api.containers(all=True, filters={"label": f"{PROJECT}={project}"}):
                status = each.get("Status", "")
                health = status.rpartition("(")[2].rstrip(")").removeprefix("health: ") if "(" in status else ""
                word = health if each["State"] == "running" and health else each["State"]
                found[each["Labels"].get(SERVICE, each["Names"][0])] = word
        return found

    def networks(self, project: str) -> list[dict[str, Any]]:
        """The networks of a compose project, with who is in them."""
        listed = self.client.api.networks(filters={"label": f"{PROJECT}={project}"})
        return [dict(self.client.api.inspect_network(each["Id"])) for each in listed]

    def subnets(self) -> list[str]:
        """Subnets of every network of the engine."""
        return [
            config["Subnet"]
            for network in self.client.api.networks()
            for config in (network.get("IPAM") or {}).get("Config") or []
            if "Subnet" in config
        ]

    def routes(self) -> list[str]:
        """Ranges that this host has a route to, where the engine is on this host: a VPN's, or an engine's that died.

        Wide ones are left out: the route to a network of the engine is narrower, and wins.
        """
        table = Path("/proc/net/route")
        if not self.connection.is_local or not table.exists():
            return []
        rows = [line.split() for line in table.read_text().splitlines()[1:]]
        found = [ip_network(f"{_address(row[1])}/{_address(row[7])}") for row in rows]
        return [str(network) for network in found if network.prefixlen >= _NARROW]

    def published_addresses(self) -> set[str]:
        """Every `address:port` that a container of the engine publishes."""
        return {
            f"{port.get('IP') or '0.0.0.0'}:{port['PublicPort']}"
            for container in self.client.api.containers()
            for port in container["Ports"] or []
            if port.get("PublicPort")
        }

    def holders(self, subnet: str) -> list[tuple[str, str]]:
        """The networks that overlap a subnet: name and compose project, which may be empty."""
        wanted = ip_network(subnet)
        return [
            (str(network["Name"]), str((network.get("Labels") or {}).get(PROJECT, "")))
            for network in self.client.api.networks()
            for config in (network.get("IPAM") or {}).get("Config") or []
            if ":" not in config.get("Subnet", ":") and ip_network(config["Subnet"]).overlaps(wanted)
        ]

    def make_network(self, project: str, name: str, subnet: str, gateway: str) -> bool:
        """Make a network that belongs to a project, with a given address on the host; False where another has the range."""
        ipam = IPAMConfig(pool_configs=[IPAMPool(subnet=subnet, gateway=gateway)])
        try:
            self.client.api.create_network(name, driver="bridge", ipam=ipam, labels={PROJECT: project})
        except APIError as error:
            if "overlaps" in str(error.explanation):
                return False
            hint = "check what `docker network create` says, or use another engine"
            raise EnvironmentMissing(f"network {subnet} cannot be created: {error.explanation}", hint) from None
        return True

    def volumes(self, project: str) -> list[dict[str, Any]]:
        """The volumes of a compose project."""
        return list(self.client.api.volumes(filters={"label": f"{PROJECT}={project}"})["Volumes"] or [])

    def logs(self, container: str, lines: int | Literal["all"] = "all") -> list[str]:
        """A container's last lines."""
        try:
            text = self.client.api.logs(container, tail=lines).decode(errors="replace")
        except APIError:
            return []
        return text.splitlines()

    def holds(self, project: str) -> bool:
        """Whether anything of a compose project is there."""
        wanted = {"label": f"{PROJECT}={project}"}
        api = self.client.api
        return bool(api.containers(all=True, filters=wanted) or api.networks(filters=wanted) or self.volumes(project))

    def remove_project(self, project: str) -> None:
        """Remove a project's containers, networks and volumes, and nothing else; what is still in use is left for another try."""
        api = self.client.api
        containers = api.containers(all=True, filters={"label": f"{PROJECT}={project}"})
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda each: _gone(lambda: api.remove_container(each["Id"], v=True, force=True)), containers))
        for network in self.networks(project):
            for member in network.get("Containers") or {}:
                _gone(lambda: api.disconnect_container_from_network(member, network["Id"], force=True))  # noqa: B023
            _gone(lambda: api.remove_network(network["Id"]))  # noqa: B023
        for volume in self.volumes(project):
            _gone(lambda: api.remove_volume(volume["Name"], force=True))  # noqa: B023

    def _inspected(self, container: str) -> dict[str, Any] | None:
        try:
            return dict(self.client.api.inspect_container(container))
        except NotFound:
            return None


def find_engine() -> Engine:
    """The engine that the docker command would use. Raises EnvironmentMissing where there is none, or it is too old."""
    connection, version, compose = find_connection()
    versions = Versions(version["Version"], compose, f"{version['Os']}/{version['Arch']}")
    if too_old := versions.below(LEAST):
        raise EnvironmentMissing("; ".join(too_old), "install a newer Docker Engine and Compose plugin")
    return Engine(connection, versions)


def _gone(remove: Any) -> None:
    try:
        remove()
    except APIError as error:
        # gone already; or in use by a container that is being made, or in removal by a request before
        if error.status_code not in (404, 409) and "has active endpoints" not in str(error):
            raise


def _numbers(version: str) -> tuple[int, ...]:
    """`26.1.5+dfsg1` → (26, 1, 5)."""
    plain = version.split("+", 1)[0].split("-", 1)[0]
    return tuple(int(part) for part in plain.split(".") if part.isdecimal())


def as_json(value: object) -> str:
    """One spelling of a list or map, for comparison."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def _address(little_endian: str) -> str:
    """An address of /proc/net/route, e.g. `001DAC0A`."""
    return ".".join(str(byte) for byte in reversed(bytes.fromhex(little_endian)))
