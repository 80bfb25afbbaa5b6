"""Looks at stacks as data: what an engine and the probe said of them, so that every fact is compared without either.

`facts/seen/<name>.json` is a stack: its spec, and every answer that a look at it got. Where it says `recorded`, the answer is that
of an engine and a kernel, in a file of `recorded/`, with what `with` adds; all else was written in the form that `sources` name.
`facts/<kind>.json` has what comes of it, and what comes of it once something was changed.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from unittest.mock import patch

import yaml

from plumbline.spec.loading import load_spec
from plumbline.spec.spec import Spec
from plumbline.stack.engine import Engine
from plumbline.stack.events import Events
from plumbline.stack.layout import nodes_of
from plumbline.stack.probing import image_of_probe
from plumbline.stack.project import ComposeProject, dead_ends
from plumbline.stack.reference import CreatedProject
from plumbline.stack.stack import Stack
from tests.stack.conftest import SilentWatch

HERE = Path(__file__).parent
FACTS, RECORDED = HERE / "facts", HERE / "recorded"
PROBE = "(the probe)"
"""Stands for the probe's image, whose name follows from its content."""
Seen = dict[str, Any]


@cache
def seen(name: str) -> Seen:
    """A stack's answers, with what was recorded in place."""
    return cast(Seen, _resolved(json.loads((FACTS / "seen" / f"{name}.json").read_text())))


def _resolved(value: Any) -> Any:
    if isinstance(value, list):
        return [_resolved(each) for each in value]
    if not isinstance(value, dict):
        return value
    if "recorded" not in value:
        return {key: _resolved(each) for key, each in value.items()}
    found = json.loads((RECORDED / value["recorded"]).read_text())
    for key in value["at"]:
        found = found[key]
    return found | _resolved(value.get("with", {}))


def edited(whole: Any, edits: Sequence[Mapping[str, Any]]) -> Any:
    """The same with some edits: `set`, `drop` or `add` (to a list) is a path of keys, `to` the value. The original is left alone."""
    for edit in edits:
        word = next(word for word in ("set", "drop", "add") if word in edit)
        whole = _edited(whole, edit[word], word, edit.get("to"))
    return whole


def _edited(place: Any, path: Sequence[Any], word: str, value: Any) -> Any:
    key, rest = path[0], path[1:]
    copied = place.copy()
    if rest:
        copied[key] = _edited(place[key], rest, word, value)
    elif word == "drop":
        del copied[key]
    else:
        copied[key] = value if word == "set" else [*(place[key] or []), value]
    return copied


def spec_of(answers: Seen) -> Spec:
    """The spec of a stack."""
    return _spec(json.dumps(answers["spec"]))


@cache
def _spec(files: str) -> Spec:
    texts = {name: text if isinstance(text, str) else yaml.safe_dump(text) for name, text in json.loads(files).items()}
    spec, findings = load_spec(texts)
    assert spec is not None, findings
    return spec


class ToldEngine:
    """An engine that says what it was said to say."""

    def __init__(self, answers: Seen):
        self.answers = answers
        self.executed: list[list[str]] = []

    def containers(self, project: str) -> list[Any]:
        return list(self.answers["containers"][project].values())

    def networks(self, project: str) -> list[Any]:
        return list(self.answers["networks"][project].values())

    def volumes(self, project: str) -> list[Any]:
        return list(self.answers["volumes"][project].values())

    def image(self, reference: str) -> Any:
        return {"Id": PROBE} if reference.startswith("plumbline-probe:") else self.answers["images"].get(reference)

    def list_containers(self) -> list[Any]:
        image = image_of_probe(cast(Engine, self))
        return [
            {**each, "Image": image if each["Image"] == PROBE else each["Image"]}
            for each in self.answers["listed"].values()
        ]

    def changed_paths(self, container: str) -> dict[str, str]:
        return dict(self.answers.get("changed_paths", {}).get(container[:4], {}))

    def logs(self, container: str, lines: int = 0) -> list[str]:
        return list(self.answers["logs"].get(container, []))

    def execute(self, container: str, command: Sequence[str]) -> tuple[int, str]:
        code, text = self.answers["executed"][" ".join([container[:4], *command])]
        return code, text


def stack_of(answers: Seen, folder: Path) -> Stack:
    """The stack, with an engine that says the answers; the files that were generated for it are in the folder."""
    spec = spec_of(answers)
    projects = []
    for node, (name, about) in zip(
        nodes_of(spec, answers["mode"], answers["tenants"]), answers["projects"].items(), strict=True
    ):
        more = {field: about[field] for field in ("images", "moved", "hosts", "resolver")}
        projects.append(ComposeProject(name, node, about["folder"], dead_ends=dead_ends(spec, node.deployment), **more))
        for path, text in answers["files"].items():
            file = folder / node.deployment.folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
            file.chmod(0o644)
    events = answers["events"]
    return Stack(
        spec,
        cast(Engine, ToldEngine(answers)),
        cast(Any, SimpleNamespace(id="run")),
        SilentWatch(),
        projects,
        secrets=answers["secrets"],
        events=events
        and Events({(project, name): each for project in events for name, each in events[project].items()}),
        spec_folder=folder / "data",
        stand_ins=answers.get("stand_ins", {}),
        _made={project.name: _made(answers, project) for project in projects},
    )


def _made(answers: Seen, project: ComposeProject) -> CreatedProject:
    """What was made for the comparison; where no answer says, it is what ran before anything was changed."""
    made, name = answers["made"][project.name], project.name
    before = answers.get("before", answers)
    own = ComposeProject(made["name"], project.node, made["folder"], project.images)
    containers = made["containers"] if made["containers"] is not None else before["containers"][name]
    networks = made["networks"] if made["networks"] is not None else list(before["networks"][name].values())
    volumes = made["volumes"] if made["volumes"] is not None else list(before["volumes"][name].values())
    return CreatedProject(own, containers, networks, volumes, made["said"])


@contextmanager
def told(answers: Seen) -> Iterator[list[Any]]:
    """The probe says what it was said to say, and so do the projects' folders; what the probe was asked."""
    asked: list[Any] = []

    def run_inside(engine: Engine, project: str, program: str, question: Any, seconds: float, *volumes: str) -> Any:
        asked.append(
            {"project": project, "program": program, "question": question, "seconds": seconds, "volumes": volumes}
        )
        return answers["probe"]

    with (
        patch("plumbline.stack.probing.run_inside", run_inside),
        patch("validators.stack.inspection.generated_files", lambda folder: answers["generated"].get(str(folder), {})),
    ):
        yield asked
