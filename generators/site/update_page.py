"""`docs/operator/update.md`: how an update goes."""

from collections.abc import Iterable
from generators.markdown import Page, code, codes, link, prose, text
from plumbline.project.artifact import Artifact
from plumbline.spec.paths import path_of
from plumbline.runbook.rendering import render_runbook
from plumbline.spec.spec import Spec



def update(spec: Spec) -> Iterable[Artifact]:
    """`docs/operator/update.md`."""
    if not spec.says("update"):
        return
    update = spec.update
    page = Page("docs/operator/update.md", "Updates")
    page.add(
        f"Strategy: {code(update.strategy)}. The goal: the entry refuses requests for {update.downtime_goal_s} s at most.",
        (path_of("update", "strategy"), path_of("update", "downtime_goal_s")),
    )
    for index, each in enumerate(update.measured):
        page.add(f"Measured: {prose(each)}", path_of("update", "measured", index))
    kept = [("Keep running", update.keep_running), ("Drained first", update.drain)]
    if said := [f"{title}: {codes(names)}." for title, names in kept if names]:
        page.add(" ".join(said), [path_of("update", each) for each in ("keep_running", "drain")])
    for index, phase in enumerate(update.phases):
        page.add(f"## {index + 1}. {text(phase.title)}", path_of("update", "phases", index, "title"))
        page.add(prose(phase.detail), path_of("update", "phases", index, "detail"))
    if update.migrations:
        page.add("## Application migrations")
        page.add("\n".join(f"1. {prose(each)}" for each in update.migrations), path_of("update", "migrations"))
    if update.runbooks:
        page.add("## Runbooks")
        links = (link(render_runbook(spec, each).title, f"runbooks/{each}.md") for each in update.runbooks)
        titles = [path_of("runbooks", each, "title") for each in update.runbooks]
        page.add("\n".join(f"- {each}" for each in links), [path_of("update", "runbooks"), *titles])
    yield page.done()
