"""A page for each runbook: for a tired operator, in order, copyable."""

import shlex
from collections.abc import Callable, Iterable, Mapping
from functools import cache, partial

from generators.markdown import Page, code, codes, fence, link, prose, text
from generators.offline.runbook_places import spoken_in
from generators.offline.runbook_steps import carried_runbooks
from generators.offline.scripts import FOLDER as SCRIPTS_FOLDER
from generators.offline.scripts import script_deployments
from generators.site.requirements_page import requirement_link
from plumbline.expressions.template_lines import Places
from plumbline.expressions.values import says
from plumbline.project.artifact import Artifact
from plumbline.runbook.rendering import CAPTURED, RenderedPlace, RenderedStep, render_runbook
from plumbline.spec.paths import PathText, SpecPath, path_of
from plumbline.spec.spec import Spec

FOLDER = "docs/operator/runbooks"


def runbooks(spec: Spec) -> Iterable[Artifact]:
    """`index.md` and `<id>.md`."""
    index = Page(f"{FOLDER}/index.md", "Runbooks")
    index.table(
        ["Runbook", "For", "Modes", "Takes"],
        [
            (
                path_of("runbooks", name),
                [
                    link(render_runbook(spec, name).title, f"{name}.md"),
                    prose(render_runbook(spec, name).summary),
                    codes(runbook.modes),
                    f"{runbook.duration_min} min",
                ],
            )
            for name, runbook in sorted(spec.runbooks.items())
        ],
    )
    yield index.done()
    for name in sorted(spec.runbooks):
        yield runbook_page(spec, name)


def runbook_page(spec: Spec, name: str, values: Mapping[str, str] | None = None) -> Artifact:
    """The page of a runbook, for the examples or for other values. Raises ExpressionError as `render_runbook` does."""
    runbook, shown = spec.runbooks[name], render_runbook(spec, name, values=values)
    path, used = (
        path_of("runbooks", name),
        {key: each.example for key, each in runbook.parameters.items()} | dict(values or {}),
    )
    at = partial(partial, _places, path, cache(partial(spoken_in, spec, name)))
    page = Page(f"{FOLDER}/{name}.md", shown.title, at("title"))
    page.add(prose(shown.summary), at("summary"))
    page.add(
        f"{len(shown.steps)} steps, about {runbook.duration_min} minutes. Modes: {codes(runbook.modes)}. "
        f"Requirements: {', '.join(requirement_link(each, '../../auditor/') for each in runbook.requirements) or '–'}.",
        [path_of(path, each) for each in ("steps", "duration_min", "modes", "requirements")],
    )
    if runbook.parameters:
        page.add("## What you need")
        page.table(
            ["Value", "What", "It is", "Shown here as"],
            [
                (
                    path_of(path, "parameters", key),
                    [code(key), prose(parameter.description), text(says(parameter)), code(used[key])],
                )
                for key, parameter in runbook.parameters.items()
            ],
        )
    places = {step.place.id: step.place for step in shown.steps}
    page.add("## Where")
    page.table(
        ["Place", "What it is", "How to get a shell"],
        [
            (
                path_of("platform", "places", id),
                [code(id), text(_where(place)), codes(shell or "this machine" for shell in place.shells)],
            )
            for id, place in places.items()
        ],
    )
    given = "".join(f" --set {key}={shlex.quote(used[key])}" for key in runbook.parameters)
    if all(place.plumb or any(place.shells) for place in places.values()):
        _all_at_once(page, f"plumb runbook run {name}{given}", f"plumb runbook show {name}", path)
    elif _carried(spec, shown.mode, name):
        script = f"sh /opt/{spec.platform.name}/{SCRIPTS_FOLDER}/runbook.sh"
        _all_at_once(page, f"{script} {name}{given}", f"{script} {name} --dry-run", path)
    if shown.before:
        page.add("## Before you start")
        page.add(
            "\n".join(f"- [ ] {prose(line)}" for line in shown.before),
            lambda: [each for index in range(len(shown.before)) for each in at("before", index)()],
        )
    page.add("## If a step fails")
    page.add(prose(shown.on_failure), at("on_failure"))
    for index, step in enumerate(shown.steps):
        _step(page, partial(at, "steps", index), index + 1, step)
    return page.done()


def _all_at_once(page: Page, run: str, show: str, path: PathText) -> None:
    page.add("## All steps at once")
    page.add(
        "This command runs each step and its verification, and writes a journal. "
        "After a failure, `--resume` continues, and `--undo` reverts the finished steps in reverse order."
        + (f" `{show}` with `--set` shows the steps for other values." if "--set" in run else "")
    )
    page.add(fence(run, "sh"), path_of(path, "parameters"))


def _carried(spec: Spec, mode: str, name: str) -> bool:
    """Whether the host of a bundle has a script that runs it."""
    return name in carried_runbooks(spec, mode) and any(each.mode == mode for each in script_deployments(spec))


def _places(path: PathText, spoken: Callable[[], Mapping[SpecPath, Places]], *parts: str | int) -> list[PathText]:
    """Where a text of a runbook stands, and what its expressions speak of: found when somebody asks."""
    return [path_of(path, *parts), *spoken().get(parts, ())]


def _step(page: Page, at: Callable[..., Callable[[], list[PathText]]], number: int, step: RenderedStep) -> None:
    page.add(f"## {number}. {text(step.title)}", at("title"))
    page.add(
        f"On {text(step.place.title)}, at most {step.timeout_s} s:",
        lambda: [*at("where")(), *at("timeout_s")(), path_of("platform", "places", step.place.id)],
    )
    if step.destroys:
        page.add(_danger("This permanently destroys", step.destroys), at("destroys"))
    if needed := step.needs(" ".join(filter(None, (step.run, step.verify, step.undo_commands)))):
        variables = codes(f"{CAPTURED}_{name}" for name in needed if name not in step.capture)
        if variables != codes(()):
            page.add(
                f"Set {variables} in that shell first, with the value from an earlier step. Without it, the commands fail."
            )
    page.add(fence(step.script(step.run), "sh"), at("run"))
    if step.expect:
        page.add(f"**Expect:** {prose(step.expect.strip())}", at("expect"))
    if step.output:
        page.add("**Output**; … means any text that differs between hosts:")
        page.add(fence(step.output, "text"), at("output"))
    for name, pattern in step.capture.items():
        page.add(
            "**Keep one value of the output** for this step's undo and for later steps: the part that matches the "
            f"parentheses of {code(pattern)} at the start of a line.",
            at("capture", name),
        )
        page.add(fence(f"{CAPTURED}_{name}='…'", "sh"), at("capture", name))
    if step.verify:
        page.add("**Verify** (exit code 0):").add(fence(step.script(step.verify), "sh"), at("verify"))
    if step.undo_destroys:
        page.add(_danger("The undo permanently destroys", step.undo_destroys), at("undo_destroys"))
    if step.undo_commands:
        page.add("**Undo:**").add(fence(step.script(step.undo_commands), "sh"), at("undo"))
    elif step.undo:
        page.add(f"**Undo:** {prose(step.undo.strip())}", at("undo"))


def _danger(title: str, what: str) -> str:
    """A warning that readers don't pass over: red in the site, a paragraph in any other builder."""
    return (
        '<div class="admonition danger" markdown="1">\n'
        f'<p class="admonition-title">{text(title)}</p>\n\n{prose(what.strip())}\n\n</div>'
    )


def _where(place: RenderedPlace) -> str:
    return place.title + (f", in {place.folder}" if place.folder else "")
