"""`platform.yaml`, `requirements.yaml`, `networks.yaml`, `secrets.yaml`, `tenants.yaml`, `waivers.yaml`, `update.yaml`."""

from typing import Annotated, Literal

from pydantic import Field

from schema.forms import RELATIVE, form
from schema.types import (
    HOST_NAME,
    Bool,
    Date,
    Id,
    Int,
    ModeId,
    Model,
    Number,
    RoleId,
    RunbookId,
    ServerTypeId,
    ServiceId,
    Subnet,
    TenantId,
    Text,
    Title,
    documentation,
)

Version = Annotated[
    str, form(r"^[0-9]+(\.[0-9]+){0,2}$", "a version in quotes: one to three numbers with dots between, e.g. 1.0.2")
]


class Floors(Model):
    """Oldest versions that the deployment is meant for."""

    engine: Version
    """Docker Engine."""
    compose: Version
    """Docker Compose."""


class LogRotation(Model):
    """How the engine keeps each container's log (driver json-file)."""

    max_size_mib: Annotated[Int, Field(ge=1)]
    """Size in MiB at which a log file is rotated."""
    max_files: Annotated[Int, Field(ge=1)]
    """Files kept per container."""


class RunbookPlace(Model):
    """Where steps of runbooks are done: a machine and an account there, or each node of a role."""

    title: Title
    """For readers, with expressions, e.g. `the control node, as root`."""
    shell: Text | None = None
    """Command that runs a shell there which reads its script from its input, with expressions, e.g.
    `ssh root@{{ server_name("db", 1) }} sh`. Absent: nothing leads there from elsewhere; it is done by who is there."""
    plumb: Bool = False
    """True: `plumb` is installed there, so that `plumb runbook run` can be called there. False, and no `shell`: a run has to be told
    the way by `--at`, and pages offer commands to type alone."""
    folder: Text | None = None
    """Folder that commands are run in, with expressions."""
    check: Text | None = None
    """Shell commands that fail anywhere else, with expressions, e.g. `grep -qx 'TENANT={{ tenant }}' .env`. Every script that is run
    there begins with them, so that a wrong way there changes nothing."""
    role: RoleId | None = None
    """The place is each node of this role, one after the other; `{{ index }}` counts them from 1."""


class Decision(Model):
    """A question that is open, and shown to readers until it is settled."""

    question: Text = documentation("What has to be decided.")
    options: Annotated[tuple[Text, ...], Field(min_length=2)] = documentation("What could be done.")
    impact: Text = documentation("What it costs to leave it open.")


class Platform(Model):
    """`platform.yaml`: the system as a whole."""

    name: Id
    """Short name; compose projects and images are named after it."""
    title: Title
    """Name for readers."""
    summary: Text
    """What the system does, in a few sentences."""
    version: Version
    """Version of the platform's release that this spec describes."""
    domain: Annotated[
        str,
        form(
            rf"^{HOST_NAME}(\.{HOST_NAME})*$",
            "a host name, with `{tenant}` for the tenant's id, e.g. {tenant}.example.com",
        ),
    ]
    """Host name of a tenant, with `{tenant}` for its id."""
    modes: tuple[ModeId, ...] = ()
    """Order in which pages show the modes; those that are not named follow by their ids."""
    floors: Floors
    """Oldest engine and Compose."""
    logs: LogRotation
    """Rotation of container logs."""
    places: dict[Id, RunbookPlace] = {}
    """Where steps of runbooks are done, by id."""
    open_decisions: dict[Id, Decision] = {}
    """Questions that are still open, by id."""
    reference: bool = False
    """Whether the project holds Plumbline's own reference too: a page for each rule, the data reference, and the schemas of any spec."""
    environment: dict[str, Text] = documentation("The platform's own variables and what they mean.", default={})


class Proof(Model):
    """One thing that shows a requirement to be met."""

    kind: Literal["artifact", "rule", "runbook", "live"]
    """What sort of proof: a generated file, a rule, a runbook, or a live check."""
    ref: Text
    """Path of the artifact, id of the rule or runbook, or the command of the live check."""


