"""The scripts of runbooks, read: each with its step, and what changes in it with the values that are given."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from plumbline.expressions.rendering import ExpressionError
from plumbline.runbook.rendering import RenderedRunbook, RenderedStep, render_runbook
from plumbline.runbook.shell_inside import read_scripts
from plumbline.runbook.shell_syntax import Script, UnreadableScript
from plumbline.spec.paths import PathText, path_of
from plumbline.spec.spec import Spec
from schema.runbook import Runbook
from validators.shell_flow import Lost
from validators.shell_trials import lost_in

PARTS = ("run", "verify", "undo_commands")
"""Parts of a step that are scripts."""
_OTHER = "plumb-other-value"


@dataclass(frozen=True)
class Read:
    """A script of a step, filled in with the examples."""

    path: PathText
    """Spec path of the step, e.g. `runbooks.update.steps[0]`, or of the place whose check it is."""
    part: str
    """One of PARTS, or `check`."""
    step: RenderedStep
    script: Script | UnreadableScript

    @property
    def where(self) -> PathText:
        """Spec path of the script."""
        return path_of(self.path, self.part.removesuffix("_commands"))

    @cached_property
    def lost(self) -> tuple[Lost, ...]:
        """Its commands whose failure is lost; of a script that is no shell, none."""
        return lost_in(self.script, self.part in ("verify", "check")) if isinstance(self.script, Script) else ()


@dataclass(frozen=True)
class ReadStep:
    """A step with its scripts; absent where the step has none, or it is not shell."""

    path: PathText
    runbook: Runbook
    step: RenderedStep
    others: dict[str, RenderedStep]
    """The step with another value for one parameter, by the parameter."""
    scripts: dict[str, Script]

    def depends(self, part: str) -> set[str]:
        """Parameters that a part of the step changes with."""
        return {name for name, other in self.others.items() if getattr(other, part) != getattr(self.step, part)}


_last: list[tuple[Spec, tuple[Read, ...], tuple[ReadStep, ...]]] = []


def scripts(spec: Spec) -> tuple[Read, ...]:
    """Every script of every runbook, in each of its modes. What does not resolve is left out: PLB801 reports it."""
    return _read(spec)[1]


def steps(spec: Spec) -> tuple[ReadStep, ...]:
    """Every step of every runbook, in each of its modes."""
    return _read(spec)[2]


def _read(spec: Spec) -> tuple[Spec, tuple[Read, ...], tuple[ReadStep, ...]]:
    if not _last or _last[0][0] is not spec:  # a spec does not change, and rules read it one after the other
        _last[:] = [_read_anew(spec)]
    return _last[0]


def _read_anew(spec: Spec) -> tuple[Spec, tuple[Read, ...], tuple[ReadStep, ...]]:
    found = [
        (
            path_of("runbooks", name, "steps", index),
            runbook,
            step,
            {key: other.steps[index] for key, other in others.items()},
        )
        for name, runbook in spec.runbooks.items()
        for shown, others in _shown(spec, name, runbook)
        for index, step in enumerate(shown.steps)
    ]
    wanted = [(path, step, part) for path, _, step, _ in found for part in PARTS if getattr(step, part)]
    places = {(step.place.id, step.place.check): step for _, _, step, _ in found if step.place.check}
    wanted += [(path_of("platform", "places", id), step, "check") for (id, _), step in places.items()]
    read = read_scripts(tuple(_text(step, part) for _, step, part in wanted))
    all_scripts = tuple(Read(path, part, step, script) for (path, step, part), script in zip(wanted, read, strict=True))
    by_step: dict[int, dict[str, Script]] = {}
    for each in all_scripts:
        if isinstance(each.script, Script) and each.part in PARTS:
            by_step.setdefault(id(each.step), {})[each.part] = each.script
    return (
        spec,
        all_scripts,
        tuple(
            ReadStep(path, runbook, step, others, by_step.get(id(step), {})) for path, runbook, step, others in found
        ),
    )


def _text(step: RenderedStep, part: str) -> str:
    return step.place.check if part == "check" else str(getattr(step, part))


def _shown(spec: Spec, name: str, runbook: Runbook) -> Iterator[tuple[RenderedRunbook, dict[str, RenderedRunbook]]]:
    for mode in runbook.modes:
        if mode in spec.topology and (shown := _rendered(spec, name, mode, {})):
            others = {key: _rendered(spec, name, mode, {key: other}) for key, other in _others(spec, runbook).items()}
            yield shown, {key: other for key, other in others.items() if other}


def _others(spec: Spec, runbook: Runbook) -> dict[str, str]:
    """Another value than the example for each parameter; none for a tenant where there is no other."""
    others = {}
    for key, parameter in runbook.parameters.items():
        if parameter.kind == "tenant":
            others[key] = next((each for each in spec.tenants.tenants if each != parameter.example), "another")
        elif parameter.kind == "choice":
            others[key] = next((each for each in parameter.choices if each != parameter.example), parameter.example)
        else:
            others[key] = _OTHER
    return others


def _rendered(spec: Spec, name: str, mode: str, values: dict[str, str]) -> RenderedRunbook | None:
    try:
        return render_runbook(spec, name, mode, values)
    except (ExpressionError, KeyError):
        return None
