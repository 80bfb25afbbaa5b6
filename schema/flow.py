"""Flows: requests one after another that do real work, with which probes ask, and what a mode needs before it can be asked."""

from typing import Annotated, Literal

from pydantic import Field

from schema.forms import form
from schema.types import Int, ModeId, Model, SecretId, ServiceId, Text, Title

Pointer = Annotated[str, form(r"^(/[^/]+)+$", "a JSON pointer, e.g. /items/0/name")]
FlowName = Annotated[str, form(r"^[a-z][a-z0-9_]*$", "a name in lower case, e.g. document")]


class FlowWait(Model):
    """Until when a request is made again, once a second."""

    at: Pointer
    """Where in the answer's JSON to look."""
    among: Annotated[tuple[Text, ...], Field(min_length=1)]
    """The values that end it."""
    seconds: Annotated[Int, Field(ge=1, le=300)] = 60
    """After how many seconds it is given up."""


class FlowStep(Model):
    """A request of a flow. `${name}` in it stands for what was kept before, for a text of the probe or a secret of the flow.

    `${once}` is a word of sixteen letters that no other walk has; an answer with that word shows `${once}` in its place. A text `t`
    also gives `${t.sha256}` and `${t.bytes}`; `${status}` and `${body}` are those of the last answer. What fills a path is escaped
    as a URL needs it, but for its slashes.
    """

    request: Annotated[
        str, form(r"^(GET|POST|PUT|PATCH|DELETE) /[!-~]*$", "a method and a path of ASCII, e.g. POST /v1/documents")
    ]
    """Method and path."""
    headers: dict[
        Annotated[str, form(r"^[A-Za-z][A-Za-z0-9-]*$", "the name of a header, e.g. Authorization")],
        Annotated[str, form(r"^[ -~]+$", "one line of ASCII, e.g. text/plain")],
    ] = {}
    """Headers of the request."""
    body: Text | None = None
    """Body of the request."""
    keep: dict[FlowName, Pointer | Literal["status", "body"]] = {}
    """What of the answer is kept: a place in its JSON, its `status`, or its `body`; by the name that later steps know it by."""
    until: FlowWait | None = None
    """Asks again until the answer is one of these."""
    expect: dict[FlowName, Text] = {}
    """What something kept has to be; otherwise the flow ends there, and says so."""
    lack: dict[FlowName, Text] = {}
    """What must not be in something kept; otherwise the flow ends there, and says so."""


class Flow(Model):
    """Requests one after another, which many probes begin with."""

    title: Title
    """What it does."""
    secrets: tuple[SecretId, ...] = ()
    """Secrets of the asked service whose values the steps may send."""
    steps: Annotated[tuple[FlowStep, ...], Field(min_length=1)]
    """The requests in their order."""


class Preparation(Model):
    """A command in a service's container that a mode needs before it can be asked, such as one that registers a tenant."""

    service: ServiceId
    """The service in whose container the command runs. A mode that does not run it goes without."""
    run: Annotated[tuple[Text, ...], Field(min_length=1)]
    """The command (argument list, no shell)."""
    modes: tuple[ModeId, ...] = ()
    """The modes that need it; none: all."""
