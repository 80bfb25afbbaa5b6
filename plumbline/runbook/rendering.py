"""Runbooks with their expressions evaluated: what a page shows and what a run executes."""

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from plumbline.effective.expression_names import tenant_names
from plumbline.effective.per_spec import per_spec
from plumbline.expressions.rendering import ExpressionError, SharedNames, render
from plumbline.expressions.values import unsafe
from plumbline.spec.paths import PartsText, PathText, inner_path, path_of
from plumbline.spec.spec import Spec
from plumbline.update.steps import STEPS, Place, steps
from schema.platform import RunbookPlace
from schema.runbook import Runbook, Step

STEP_FIELDS = ("title", "run", "expect", "output", "destroys", "verify", "undo", "undo_destroys")
"""Fields of a step that may hold expressions."""

PLACE_FIELDS = ("title", "shell", "folder", "check")
"""Fields of a place that may."""

CAPTURED = "captured"
"""Name of the captured values in expressions, and the first part of their variables' names in the shell."""

_CAPTURED_WORD = re.compile(rf"\$\{{{CAPTURED}_([a-z][a-z0-9_]*):\?\}}")

_UPDATE_TITLES = {each.id: each.title for each in STEPS}

EXAMPLE_TENANT = "example"
EXAMPLE_OCTET = 1


@dataclass(frozen=True, slots=True)
class RenderedPlace:
    """A place with the ways there."""

    id: str
    title: str
    folder: str
    """Folder that commands are run in; empty where it does not matter."""
    shells: tuple[str, ...]
    """A command for each node that runs a shell there on what it is given; the empty one is this machine."""
    plumb: bool = False
    """Whether `plumb` is installed there."""
    check: str = ""
    """Commands that fail anywhere else; empty where nothing tells."""


@dataclass(frozen=True, slots=True)
class RenderedStep:
    """A step whose texts are ready to be shown or run."""

    title: str
    place: RenderedPlace
    run: str
    expect: str | None
    output: str | None
    verify: str | None
    undo: str | None
    timeout_s: int
    skip_when_verified: bool
    capture: Mapping[str, str] = field(default_factory=dict)
    destroys: str | None = None
    undo_destroys: str | None = None

    def script(self, text: str) -> str:
        """A script of the step as a page shows it and a run executes it, the very same: in the place's folder, and ended by its
        first failing command also where an operator's shell would go on. The place's check comes first."""
        folder, check = self.place.folder, self.place.check.strip("\n")
        if not folder and not check and not re.search(r"[\n;]", text.strip()):
            return text.strip()
        enter = f"cd -- {shlex.quote(folder)}\n" if folder else ""
        return f"(\nset -e\n{enter}{check and f'{check}{chr(10)}'}{text.strip(chr(10))}\n)"

    def needs(self, text: str) -> list[str]:
        """Names of the captured values that a script of the step uses."""
        return list(dict.fromkeys(_CAPTURED_WORD.findall(text)))

    @property
    def undo_commands(self) -> str | None:
        """What takes the step back; None where nothing has to be, or can be."""
        return None if self.undo is None or self.undo.strip().lower().startswith("nothing") else self.undo


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


def render_runbook(
    spec: Spec, runbook_id: str, mode: str | None = None, values: Mapping[str, str] | None = None
) -> RenderedRunbook:
    """The runbook in a mode (absent: its first), with values, or the examples, for its parameters.

    Raises ExpressionError where a text does not resolve, or a value could break out of its command.
    """
    for name, value in (values or {}).items():
        if reason := unsafe(value):
            raise ExpressionError(f"{name}={value!r}: {reason}")
    chosen = mode or mode_of(spec, spec.runbooks[runbook_id])
    return _rendered(spec, runbook_id, chosen, tuple((values or {}).items()))


@per_spec
def _rendered(spec: Spec, runbook_id: str, mode: str, values: tuple[tuple[str, str], ...]) -> RenderedRunbook:
    runbook = spec.runbooks[runbook_id]
    names = SharedNames(runbook_names(spec, runbook, mode, dict(values)))
    return RenderedRunbook(
        id=runbook_id,
        mode=mode,
        title=render(runbook.title, names),
        summary=render(runbook.summary, names),
        before=tuple(render(text, names) for text in runbook.before),
        on_failure=render(runbook.on_failure, names),
        steps=tuple(_step(spec, mode, step, names) for step in runbook.steps),
    )


