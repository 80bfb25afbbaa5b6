"""Probes: a question to a running stack whose answer shows how a feature is there, in each mode."""

from typing import Annotated

from pydantic import Field

from schema.types import AnyPath, Bool, ModeId, Model, PortName, SecretId, ServiceId, Text, UrlPath


class HttpProbe(Model):
    """A request; the answer is its status, e.g. `200`."""

    service: ServiceId
    """The service that is asked."""
    port: PortName
    """Name of its port."""
    path: UrlPath
    """Path of the request."""
    tls: Bool = False
    """Whether it is asked by HTTPS; the certificate is not checked."""
    tenant_host: Bool = False
    """Whether it is asked under the tenant's host name (`domain` in platform.yaml), by which an entry tells tenants apart."""


class TcpProbe(Model):
    """A connection; the answer is `open` or `closed`."""

    service: ServiceId
    """The service that is connected to."""
    port: PortName
    """Name of its port."""


class SqlProbe(Model):
    """A statement for PostgreSQL, by `psql` in the service's container; the answer is what it prints, without decoration."""

    service: ServiceId
    """The database's service."""
    user: Text
    """Role that asks."""
    database: Text
    """Database that is asked."""
    password: SecretId
    """Secret that holds the role's password; the service has to use it."""
    statement: Text
    """The statement."""


class CommandProbe(Model):
    """A command in the service's container; the answer is what it prints, or `exit code N` when it fails."""

    service: ServiceId
    """The service in whose container it runs."""
    run: Annotated[tuple[Text, ...], Field(min_length=1)]
    """The command (argument list, no shell)."""


class AddressProbe(Model):
    """Where a port is reached on the node; the answer is address and port, e.g. `127.0.0.1:8080`, or `not published`."""

    service: ServiceId
    """The service."""
    port: PortName
    """Name of its port."""


class VariableProbe(Model):
    """An environment variable of the service's main process; the answer is its value, or `not set`.

    `plumb check` answers it by the spec. A variable that only the image sets is asked for by a `command`.
    """

    service: ServiceId
    """The service."""
    name: Text
    """Name of the variable; never one that holds a secret."""


class FileProbe(Model):
    """A file or folder in the service's container; the answer is `present`, `empty` or `absent`.

    It is one that the spec puts there: configuration, a secret, a model, or below a volume, a folder of the node or one in
    memory. What the image brings is asked for by a `command`.
    """

    service: ServiceId
    """The service."""
    path: AnyPath
    """Path in the container."""


class MetricProbe(Model):
    """A query to Prometheus; the answer is the value of the first series, or `no series`."""

    service: ServiceId
    """The Prometheus server."""
    port: PortName
    """Name of its port."""
    query: Text
    """The query (PromQL)."""


class Probe(Model):
    """A question, and what each mode answers. Give exactly one of `http`, `tcp`, `address`, `sql`, `command`, `variable`, `file`,
    `metric`.

    A service that the mode does not run answers `not deployed`.
    """

    shows: Text
    """What the answer shows, for readers."""
    answers: Annotated[dict[ModeId, Text], Field(min_length=1)]
    """The answer in each mode."""
    caller: ServiceId | None = None
    """For `http` and `tcp`: the service from whose network it is asked; absent: the node itself, at the published address."""
    http: HttpProbe | None = None
    """A request."""
    tcp: TcpProbe | None = None
    """A connection."""
    address: AddressProbe | None = None
    """Where a port is published."""
    sql: SqlProbe | None = None
    """A statement for PostgreSQL."""
    command: CommandProbe | None = None
    """A command in a container."""
    variable: VariableProbe | None = None
    """An environment variable."""
    file: FileProbe | None = None
    """A file in a container."""
    metric: MetricProbe | None = None
    """A query to Prometheus."""

    @property
    def kind(self) -> str:
        """The name of the kind that is given."""
        return next((kind for kind in KINDS if getattr(self, kind) is not None), "")

    @property
    def question(self) -> "Question | None":
        """The first kind that is given."""
        return next((each for kind in KINDS if (each := getattr(self, kind)) is not None), None)


Question = HttpProbe | TcpProbe | AddressProbe | SqlProbe | CommandProbe | VariableProbe | FileProbe | MetricProbe

KINDS = ("http", "tcp", "address", "sql", "command", "variable", "file", "metric")
"""Names of the kinds."""
