"""`runbooks/<id>.yaml`: a procedure as data; the page and the executable steps come from the same object."""

from typing import Annotated

from pydantic import Field

from schema.types import Bool, Int, ModeId, Model, PlaceId, RequirementId, Text


class Parameter(Model):
    """A value that the operator gives, used as `{{ name }}` in the steps."""

    description: Text
    """What to give."""
    example: Text
    """An example, used on the page."""


class Step(Model):
    """One thing to do."""

    title: Text
    """What is done, as an instruction."""
    where: PlaceId
    """Place (platform.yaml) to do it at."""
    run: Text
    """Shell commands, ready to copy; `{{ … }}` refers to the spec and the parameters. A run stops at the first that fails."""
    expect: Text | None = None
    """What the operator sees when it went well."""
    output: Text | None = None
    """What it prints, line by line; `…` stands for what differs from host to host, alone in a line for any lines."""
    verify: Text | None = None
    """Shell command that exits with 0 when the step is done."""
    skip_when_verified: Bool = False
    """True: a run skips the step where `verify` says that it is done. Not for a `verify` that something older can satisfy."""
    undo: Text | None = None
    """Shell commands that take it back, or the word `nothing` and why nothing has to be."""
    timeout_s: Annotated[Int, Field(ge=1)] = 300
    """Seconds after which the step has failed."""


class Runbook(Model):
    """A procedure."""

    title: Text
    """What it achieves."""
    summary: Text
    """When to use it, and what it leaves behind."""
    modes: Annotated[tuple[ModeId, ...], Field(min_length=1)]
    """Modes that it is for."""
    requirements: tuple[RequirementId, ...] = ()
    """Requirements that it serves."""
    duration_min: Annotated[Int, Field(ge=1)]
    """Minutes that it takes, as planned."""
    parameters: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")], Parameter] = {}
    """Values that the operator gives."""
    before: tuple[Text, ...] = ()
    """What must be true before the first step."""
    on_failure: Text
    """What to do when a step fails."""
    steps: Annotated[tuple[Step, ...], Field(min_length=1)]
    """Steps in order."""