def runbook_names(spec: Spec, runbook: Runbook, mode: str, values: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The names in a runbook's texts: those of a tenant, and the parameters, which win."""
    given = {name: parameter.example for name, parameter in runbook.parameters.items()} | dict(values or {})
    asked = tenant_parameter(runbook)
    tenant = given[asked] if asked else next(iter(spec.tenants.tenants), EXAMPLE_TENANT)
    known = spec.tenants.tenants.get(tenant)
    octet = int(given["octet"]) if given.get("octet", "").isdecimal() else known.octet if known else EXAMPLE_OCTET
    own = {"update_steps": _update_steps, "update_titles": _UPDATE_TITLES, CAPTURED: captured_words(runbook)}
    return tenant_names(spec, mode, tenant, octet) | given | own


def _update_steps(place: Place) -> list[str]:
    """What an update does at a place, in order, as its script or its tasks name it."""
    return [each.title for each in steps(place)]


def tenant_parameter(runbook: Runbook) -> str | None:
    """The parameter that says for which tenant a runbook is run; None where it is for none."""
    return next((name for name, each in runbook.parameters.items() if each.kind == "tenant"), None)


def consent_name(spec: Spec, runbook: Runbook, values: Mapping[str, str]) -> str:
    """What has to be typed before something is destroyed: the tenant's name, or the platform's where no tenant is asked for."""
    asked = tenant_parameter(runbook)
    return values[asked] if asked else spec.platform.name


def captured_words(runbook: Runbook) -> dict[str, str]:
    """What `captured.NAME` is in a script: a variable of the shell, by hand as in a run, that ends the script where it is not set."""
    return {name: f'"${{{CAPTURED}_{name}:?}}"' for step in runbook.steps for name in step.capture}


def runbook_texts(runbook: Runbook) -> Iterator[tuple[PartsText, str]]:
    """Every text that may hold an expression, with its path inside the runbook, e.g. `steps[0].run`."""
    yield inner_path("title"), runbook.title
    yield inner_path("summary"), runbook.summary
    yield from ((inner_path("before", index), text) for index, text in enumerate(runbook.before))
    yield inner_path("on_failure"), runbook.on_failure
    for index, step in enumerate(runbook.steps):
        yield from ((inner_path("steps", index, name), text) for name, text in step_texts(step))


def step_texts(step: Step) -> Iterator[tuple[str, str]]:
    """Every text of a step that may hold an expression, with its field."""
    for name in STEP_FIELDS:
        text = getattr(step, name)
        if text is not None:
            yield name, text


def mode_of(spec: Spec, runbook: Runbook) -> str:
    """The mode that a runbook is shown in: its first that exists, else the spec's first."""
    return next((mode for mode in runbook.modes if mode in spec.topology), spec.modes[0])


def place_texts(spec: Spec, runbook: Runbook) -> Iterator[tuple[PathText, str]]:
    """Every text of the places of its steps, with its spec path."""
    for id in dict.fromkeys(step.where for step in runbook.steps):
        for name in PLACE_FIELDS:
            if id in spec.platform.places and (text := getattr(spec.platform.places[id], name)):
                yield path_of("platform", "places", id, name), text


def _place(spec: Spec, mode: str, id: str, names: Mapping[str, Any]) -> RenderedPlace:
    place: RunbookPlace = spec.platform.places[id]
    role = spec.topology[mode].roles.get(place.role or "")
    shells = tuple(
        render(place.shell or "", {**names, "index": index})
        for index in range(1, max(role.count if role else 1, 1) + 1)
    )
    title, folder, check = (render(text or "", names) for text in (place.title, place.folder, place.check))
    return RenderedPlace(id, title, folder, shells, place.plumb, check)


def _step(spec: Spec, mode: str, step: Step, names: Mapping[str, Any]) -> RenderedStep:
    def optional(text: str | None) -> str | None:
        return None if text is None else render(text, names)

    return RenderedStep(
        title=render(step.title, names),
        place=_place(spec, mode, step.where, names),
        run=render(step.run, names),
        expect=optional(step.expect),
        output=optional(step.output),
        verify=optional(step.verify),
        undo=optional(step.undo),
        timeout_s=step.timeout_s,
        skip_when_verified=step.skip_when_verified,
        capture=step.capture,
        destroys=optional(step.destroys),
        undo_destroys=optional(step.undo_destroys),
    )