class Requirement(Model):
    """A requirement and what proves it."""

    title: Title
    """What is required."""
    proofs: tuple[Proof, ...] = ()
    """What shows that it is met."""
    related: Bool = False
    """True for a requirement of another document that this spec only refers to; it needs no proof here."""


class Requirements(Model):
    """`requirements.yaml`."""

    requirements: dict[Annotated[str, form(r"^[A-Z]+-[0-9]{2}$", "an id such as DEPLOY-01")], Requirement]
    """Requirements by id, e.g. `DEPLOY-01`."""


class NetworkInMode(Model):
    """A segment as it is in one mode."""

    subnet: Subnet
    """Address range, host bits zero."""
    internal: Bool
    """True: no way out of the network, and no port of a container that is only here can be published."""


class Network(Model):
    """A segment: services that share one can reach each other; those that share none cannot."""

    title: Title
    """What the segment is for."""
    modes: Annotated[dict[ModeId, NetworkInMode], Field(min_length=1)]
    """Address range and seal, by mode."""


class Networks(Model):
    """`networks.yaml`."""

    networks: dict[Id, Network]
    """Segments by id."""


class SecretRotation(Model):
    """How a secret is replaced."""

    runbooks: tuple[RunbookId, ...] = ()
    """Runbooks that replace it, one for each mode that has one; one that asks for a `secret` takes this one."""
    by_hand: Text | None = None
    """Where no runbook does it: why, and who replaces it."""


class Secret(Model):
    """A secret by name. The spec never holds a value."""

    title: Title
    """What it opens."""
    owner: Text
    """Who issues it and answers for it."""
    scope: Literal["tenant", "platform"]
    """`tenant`: one per tenant; `platform`: one for all."""
    length: Annotated[Int, Field(ge=16)]
    """Characters of a generated value."""
    rotation_days: Annotated[Int, Field(ge=1)]
    """Days after which it is replaced."""
    issued_by: Text | None = None
    """Who issues the value, so that no random one will do, e.g. a provider. Absent: it is made here."""
    rotation: SecretRotation = SecretRotation()
    """How it is replaced when its days are over, or when somebody else may know it."""


SecretName = Annotated[
    str, form(r"^[a-z][a-z0-9_]*$", "a name: lower-case letters, digits and `_`, a letter first", max_length=63)
]


_FOLDER = "a path with `{tenant}` for the tenant's id: names of letters, digits and . _ @ + % ~ - alone, none of them `.` or `..`"


class Secrets(Model):
    """`secrets.yaml`."""

    folder: Annotated[str, form(rf"^/?{RELATIVE[1:]}", _FOLDER)]
    """Folder of a tenant's encrypted secrets, with `{tenant}` for its id."""
    encryption: Text = documentation("How they are kept.")
    secrets: dict[SecretName, Secret]
    """Secrets by id."""


TenantState = Literal["PENDING", "PROVISIONING", "ACTIVE", "SUSPENDED", "DEPROVISIONING", "DEPROVISIONED", "FAILED"]


Recipient = Annotated[str, form(r"^age1[02-9ac-hj-np-z]{58}$", "a public key of age: `age1` and 58 letters and digits")]
"""Public key of age; it only encrypts, so that everybody may know it."""


class TenantNodes(Model):
    """What a tenant has of a role otherwise than the topology says."""

    count: Annotated[Int, Field(ge=0, le=250)] | None = None
    """Nodes; null: as many as the role has."""
    server_type: ServerTypeId | None = None
    """Server type of the cloud, at least as large as the role's `size`, without fallbacks; null: those of the role."""


class Tenant(Model):
    """A customer with a data plane of its own."""

    title: Title
    """Name for readers."""
    octet: Annotated[Int, Field(ge=1, le=254)]
    """Second octet of its private range 10.{octet}.0.0/16, unique."""
    state: TenantState
    """Where it is in its life."""
    certificate: Literal["issued", "own"] = "issued"
    """`issued`: the entry has one issued for its host name; `own`: the tenant's, put on the entry's node by hand."""
    nodes: dict[RoleId, TenantNodes] = {}
    """Node counts and server types of the tenant's own, in place of those of the topology."""
    recipient: Recipient | None = None
    """Public key of age (`age-keygen -y`) that the tenant's secrets are encrypted to; null until there is one."""


