"""`parity.yaml`: every feature with its status in each mode, and every divergence with what it covers."""

from typing import Annotated, Literal

from pydantic import Field

from schema.flow import Flow, Preparation
from schema.forms import form
from schema.probe import Probe
from schema.types import DivergenceId, Id, ModeId, Model, Text, Title

CoveredPath = Annotated[
    str, form(r"^[A-Za-z0-9_.*-]+$", "a spec path, in which `*` stands for one part, e.g. services.*.image")
]


class Feature(Model):
    """A row of the parity matrix."""

    title: Title
    """What the feature is."""
    status: Annotated[dict[ModeId, Text], Field(min_length=1)]
    """Status in each mode, in a few words, e.g. `full`."""
    parity: Literal["full", "equivalent", "divergent"]
    """`full`: the same; `equivalent`: the same for its users, by other means; `divergent`: see `divergence`."""
    divergence: DivergenceId | None = None
    """The divergence, when parity is `divergent`."""
    means: Text | None = None
    """By which other means, when parity is `equivalent`."""
    paths: Annotated[tuple[CoveredPath, ...], Field(min_length=1)]
    """Spec paths that the feature rests on; `*` stands for one part of a path."""
    covers: tuple[CoveredPath, ...] = ()
    """Differences between modes that an `equivalent` feature explains."""
    sets_apart: tuple[ModeId, ...] = ()
    """With more than two modes, for `covers`: those that go their own way there; the others are alike."""
    probes: tuple[Probe, ...] = ()
    """Questions to the running modes that show it; tried by `plumb verify parity`."""
    unproven: Text | None = None
    """Why no probe proves it by behaviour, where none does."""


class Divergence(Model):
    """A difference between modes that users can notice."""

    title: Title
    """What differs."""
    reason: Text
    """Why it has to differ."""
    impact: Text
    """What users notice."""
    workaround: Text | None = None
    """What they can do."""
    covers: Annotated[tuple[CoveredPath, ...], Field(min_length=1)]
    """Spec paths that differ between modes because of it; `*` stands for one part of a path."""
    sets_apart: tuple[ModeId, ...] = ()
    """With more than two modes: those that go their own way here, e.g. `[dev]`; the others are alike in what it covers."""


class Parity(Model):
    """`parity.yaml`."""

    features: dict[Id, Feature]
    """Rows by id, in the order of the matrix."""
    divergences: dict[Annotated[str, form(r"^D[0-9]+$", "an id such as D1")], Divergence]
    """Divergences by id."""
    flows: dict[Id, Flow] = {}
    """Requests that probes begin with, by id."""
    prepare: tuple[Preparation, ...] = ()
    """What happens in each mode, in this order, before it is asked anything."""
