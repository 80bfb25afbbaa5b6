"""Probes: a question to a running stack whose answer shows how a feature is there, in each mode.

A new kind is a class here, a field of `Probe`, and its `ask` in validators/parity/asking.py.
"""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal, get_args

from pydantic import Field

from schema.flow import FlowName, FlowStep
from schema.forms import form
from schema.types import (
    AnyPath,
    Bool,
    FlowId,
    Int,
    ModeId,
    Model,
    PortName,
    SecretId,
    ServiceId,
    Text,
    UrlPath,
)

Proof = Literal["behaviour", "readiness", "configuration"]
"""What an answer proves: that work is done, that something is there and answers, or that it was told so."""


class ProbeQuestion(Model):
    """What all kinds of questions have."""

    usual_proof: ClassVar[Proof] = "configuration"
    """What an answer proves, unless the probe says otherwise."""
    service: ServiceId
    """The service that is asked."""

    @property
    @abstractmethod
    def text(self) -> str:
        """The question in one line, e.g. `tcp redis:redis`."""


class PortQuestion(ProbeQuestion):
    """A question about a port."""

    port: PortName
    """Name of its port."""


class LinkQuestion(PortQuestion):
    """A question that is asked over the network: from the probe's `caller`, or from the node."""


class HttpProbe(LinkQuestion):
    """A request; the answer is its status, e.g. `200`."""

    usual_proof = "readiness"

    path: UrlPath
    """Path of the request."""
    tls: Bool = False
    """Whether it is asked by HTTPS; the certificate is not checked."""
    tenant_host: Bool = False
    """Whether it is asked under the tenant's host name (`domain` in platform.yaml), by which an entry tells tenants apart."""

    @property
    def text(self) -> str:
        """In one line."""
        what = f"{'https' if self.tls else 'http'} {self.service}:{self.port}{self.path}"
        return what + (", by the tenant's host name" if self.tenant_host else "")


class TcpProbe(LinkQuestion):
    """A connection; the answer is `open` or `closed`."""

    usual_proof = "readiness"

    @property
    def text(self) -> str:
        """In one line."""
        return f"tcp {self.service}:{self.port}"


class SqlProbe(ProbeQuestion):
    """A statement for PostgreSQL, by `psql` in the service's container; the answer is what it prints, without decoration."""

    usual_proof = "readiness"

    user: Text
    """Role that asks."""
    database: Text
    """Database that is asked."""
    password: SecretId
    """Secret that holds the role's password; the service has to use it."""
    statement: Text
    """The statement."""

    @property
    def text(self) -> str:
        """In one line."""
        return f"sql {self.service}/{self.database} as {self.user}: {self.statement}"


class CommandProbe(ProbeQuestion):
    """A command in the service's container; the answer is what it prints, or `exit code N` when it fails."""

    usual_proof = "readiness"

    run: Annotated[tuple[Text, ...], Field(min_length=1)]
    """The command (argument list, no shell)."""

    @property
    def text(self) -> str:
        """In one line."""
        return f"command in {self.service}: {' '.join(self.run)}".strip()


class AddressProbe(PortQuestion):
    """Where a port is reached on the node; the answer is address and port, e.g. `127.0.0.1:8080`, or `not published`."""

    @property
    def text(self) -> str:
        """In one line."""
        return f"address {self.service}:{self.port}"


class VariableProbe(ProbeQuestion):
    """An environment variable of the service's main process; the answer is its value, or `not set`.

    `plumb check` answers it by the spec. A variable that only the image sets is asked for by a `command`.
    """

    name: Text
    """Name of the variable; never one that holds a secret."""

    @property
    def text(self) -> str:
        """In one line."""
        return f"variable {self.name} of {self.service}"


class FileProbe(ProbeQuestion):
    """A file or folder in the service's container; the answer is `present`, `empty` or `absent`.

    It is one that the spec puts there: configuration, a secret, a model, or below a volume, a folder of the node or one in
    memory. What the image brings is asked for by a `command`.
    """

    path: AnyPath
    """Path in the container."""

    @property
    def text(self) -> str:
        """In one line."""
        return f"file {self.path} of {self.service}"