class Setting(Model):
    """A setting of a tenant, the same in every mode."""

    default: Int | Bool | Number | str | tuple[str, ...]
    """Value for a new tenant."""
    description: Text
    """What it decides, with its unit."""


class Transition(Model):
    """A permitted change of a tenant's state."""

    before: TenantState
    """State before."""
    after: TenantState
    """State after."""
    effect: Text = documentation("What happens.")


class Tenants(Model):
    """`tenants.yaml`."""

    tenants: dict[Id, Tenant]
    """Tenants by id."""
    settings: dict[
        Annotated[str, form(r"^[a-z][a-z0-9_]*$", "a name: lower-case letters, digits and `_`, a letter first")],
        Setting,
    ] = {}
    """Configuration of a tenant: registry online, a JSON file offline, one schema."""
    transitions: tuple[Transition, ...] = documentation("Permitted changes of state.", default=())


class Waiver(Model):
    """A finding that is accepted for a time."""

    rule: Annotated[str, form(r"^PLB[0-9]{3}$", "the id of a rule, e.g. PLB304")]
    """Id of the rule."""
    subject: Text
    """Spec path that the finding is about, e.g. `images.minio`; it accepts what is found below that path too."""
    reason: Text
    """Why it is accepted."""
    expires: Date
    """Last day on which it counts, YYYY-MM-DD."""


class IgnoredFact(Model):
    """A difference between a running stack and the spec that is accepted for a time."""

    mode: ModeId
    """Mode that it is about."""
    subject: Text
    """What it is about, as the report names it, e.g. `services.redis`."""
    fact: Text
    """The fact, as the report names it, e.g. `listen.9001`, or its first word for all of the kind, e.g. `listen`."""
    reason: Text
    """Why it is accepted."""
    expires: Date
    """Last day on which it counts, YYYY-MM-DD."""


class Waivers(Model):
    """`waivers.yaml`."""

    waivers: tuple[Waiver, ...] = ()
    """Accepted findings."""
    ignored: tuple[IgnoredFact, ...] = ()
    """Accepted differences of running stacks."""


class Migration(Model):
    """A change of what a store holds, made by a job."""

    revision: Text
    """Name by which the job knows it, e.g. `0007`."""
    contracting: Bool = False
    """True: it takes away what an earlier release used, so that releases before `unused_since` do not run on what it leaves."""
    unused_since: Version | None = None
    """Release since which nothing uses what a contracting migration takes away: an earlier one than the spec's own."""
    title: Title
    """What it is about."""


class Rollout(Model):
    """How a release reaches the running tenants of a mode with many: the canaries first, then the others in batches."""

    canaries: Annotated[tuple[TenantId, ...], Field(min_length=1)]
    """Tenants that get it first; when one fails, no other is touched."""
    batches_percent: Annotated[tuple[Annotated[Int, Field(ge=1, le=100)], ...], Field(min_length=1)]
    """How many of the other tenants have it after each batch, in percent, rounded up; rising, and 100 at the end."""
    health_timeout_s: Annotated[Int, Field(ge=1)]
    """Seconds in which a node's services have to become healthy."""


class Update(Model):
    """`update.yaml`: how a release replaces another. Its steps and what is kept running are derived."""

    downtime_goal_s: Annotated[Int, Field(ge=0)]
    """Seconds for which the entry point may refuse requests."""
    drain: tuple[ServiceId, ...]
    """Services that take from queues: each finishes its current work before it is recreated."""
    migrations: dict[ServiceId, tuple[Migration, ...]] = {}
    """Migrations in order, by the job that runs them."""
    rollout: Rollout | None = None
    """How it reaches many tenants; absent where there is one."""
    runbooks: tuple[RunbookId, ...] = ()
    """Runbooks that carry it out."""
