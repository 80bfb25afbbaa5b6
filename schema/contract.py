"""`contracts/<image id>.yaml`: what a public image does by default and matters to a deployment, each fact with its source."""

from typing import Annotated, Literal

from pydantic import Field

from schema.forms import form
from schema.types import (
    AnyPath,
    Bool,
    Digest,
    EnvironmentName,
    Id,
    Int,
    Model,
    PortNumber,
    Text,
    UrlPath,
    User,
    documentation,
)

About = Literal[
    "user", "entry", "process", "data", "format", "programs", "signals", "writable", "limit", "telemetry", "engine"
]
Source = Annotated[
    str,
    form(
        r"^[^\s].*$",
        "where it was read: github.com/OWNER/REPO@COMMIT PATH#Lnn, an issue or a pull request",
    ),
]


MetricName = Annotated[
    str, form(r"^[a-zA-Z_][a-zA-Z0-9_]*$", "a metric's name: letters, digits and `_`, no digit first")
]


class ReadFrom(Model):
    """The image that a contract was read from."""

    tag: Text
    """Tag whose sources were read."""
    digest: Digest | None = None
    """Digest that images.yaml pinned when they were read."""
    note: Text | None = documentation("Which commit stands for the tag, and what could not be read.", default=None)


class Claim(Model):
    """One thing that the image does."""

    about: About = documentation("What it concerns.")
    claim: Text = documentation("A sentence.")
    source: Source = documentation("Where it was read.")


class FirstProcess(Model):
    """The process 1 of a container that runs the image's own entry point."""

    program: Text
    """Its program, e.g. `tini`."""
    ends_with_server: Bool
    """Whether the container ends when the server dies, so that the engine starts it again."""
    scripts: tuple[Text, ...] = ()
    """The image's own entry points, where a service may name one of them, e.g. `/init`."""
    gives_way_to: tuple[Literal["options", "programs"], ...] = ()
    """Arguments for which the entry point runs something in its own place, so that the container ends with it: `options`, which
    begin with a dash, are the server's; `programs` are those of the image."""


class Stop(Model):
    """What the image does when it is asked to stop."""

    signal: Annotated[str, form(r"^SIG[A-Z0-9]+$", "a signal's name, e.g. SIGTERM")] = "SIGTERM"
    """Signal that the engine sends."""
    graceful: Bool = True
    """Whether the image's own entry point passes it to the server and waits."""
    within_s: Annotated[Int, Field(ge=0, le=86_400)] | None = None
    """Seconds that the server may take by its own settings."""


class ImageFolder(Model):
    """A folder that the image has; a new volume at its path takes its owner and mode."""

    owner: User
    """Numeric `uid:gid`."""
    mode: Annotated[str, form(r"^[0-7]{4}$", "four octal digits in quotes, e.g. 0755")] = "0755"
    """Permissions."""


class Switch(Model):
    """One way to turn something off. Give exactly one of `variable`, `option` and `setting`."""

    variable: EnvironmentName | None = None
    """An environment variable."""
    option: Annotated[str, form(r"^-[\w.=-]+$", "an option with its dashes, e.g. --disable-reporting")] | None = None
    """An option of the command."""
    setting: Annotated[str, form(r"^[\w.-]+$", "a key of a configuration file, e.g. reporting_enabled")] | None = None
    """A key of a configuration file."""
    value: Text | None = None
    """Value of the variable or the key that turns it off."""


class Telemetry(Model):
    """Telemetry that the image sends by default."""

    sends: Text
    """What, and where to."""
    off_by: Annotated[tuple[Switch, ...], Field(min_length=1)]
    """Ways to turn it off; one is enough."""


class Least(Model):
    """What a container of the image needs at least to do its work."""

    memory_mib: Annotated[Int, Field(ge=1)] | None = None
    """Memory in MiB."""
    pids: Annotated[Int, Field(ge=1)] | None = None
    """Processes and threads."""


class DataFormat(Model):
    """What the image keeps, and which later versions read it."""

    format: Text = documentation("The form of the data on the disk.")
    read_by: Literal["same-major", "next-minor", "later"]
    """Which tags read what this one has written. `same-major`: those of this major version, earlier ones too; `next-minor`: this
    minor version and the next; `later`: all later ones. No other tag reads what a later one has written."""
    otherwise: Text = documentation("How the data gets to a version that doesn't read it.")


class Metric(Model):
    """A metric that the image exports."""

    title: Text
    """What it counts or measures, with its unit."""
    kind: Literal["gauge", "counter", "histogram"]
    """A `histogram` exports `NAME_bucket`, `NAME_sum` and `NAME_count`."""
    measures: Id | None = None
    """What rules ask for by `metric('…')`, in bytes where it is a size, e.g. `memory`."""
    source: Source = documentation("Where it was read.")


class HttpAnswer(Model):
    """A path at which the image's server answers by HTTP."""

    serves: Literal["health", "metrics"]
    """What the answer is good for."""
    port: PortNumber
    """Port that answers when nothing says otherwise."""
    below: Bool = False
    """Whether paths below it are answered too."""
    source: Source = documentation("Where it was read.")


class Otherwise(Model):
    """Something that the stand-in of an image does not do as the image does."""

    image: Text = documentation("What the image does.")
    here: Text = documentation("What the stand-in does.")
    weakens: Text = documentation("The results that prove less for it.")
    source: Source = documentation("Where the image's part was read.")


class Contract(Model):
    """What an image does by default. Rules check the spec against it; a fact that it leaves out is not checked."""

    read: ReadFrom
    """What it was read from."""
    user: User | None = None
    """Numeric `uid:gid` that the image runs as by default."""
    runs_as_any: Bool | None = None
    """Whether its own entry point runs as another user too, where its folders are that user's."""
    least: Least | None = None
    """What it needs at least."""
    first_process: FirstProcess | None = None
    """Process 1 with the image's own entry point."""
    stop: Stop | None = None
    """What it does when it is asked to stop."""
    folders: dict[AnyPath, ImageFolder] | None = None
    """Folders that the image has. If it lists any, a new volume at another path belongs to root."""
    programs: tuple[Text, ...] | None = None
    """Programs that it has; `busybox` and `coreutils` stand for all of theirs."""
    writable: dict[AnyPath, tuple[Text, ...]] = {}
    """Where it writes, each with the settings, options, variables and files that decide it otherwise."""
    volumes: tuple[AnyPath, ...] = ()
    """Paths that the image declares as volumes: if the spec mounts nothing there, the engine creates an anonymous volume."""
    data: DataFormat | None = None
    """What it keeps."""
    telemetry: tuple[Telemetry, ...] = ()
    """Telemetry that it sends by default."""
    metrics: dict[MetricName, Metric] = {}
    """Metrics that it exports, as far as rules and dashboards use them."""
    answers: dict[UrlPath, HttpAnswer] = {}
    """Paths for health checks and metrics at which its server answers by HTTP. If it lists any of a kind, the list is complete."""
    claims: tuple[Claim, ...] = ()
    """What was read, with its sources."""
    otherwise: tuple[Otherwise, ...] = ()
    """What its stand-in does not do as the image does."""
