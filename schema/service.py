"""`services/<id>.yaml`: one service, what it needs, and what differs in a mode."""

from typing import Annotated, Literal

from pydantic import Field

from schema.forms import form
from schema.types import (
    Address,
    AnyPath,
    Bool,
    ContainerPath,
    EnvironmentName,
    Id,
    ImageId,
    Int,
    ModeId,
    Model,
    ModelId,
    NetworkId,
    Number,
    PortName,
    PortNumber,
    RelativePath,
    Seconds,
    SecretId,
    ServiceId,
    Text,
    Title,
    UrlPath,
    User,
    Value,
    documentation,
)


class Publication(Model):
    """A port made reachable on the node itself."""

    address: Address
    """IP address of the node's interface; 127.0.0.1 is the node alone, 0.0.0.0 every interface."""
    port: PortNumber
    """Port number on the node."""


class HttpHealth(Model):
    """An HTTP request that answers 200 when the service is ready."""

    port: PortName
    """Name of the service's port to ask."""
    path: UrlPath
    """Path of the request, e.g. `/health`."""


class Health(Model):
    """How the engine learns that the service is ready. Give exactly one of `http` and `command`."""

    http: HttpHealth | None = None
    """Ask by HTTP, with the client that the image holds (`http_client` in images.yaml)."""
    command: Annotated[tuple[Value, ...], Field(min_length=1)] | None = None
    """A command in the container (argument list, no shell); exit code 0 is healthy."""
    interval_s: Seconds = 10
    """Seconds between two checks."""
    timeout_s: Seconds = 3
    """Seconds after which one check has failed."""
    retries: Annotated[Int, Field(ge=1, le=1000)] = 3
    """Failures in a row before the service is unhealthy."""
    start_period_s: Annotated[Number, Field(ge=0, le=86_400)] = 10
    """Seconds after the start in which failures do not count."""
    start_interval_s: Seconds = 1
    """Seconds between two checks while it starts, so that whatever waits for it continues immediately."""


class Metrics(Model):
    """Where a service exports its metrics, in the text format of Prometheus."""

    port: PortName
    """Name of the service's port to ask."""
    path: UrlPath = "/metrics"
    """Path of the request."""
    secret: SecretId | None = None
    """Secret that the collector presents as a bearer token; it has to be among the collector's own secrets too."""


class Limits(Model):
    """What the kernel lets one container have."""

    memory_mib: Annotated[Int, Field(ge=6, le=16_777_216)]
    """Memory in MiB; the kernel kills the container's process beyond it."""
    cpus: Annotated[Number, Field(ge=0.01, le=1024)]
    """Processor cores, fractions allowed."""
    pids: Annotated[Int, Field(ge=1, le=4_194_304)] = 256
    """Processes and threads."""


class StateTest(Model):
    """How to see that what the service keeps is still there: two commands in its container, tried by `plumb verify stack --faults`.

    Each is an argument list to which a random word is added as the last argument; to `sh -c SCRIPT` that is `$0`.
    """

    write: Annotated[tuple[Value, ...], Field(min_length=1)]
    """Stores the word, by the service's own protocol; exit code 0."""
    read: Annotated[tuple[Value, ...], Field(min_length=1)]
    """Prints the word if it is there, and nothing else."""


class SelfTest(Model):
    """A command in the running container whose output shows that the service does its work."""

    title: Title
    """What is shown, e.g. `The EICAR test file is found`."""
    run: Annotated[tuple[Value, ...], Field(min_length=1)]
    """The command (argument list, no shell)."""
    prints: Text
    """Text that the output has to hold."""


class RunningQuery(Model):
    """A question to the running service about the settings that it runs with; they may be others than those of its file.

    What it prints is compared whole: a line that `answers` does not have is a difference too, so that a query for
    everything that is not a default finds whatever was changed. Nothing secret may be printed.
    """

    title: Text
    """What is asked, e.g. `Settings that are not PostgreSQL's own`."""
    run: Annotated[tuple[Value, ...], Field(min_length=1)]
    """The command in its container (argument list, no shell). It changes nothing, ends with 0 and prints lines `name=value`."""
    answers: Annotated[dict[Text, Value], Field(min_length=1)]
    """The value of each name."""


class Export(Model):
    """Something that the service keeps, taken out by `export.sh` and put back by `restore.sh`."""

    file: Annotated[
        str,
        form(
            r"^[a-z][a-z0-9.-]*$",
            "the name of a file: lower-case letters, digits and . -, a letter first, e.g. database.dump",
        ),
    ]
    """Name in the export, e.g. `database.dump`."""
    title: Title
    """What it is."""
    after: tuple[Text, ...] = ()
    """Files of other exports that are taken before it, and put back after it: rows before the objects that they name, so that no
    row is without its object."""
    folder: Bool = False
    """False: the command runs in the running container and its output is the file, which `restore` reads as its input.
    True: it runs in a container of its own, of the same image, with the folder mounted at /export; $PEER is the address
    of the running one."""
    command: Annotated[tuple[Value, ...], Field(min_length=1)]
    """The command that takes it out (argument list, no shell)."""
    restore: tuple[Value, ...] = ()
    """The command that puts it back; empty for what is only read by people."""