class MetricProbe(PortQuestion):
    """A query to Prometheus; the answer is the value of the first series, or `no series`."""

    usual_proof = "readiness"

    query: Text
    """The query (PromQL)."""

    @property
    def text(self) -> str:
        """In one line."""
        return f"metric of {self.service}: {self.query}"


class LogProbe(LinkQuestion):
    """A line that each service writes, looked for at the service that collects logs; the answer is `every service`, or
    `all but a, b`.

    The line is written to the standard output of each running service. The logs of a node's containers are copied into the folder
    that plays the engine's own on that node, and nothing else is in it: a shipper finds what it would find there.
    """

    usual_proof = "behaviour"

    request: Annotated[
        str,
        form(
            r"^/[!-~]*(\$\{service\}[!-~]*\$\{once\}|\$\{once\}[!-~]*\$\{service\})[!-~]*$",
            "a path that asks for ${service} and ${once}, e.g. "
            "/loki/api/v1/query_range?query=%7Bservice%3D%22${service}%22%7D%7C%3D%22${once}%22",
        ),
    ]
    """What is asked for each service: `${service}` is its id, `${once}` a word of its line. The line has to be in the answer."""
    seconds: Annotated[Int, Field(ge=1, le=240)] = 60
    """After how many seconds a line is lost."""

    @property
    def text(self) -> str:
        """In one line."""
        return f"logs in {self.service}:{self.port}"


class NodeLogProbe(ProbeQuestion):
    """A line that each service of a node writes, looked for where the engine keeps it: what `docker compose logs` shows.

    The node is that of `service`. The answer is `every service`, or `all but a, b`.
    """

    usual_proof = "behaviour"

    seconds: Annotated[Int, Field(ge=1, le=240)] = 10
    """After how many seconds a line is lost."""

    @property
    def text(self) -> str:
        """In one line."""
        return f"logs on the node of {self.service}"


class FlowProbe(LinkQuestion):
    """A flow of requests that does real work; the answer is what it is put together from in the end."""

    usual_proof = "behaviour"

    flow: FlowId
    """The flow of `flows` that it begins with."""
    texts: dict[FlowName, Text] = {}
    """What its steps send, by name; one may name those before it."""
    then: tuple[FlowStep, ...] = ()
    """Steps of this probe alone, after those of the flow."""
    answer: Text
    """The answer, with `${name}` for what was kept."""

    @property
    def text(self) -> str:
        """In one line."""
        return f"flow {self.flow} by {self.service}:{self.port}, then {self.answer}"


class Probe(Model):
    """A question of exactly one kind, and what each mode answers.

    A service that the mode does not run answers `not deployed`.
    """

    shows: Text
    """What the answer shows, for readers."""
    answers: Annotated[dict[ModeId, Text], Field(min_length=1)]
    """The answer in each mode."""
    proves: Proof | None = None
    """What the answer proves; absent: by a flow or by lines of logs `behaviour`, by a request, connection, statement, command or query `readiness`, by
    everything else `configuration`."""
    caller: ServiceId | None = None
    """For `http`, `tcp`, `logs` and `flow`: the service from whose network it is asked; absent: the node itself, at the published address."""
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
    logs: LogProbe | None = None
    """A line of each service, at the one that collects logs."""
    node_logs: NodeLogProbe | None = None
    """A line of each service of a node, where its engine keeps it."""
    flow: FlowProbe | None = None
    """Requests one after another."""

    @property
    def kind(self) -> str:
        """The name of the kind that is given."""
        return next((kind for kind in KINDS if getattr(self, kind) is not None), "")

    @property
    def question(self) -> ProbeQuestion | None:
        """The first kind that is given."""
        return next((each for kind in KINDS if (each := getattr(self, kind)) is not None), None)

    @property
    def proof(self) -> Proof:
        """What the answer proves."""
        return self.proves or (self.question.usual_proof if self.question else "configuration")

    @property
    def text(self) -> str:
        """The question in one line, e.g. `tcp redis:redis, from embed-worker`."""
        if self.question is None:
            return "nothing"
        return f"{self.question.text}, from {self.caller}" if self.caller else self.question.text


KINDS: Mapping[str, type[ProbeQuestion]] = {
    name: kind
    for name, field in Probe.model_fields.items()
    for kind in get_args(field.annotation)
    if isinstance(kind, type) and issubclass(kind, ProbeQuestion)
}
"""The kinds of questions by name."""
