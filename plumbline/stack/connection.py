"""Finding the engine that the docker command would use: DOCKER_HOST, else the current context, with TLS and over SSH."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import docker
from docker.context import ContextAPI
from docker.errors import DockerException
from docker.utils import kwargs_from_env
from requests import RequestException

from plumbline.spec.finding import EnvironmentMissing

API_VERSION = "1.44"
"""Of the engine's API: that of Engine 25, the oldest that is supported, and the oldest that Engine 29 still offers."""
_ASK_SECONDS = 30
GET_DOCKER = "install Docker Engine and its Compose plugin, start it, and check that `docker info` answers"


@dataclass(frozen=True)
class Connection:
    """How the docker command reaches an engine."""

    host: str
    """E.g. `unix:///var/run/docker.sock`, `tcp://build.example:2376`, `ssh://ops@build.example`."""
    context: str = ""
    """The context that leads there; empty where DOCKER_HOST does."""

    @property
    def is_local(self) -> bool:
        """Whether the engine's host is this one, and sees the same files."""
        return self.host.startswith(("unix://", "npipe://"))

    @property
    def setting(self) -> tuple[str, str]:
        """The variable by which the docker command is led there, and its value."""
        return ("DOCKER_CONTEXT", self.context) if self.context else ("DOCKER_HOST", self.host)

    @property
    def environment(self) -> dict[str, str]:
        """The environment of docker commands: this engine, and none of the user's compose settings."""
        dropped = ("COMPOSE_", "DOCKER_HOST", "DOCKER_CONTEXT")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
        name, value = self.setting
        return {**kept, name: value, "COMPOSE_PROGRESS": "plain", "COMPOSE_ANSI": "never"}

    def client(self, timeout: float | None) -> docker.DockerClient:
        """A connection to its API; without a timeout it may wait for ever."""
        settings: dict[str, Any] = {"timeout": timeout, "use_ssh_client": self.host.startswith("ssh://")}
        settings["version"] = API_VERSION
        if self.context:
            settings |= {"base_url": self.host, "tls": ContextAPI.get_context(self.context).TLSConfig}
        else:
            settings |= kwargs_from_env(environment={**os.environ, "DOCKER_HOST": self.host})
        client = docker.DockerClient(**settings)
        # proxies and certificate bundles of the environment are meant for the web
        client.api.trust_env = False
        return client


def find_connection() -> tuple[Connection, Mapping[str, Any], str]:
    """The connection, what the engine says of its version, and the version of Compose. Raises EnvironmentMissing."""
    if shutil.which("docker") is None:
        raise EnvironmentMissing("the docker command is not installed", GET_DOCKER)
    if host := os.environ.get("DOCKER_HOST"):
        connection = Connection(host)
    else:
        shown = _asked("context", "inspect", "--format", "{{.Name}} {{.Endpoints.docker.Host}}")
        context, _, host = (shown or "").partition(" ")
        if not host:
            raise EnvironmentMissing("the docker command names no engine", GET_DOCKER)
        connection = Connection(host, "" if context == "default" else context)
    try:
        version: Mapping[str, Any] = connection.client(_ASK_SECONDS).version()
    except (DockerException, RequestException, OSError) as error:
        if "is too new" in str(error):
            raise EnvironmentMissing(
                f"the engine at {host} is too old: {error}", "install Docker Engine 25 or newer"
            ) from None
        raise EnvironmentMissing(f"no Docker engine answers at {host}: {error}", GET_DOCKER) from None
    compose = _asked("compose", "version", "--short")
    if not compose:
        raise EnvironmentMissing("the docker command has no Compose plugin", GET_DOCKER)
    return connection, version, compose.removeprefix("v")


@contextmanager
def engine_errors() -> Iterator[None]:
    """An engine that stops answering, or refuses, is the machine's fault, and said as such."""
    try:
        yield
    except (DockerException, RequestException) as error:
        raise EnvironmentMissing(
            f"the engine did not do what it was asked to do: {error}",
            "check that `docker info` answers; the next run removes what is left of this one",
        ) from None


def _asked(*arguments: str) -> str | None:
    try:
        done = subprocess.run(["docker", *arguments], capture_output=True, text=True, timeout=_ASK_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return None
    return done.stdout.strip() if done.returncode == 0 else None
