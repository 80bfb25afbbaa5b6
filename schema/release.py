"""`release.json` beside each compose file: what an update has to compare of a deployment. Derived; no fact in it is written by hand."""

from typing import Annotated, Literal

from pydantic import Field

from schema.platform import Migration, Version
from schema.types import Bool, Digest, Id, Int, Model, Sha256


class DataFacts(Model):
    """The form in which an image keeps its data, as its contract says."""

    format: str
    """The form of the data on the disk."""
    version: str
    """Numbers of the image's tag with dots between, the most significant first, e.g. `16.15`; empty where it has none."""
    read_by: Literal["same-major", "next-minor", "later"]
    """Which versions read what this one has written."""
    otherwise: str
    """How the data gets to a version that does not read it."""


class ServiceFacts(Model):
    """A service of a deployment. The first five fields define the container: if one changes, it is recreated."""

    image: Id
    """Id in images.yaml."""
    reference: str
    """How the compose file names the image."""
    digest: Digest | None
    """Digest that the spec pins; null while the image is unpublished."""
    entry: Sha256
    """Checksum of its entry in the compose file, without the image and what it waits for."""
    files: dict[str, Sha256]
    """Checksum of each configuration file that it mounts, by its path below the service's folder of configuration."""
    kind: Literal["service", "job"]
    """Whether it runs until it is stopped, or once."""
    profiles: tuple[str, ...]
    """Compose profiles; one that has any does not start by itself."""
    called: Bool
    """Whether it is a job that each update runs once; another job runs with the services that wait for it."""
    health: Bool
    """Whether one can wait for it."""
    networks: tuple[Id, ...]
    """Networks that it joins."""
    needs: tuple[Id, ...]
    """Services and jobs of this deployment that have to be there before it."""
    answers: tuple[str, ...]
    """Addresses and ports of the node that it answers at, e.g. `127.0.0.1:8080`."""
    drained: Bool
    """Whether it finishes what it holds before anything changes."""
    second_copy: tuple[str, ...] | None = None
    """Ports that a second copy publishes instead of the first, ADDRESS:PORT:CONTAINER_PORT; null where it gets no second copy."""
    stop_grace_s: Int
    """Seconds that it has to end."""
    ready_within_s: Int | None = None
    """Seconds after its start in which its health check succeeds, or it counts as unhealthy; null where nothing checks it."""
    volumes: tuple[Id, ...]
    """Volumes of its own, which outlive its container."""
    data: DataFacts | None
    """Form of what is in the volumes; null where it has none, or no contract says it."""
    secrets: tuple[str, ...]
    """Secrets that it is given."""
    settings: tuple[str, ...]
    """Names of its environment variables."""
    folders: tuple[str, ...]
    """Folders and files of the node that it mounts."""
    models: tuple[str, ...]
    """Folders of model files that it mounts; what is in them, only a bundle's manifest says."""
    memory_mib: Int | None
    """Memory in MiB that it may take; null where nothing limits it."""


class ReleaseFacts(Model):
    """`release.json`: one compose project of a release."""

    format: Annotated[Int, Field(ge=1, le=1)]
    """Version of this form."""
    platform: Id
    """Name of the platform."""
    version: Version
    """Release that the spec describes."""
    mode: Id
    """Mode of the deployment."""
    role: Id
    """Role of the nodes that run it."""
    sealed: Bool
    """Whether nothing is reached from its nodes, so that its images come in a bundle."""
    memory_mib: Int
    """Memory in MiB that its services may take together, without those of a profile."""
    networks: dict[Id, Sha256]
    """Checksum of each network's definition; Compose cannot change one that is in use."""
    secrets: dict[str, str | None]
    """Secrets of the deployment, and who issues the value; null where it is made on the host."""
    variables: tuple[str, ...]
    """Variables that the compose file takes from `.env`."""
    migrations: dict[Id, tuple[Migration, ...]]
    """Migrations in order, by the job of this deployment that runs them."""
    services: dict[Id, ServiceFacts]
    """Services and jobs by id."""
