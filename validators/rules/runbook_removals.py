"""PLB837…: an undo removes what the run made and nothing else, and what deletes for good says so."""

import re
from collections.abc import Iterator

from plumbline.runbook.shell_inside import calls_of
from plumbline.runbook.shell_syntax import Call, Script, flat
from plumbline.spec.paths import path_of
from plumbline.spec.spec import Spec
from validators.rules.registry import Violation, rule
from validators.rules.runbook_deletions import REMOVERS, brings_nothing_back, deletions, emptied_files
from validators.rules.runbook_reading import scripts, steps
from validators.rules.runbook_scripts import any_or_newest, example, has_pattern, short


@rule(
    "PLB837",
    title="Removal by pattern",
    why="It also removes what earlier runs and other people left in the folder, such as all earlier backups.",
    fix="Take the name from the output of `run` with `capture`, and remove only that: `rm {{ captured.NAME }}`.",
    failing=example("echo made", "expect: made;; undo: rm /srv/export-*.tar"),
    passing=example(
        "echo made /srv/export-1.tar", "expect: made;; capture: {file: 'made (.*)'};; undo: 'rm {{ captured.file }}'"
    ),
)
def removed_by_pattern(spec: Spec) -> Iterator[Violation]:
    for read in scripts(spec):
        if isinstance(read.script, Script) and read.part != "verify":
            for call in calls_of(read.script):
                if problem := _by_pattern(call, read.part):
                    yield Violation(read.where, f"`{short(read.script.source(call.node))}`: {problem}")


def _by_pattern(call: Call, part: str) -> str | None:
    if call.program in REMOVERS and any(map(has_pattern, call.arguments)):
        return "it removes whatever matches"
    if call.program == "find" and ("-delete" in call.words or REMOVERS & set(call.words)):
        return "it removes whatever it finds"
    if call.program == "xargs" and REMOVERS & set(call.words):
        return "it removes whatever comes out of the pipe"
    if part == "undo_commands":
        return any_or_newest(call)
    return None


@rule(
    "PLB838",
    title="Undo that removes what was there before",
    why="Neither a copy over a file nor `mkdir -p` tells whether something was there before. The undo removes that too.",
    fix="Make `run` refuse what already exists (`test ! -e PATH`, or `mkdir` without -p), or remove a captured name.",
    failing=example("cp /srv/a /srv/kept/a", "expect: a copy;; undo: rm /srv/kept/a"),
    passing=example('"test ! -e /srv/kept/a\\ncp /srv/a /srv/kept/a"', "expect: a copy;; undo: rm /srv/kept/a"),
)
def undoes_others_work(spec: Spec) -> Iterator[Violation]:
    for each in steps(spec):
        undo, run = each.scripts.get("undo_commands"), each.scripts.get("run")
        if undo is None or run is None:
            continue
        looked = _looked_for(run)
        values = _values(undo)
        for call in calls_of(undo):
            if call.program in REMOVERS - {"rmdir"}:
                for word in call.words:
                    path = _filled(word, values)
                    if not path.startswith("-") and "captured_" not in path and path not in looked:
                        yield Violation(
                            path_of(each.path, "undo"),
                            f"`run` does not check whether {path} exists before it creates it",
                        )


def _looked_for(run: Script) -> set[str]:
    """Paths that a run looks at, or makes in a way that fails where there is one."""
    values = _values(run)
    found: set[str] = set()
    for call in calls_of(run):
        if call.program in {"test", "[", "cmp"} or (call.program == "mkdir" and "-p" not in call.words):
            found |= {_filled(word, values) for word in call.words}
    return found


def _values(script: Script) -> dict[str, str]:
    """Variables that a script sets to plain text."""
    return {
        assigned["Name"]["Value"]: flat(assigned.get("Value"))
        for node in script.nodes
        for assigned in node.get("Assigns", [])
        if "Name" in assigned
    }


def _filled(word: str, values: dict[str, str]) -> str:
    return re.sub(r"\$(\w+)", lambda found: values.get(found[1], found[0]), word)


@rule(
    "PLB839",
    title="Step that deletes without `destroys`",
    why="The run continues without asking for the tenant's name, and nobody knows beforehand that the loss is final.",
    fix="Say in `destroys` what is lost, or write commands in `undo` that restore it.",
    failing=example("dropdb accounts", "expect: nothing;; undo: 'nothing: it is gone'"),
    passing=example("dropdb accounts", "expect: nothing;; destroys: the database;; undo: 'nothing: it is gone'"),
)
def destroys_unsaid(spec: Spec) -> Iterator[Violation]:
    for each in steps(spec):
        run = each.scripts.get("run")
        if run is None or each.step.destroys:
            continue
        undo = each.scripts.get("undo_commands")
        if each.step.undo_commands:
            for call in deletions(run, by_name=False) if undo and brings_nothing_back(undo) else ():
                yield Violation(
                    each.path, f"`{short(run.source(call.node))}` deletes for good, but the undo only starts things"
                )
            continue
        for call in deletions(run, by_name=True):
            yield Violation(
                each.path, f"`{short(run.source(call.node))}` deletes, and nothing restores it", at_key=False
            )
        for name, node in emptied_files(run):
            yield Violation(each.path, f"`{short(run.source(node))}` empties {name}, and nothing restores it")


@rule(
    "PLB843",
    title="Undo that deletes without `undo_destroys`",
    why="What the step created has been used since. The run continues without asking for the tenant's name, and the data "
    "is gone.",
    fix="Say in `undo_destroys` what is lost.",
    failing=example("createdb accounts", "expect: nothing;; undo: dropdb accounts"),
    passing=example("createdb accounts", "expect: nothing;; undo: dropdb accounts;; undo_destroys: what is in it"),
)
def undo_destroys_unsaid(spec: Spec) -> Iterator[Violation]:
    for each in steps(spec):
        undo = each.scripts.get("undo_commands")
        if undo is not None and not each.step.undo_destroys:
            for call in deletions(undo, by_name=False):
                yield Violation(path_of(each.path, "undo"), f"`{short(undo.source(call.node))}` deletes for good")