class SecretUse(Model):
    """A secret that the service reads from a file, or, where its image knows no other way, its environment."""

    variable: EnvironmentName | None = None
    """Environment variable that holds the path of the secret's file, e.g. `POSTGRES_PASSWORD_FILE`."""
    environment: EnvironmentName | None = None
    """Environment variable that would hold the value itself. Rejected by PLB602 unless waived."""


class ConfigFile(Model):
    """A configuration file of the spec, mounted read-only: rendered where its name ends in `.j2`, else copied as it is."""

    source: RelativePath
    """File below the spec's folder, in `config/`. `config/redis.conf.j2` is Jinja2 with the same names as `template:`, and
    becomes `redis.conf`; `config/alerts.yml` is copied, and braces in it are those of the program that reads it. In a
    template, `{% raw %}…{% endraw %}` keeps such braces. Each is UTF-8 text; a binary file belongs in the image or in `mounts`."""
    target: ContainerPath
    """Path in the container. With `{tenant}` in its name there is one file for each tenant, rendered with the names of
    that tenant, in a folder that is mounted as a whole: one file can be replaced while the service runs."""


class HostMount(Model):
    """A folder or file of the node, mounted in the container."""

    source: AnyPath
    """Path on the node."""
    target: ContainerPath
    """Path in the container."""
    read_only: Bool = True
    """Whether the container may not write to it."""


class SharedVolume(Model):
    """A volume of another service, mounted in this one too. It stays the other's: room, exports and tests of state are said there."""

    service: ServiceId
    """Service whose volume it is, on the same node."""
    volume: Id
    """The volume's name there."""
    target: ContainerPath
    """Path in this container."""
    read_only: Bool = True
    """Whether the container may not write to it."""


class Override(Model):
    """What differs in one mode. A map is merged key by key (null removes a key); anything else is replaced, by null with its default.

    Not here, for it is what the service is: `title`, `summary`, `notes`; whether it is a job or an agent (`kind`, `per_node`);
    and how one tries it and saves its state (`state_test`, `self_tests`, `running`, `exports`).
    """

    image: ImageId | None = None
    """Image id in images.yaml."""
    entrypoint: tuple[Value, ...] | None = None
    """Replaces the image's entry point (argument list); an empty list leaves the image's command to start by itself."""
    command: tuple[Value, ...] | None = None
    """Arguments of the entry point."""
    user: User | None = None
    """Numeric `uid:gid` that the process runs as."""
    environment: dict[EnvironmentName, Value | None] | None = None
    """Environment variables, none of them secret."""
    secrets: dict[SecretId, SecretUse | None] | None = None
    """Secrets by id (secrets.yaml), mounted at /run/secrets/<id>."""
    needs: dict[ServiceId, PortName | None] | None = None
    """Services that it connects to, and the port's name."""
    after: tuple[ServiceId, ...] | None = None
    """What has to be there before it starts: jobs that ended with 0, services that are healthy."""
    segments: tuple[NetworkId, ...] | None = None
    """Networks that it joins."""
    ports: dict[PortName, PortNumber | None] | None = None
    """TCP ports that the process listens on in the container, by name."""
    publish: dict[PortName, Publication | None] | None = None
    """Ports reachable on the node, by port name."""
    health: Health | None = None
    """Readiness check."""
    metrics: Metrics | None = None
    """Where it exports its metrics."""
    limits: Limits | None = None
    """Memory, processor and process limits."""
    volumes: dict[Id, ContainerPath | None] | None = None
    """Named volumes that keep state, and their path in the container."""
    shares: tuple[SharedVolume, ...] | None = None
    """Volumes of other services that it mounts too."""
    volume_gb: dict[Id, Annotated[Int, Field(ge=1)] | None] | None = None
    """Room in GB that a volume needs."""
    tmpfs: tuple[ContainerPath, ...] | None = None
    """Writable folders in memory that do not survive a restart."""
    models: dict[ModelId, ContainerPath | None] | None = None
    """Model files (models.yaml), mounted read-only, and their path in the container."""
    mounts: tuple[HostMount, ...] | None = None
    """Folders of the node, mounted in the container."""
    config: tuple[ConfigFile, ...] | None = None
    """Configuration files: `.j2` rendered, any other copied."""
    capabilities: (
        tuple[
            Annotated[str, form(r"^[A-Z_]+$", "a capability of Linux in capital letters, e.g. NET_BIND_SERVICE")], ...
        ]
        | None
    ) = None
    """Linux capabilities to add."""
    stop_grace_s: Annotated[Int, Field(ge=1, le=86_400)] | None = None
    """Seconds between SIGTERM and SIGKILL when it is stopped."""
    tolerates: tuple[ServiceId, ...] | None = None
    """Needs without which it stays healthy and does less."""
    profile: Id | None = None
    """Compose profile; the service starts only when the profile is asked for."""


