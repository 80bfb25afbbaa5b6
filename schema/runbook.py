"""`runbooks/<id>.yaml`: a procedure as data; the page and the executable steps come from the same object."""

from typing import Annotated, Literal

from pydantic import Field

from schema.forms import form
from schema.platform import TenantState
from schema.types import Bool, Int, ModeId, Model, PlaceId, RequirementId, Text, Title

ValueKind = Literal["tenant", "folder", "file", "file_name", "fingerprint", "release", "choice", "text"]
"""What a value is; `plumbline/expressions/values.py` says what each kind takes."""
ValueName = Annotated[
    str, form(r"^[a-z][a-z0-9_]*$", "a name: lower-case letters, digits and `_`, a letter first", max_length=40)
]


class Parameter(Model):
    """A value that the operator gives, used as `{{ name }}` in the steps. No value has spaces, quotes or `$` in it."""

    description: Text
    """What to give."""
    kind: ValueKind
    """What it is, and so what is refused: `tenant` (of the spec), `folder` or `file` (an absolute path), `file_name` (no folder),
    `fingerprint` (of a key), `release` (a version), `choice` (one of `choices`), `text` (what `pattern` says)."""
    example: Text
    """An example of that kind, used on the page."""
    choices: tuple[Text, ...] = ()
    """For a `choice`: what may be given."""
    pattern: Text | None = None
    """For a `text`: regular expression that the whole value has to match."""
    states: tuple[TenantState, ...] = ()
    """For a `tenant`: states, as tenants.yaml has them, in which the runbook may be run for it; any where none is named."""
    created: Bool = False
    """For a `folder`: true where the steps create it, so that it need not be there when the run begins."""


class Step(Model):
    """One thing to do."""

    title: Title
    """What is done, as an instruction."""
    where: PlaceId
    """Place (platform.yaml) to do it at."""
    run: Text
    """Shell commands, ready to copy; `{{ … }}` refers to the spec, the parameters and what earlier steps captured. `sh -e` runs them,
    without `pipefail`: a command fails the step unless it is left of `&&`, `||` or a pipe, or behind `!`."""
    expect: Text | None = None
    """What the operator sees when it went well."""
    output: Text | None = None
    """What it prints, line by line; `…` stands for what differs from host to host, alone in a line for any lines. A run compares it,
    and stops where it differs."""
    capture: dict[ValueName, Text] = {}
    """Values to capture from the output of `run`, by name: a regular expression with one group, matched from the start of each line, e.g.
    `export: 'exported: (.*), [0-9]+ bytes'`. This step's `verify` and `undo`, and the later steps, use it as `{{ captured.export }}`, a
    shell word that brings its own double quotes: not inside single quotes. Never a secret: it is written to the journal."""
    destroys: Text | None = None
    """What is lost for good by `run`, e.g. `the database of {{ tenant }}`. The operator has to type the tenant's name at this step."""
    verify: Text | None = None
    """Shell commands that end with 0 when the step is done, and with something else when it is not, or could not be seen."""
    skip_when_verified: Bool = False
    """True: a run skips the step where `verify` says that it is done. Not for a `verify` that something older can satisfy."""
    undo: Text | None = None
    """Shell commands that undo the step, or the word `nothing` and the reason. They touch only what this run made, and are safe
    after a step that failed half-way."""
    undo_destroys: Text | None = None
    """What is lost for good by `undo`, e.g. what was stored since. The operator has to type the tenant's name before."""
    timeout_s: Annotated[Int, Field(ge=1, le=604_800)] = 300
    """Seconds after which the step has failed."""


class Runbook(Model):
    """A procedure."""

    title: Title
    """What it achieves."""
    summary: Text
    """When to use it, and what it leaves behind."""
    modes: Annotated[tuple[ModeId, ...], Field(min_length=1)]
    """Modes that it is for."""
    requirements: tuple[RequirementId, ...] = ()
    """Requirements that it serves."""
    duration_min: Annotated[Int, Field(ge=1, le=10_080)]
    """Minutes that it takes, as planned."""
    parameters: dict[ValueName, Parameter] = {}
    """Values that the operator gives."""
    before_install: Bool = False
    """True: it is for a host that has no release yet, and so none of its scripts; `scripts/runbook.sh` does not carry it."""
    before: tuple[Text, ...] = ()
    """What must be true before the first step."""
    on_failure: Text
    """What to do when a step fails."""
    steps: Annotated[tuple[Step, ...], Field(min_length=1)]
    """Steps in order."""
