"""Runbooks with their expressions evaluated: what a page shows and what a run executes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from plumbline.expressions import render, tenant_names
from plumbline.spec import Spec
from schema.runbook import Runbook, Step

STEP_FIELDS = ("title", "where", "run", "expect", "output", "verify", "undo")
"""Fields of a step that may hold expressions."""

EXAMPLE_TENANT = "example"
EXAMPLE_OCTET = 1


@dataclass(frozen=True, slots=True)
class RenderedStep:
    """A step whose texts are ready to be shown or run."""

    title: str
    where: str
    run: str
    expect: str | None
    output: str | None
    verify: str | None
    undo: str | None
    timeout_s: int


@dataclass(frozen=True, slots=True)
class RenderedRunbook:
    """A runbook in one mode, with its parameters filled in."""

    id: str
    mode: str
    title: str
    summary: str
    before: tuple[str, ...]
    on_failure: str
    steps: tuple[RenderedStep, ...]


def rendered(
    spec: Spec, runbook_id: str, mode: str | None = None, values: Mapping[str, str] | None = None
) -> RenderedRunbook:
    """The runbook in a mode (absent: its first), with values, or the examples, for its parameters.

    Raises ExpressionError where a text does not resolve.
    """
    runbook = spec.runbooks[runbook_id]
    chosen = mode or mode_of(spec, runbook)
    names = runbook_names(spec, runbook, chosen, values)
    return RenderedRunbook(
        id=runbook_id,
        mode=chosen,
        title=render(runbook.title, names),
        summary=render(runbook.summary, names),
        before=tuple(render(text, names) for text in runbook.before),
        on_failure=render(runbook.on_failure, names),
        steps=tuple(_step(step, names) for step in runbook.steps),
    )


def runbook_names(spec: Spec, runbook: Runbook, mode: str, values: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The names in a runbook's texts: those of a tenant, and the parameters, which win."""
    given = {name: parameter.example for name, parameter in runbook.parameters.items()} | dict(values or {})
    tenant = given.get("tenant", next(iter(spec.tenants.tenants), EXAMPLE_TENANT))
    known = spec.tenants.tenants.get(tenant)
    octet = int(given["octet"]) if given.get("octet", "").isdecimal() else known.octet if known else EXAMPLE_OCTET
    return tenant_names(spec, mode, tenant, octet) | given


def runbook_texts(runbook: Runbook) -> Iterator[tuple[str, str]]:
    """Every text that may hold an expression, with its path inside the runbook, e.g. `steps[0].run`."""
    yield "title", runbook.title
    yield "summary", runbook.summary
    yield from ((f"before[{index}]", text) for index, text in enumerate(runbook.before))
    yield "on_failure", runbook.on_failure
    for index, step in enumerate(runbook.steps):
        for name in STEP_FIELDS:
            text = getattr(step, name)
            if text is not None:
                yield f"steps[{index}].{name}", text


def mode_of(spec: Spec, runbook: Runbook) -> str:
    """The mode that a runbook is shown in: its first that exists, else the spec's first."""
    return next((mode for mode in runbook.modes if mode in spec.topology), spec.modes[0])


def _step(step: Step, names: Mapping[str, Any]) -> RenderedStep:
    def optional(text: str | None) -> str | None:
        return None if text is None else render(text, names)

    return RenderedStep(
        title=render(step.title, names),
        where=render(step.where, names),
        run=render(step.run, names),
        expect=optional(step.expect),
        output=optional(step.output),
        verify=optional(step.verify),
        undo=optional(step.undo),
        timeout_s=step.timeout_s,
    )