class Service(Model):
    """One service of the platform."""

    title: Title
    """Name for readers."""
    summary: Text
    """One or two sentences: what it does."""
    kind: Literal["service", "job"] = "service"
    """`service` runs until it is stopped; `job` runs once and must exit with 0: on demand, or, where others start `after` it, at
    each start."""
    per_node: Bool = False
    """True for an agent that runs once on each node of the roles that name it."""
    image: ImageId
    """Image id in images.yaml."""
    entrypoint: tuple[Value, ...] | None = None
    """Replaces the image's entry point (argument list); an empty list leaves the image's command to start by itself."""
    command: tuple[Value, ...] | None = None
    """Arguments of the entry point; absent: the image's own."""
    user: User | None = None
    """Numeric `uid:gid` that the process runs as."""
    ports: dict[PortName, PortNumber] = {}
    """TCP ports that the process listens on in the container, by name."""
    publish: dict[PortName, Publication] = {}
    """Ports reachable on the node, by port name. Links between nodes derive from `needs` and are not written here."""
    needs: dict[ServiceId, PortName] = {}
    """Services that it connects to, and the port's name. Start order, networks and firewalls derive from it."""
    after: tuple[ServiceId, ...] = ()
    """What must be ready before it starts, apart from its needs: jobs that ended with 0, such as a migration, and services that are
    healthy, although it connects to none of them. They run on its node; a job runs at each start then, so it has to bear that."""
    segments: tuple[NetworkId, ...] = ()
    """Networks that it joins."""
    environment: dict[EnvironmentName, Value] = {}
    """Environment variables, none of them secret."""
    secrets: dict[SecretId, SecretUse] = {}
    """Secrets by id (secrets.yaml), mounted at /run/secrets/<id>."""
    health: Health | None = None
    """Readiness check; a job has none."""
    metrics: Metrics | None = None
    """Where it exports its metrics; the collectors of monitoring.yaml read them there, and the image's contract lists them."""
    limits: Limits | None = None
    """Memory, processor and process limits."""
    volumes: dict[Id, ContainerPath] = {}
    """Named volumes that keep state, and their path in the container. Each is the service's own, even if another service has
    one of that name; the second user of a volume lists it in `shares`."""
    shares: tuple[SharedVolume, ...] = ()
    """Volumes of other services that it mounts too."""
    volume_gb: dict[Id, Annotated[Int, Field(ge=1)]] = {}
    """Room in GB that a volume needs, by its name; the node's disk, or the cloud volume, has to have it."""
    tmpfs: tuple[ContainerPath, ...] = ("/tmp",)
    """Writable folders in memory; the rest of the root file system is read-only."""
    models: dict[ModelId, ContainerPath] = {}
    """Model files (models.yaml), mounted read-only, and their path in the container."""
    mounts: tuple[HostMount, ...] = ()
    """Folders of the node, mounted in the container."""
    config: tuple[ConfigFile, ...] = ()
    """Configuration files: `.j2` rendered, any other copied."""
    capabilities: tuple[
        Annotated[str, form(r"^[A-Z_]+$", "a capability of Linux in capital letters, e.g. NET_BIND_SERVICE")], ...
    ] = ()
    """Linux capabilities to add; all others are dropped."""
    stop_grace_s: Annotated[Int, Field(ge=1, le=86_400)] = 10
    """Seconds between SIGTERM and SIGKILL when it is stopped."""
    profile: Id | None = None
    """Compose profile; the service starts only when the profile is asked for."""
    tolerates: tuple[ServiceId, ...] = ()
    """Needs without which it stays healthy and does less; without any other need it is unhealthy."""
    state_test: StateTest | None = None
    """How to see that its state survives."""
    self_tests: dict[Id, SelfTest] = {}
    """What shows that it does its work."""
    running: dict[Id, RunningQuery] = {}
    """Queries of the settings that it runs with, by ID."""
    exports: tuple[Export, ...] = ()
    """What is taken out of it by an export."""
    modes: dict[ModeId, Override] = {}
    """What differs in a mode, by mode."""
    notes: tuple[Text, ...] = documentation("Facts worth knowing, shown on the service's page.", default=())
