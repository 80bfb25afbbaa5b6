"""A reference of the same projects, created from the generated files but never started: what the engine makes of them."""

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from plumbline.spec.finding import EnvironmentMissing
from plumbline.spec.spec import Spec
from plumbline.stack import scratch
from plumbline.stack.containers import service_of
from plumbline.stack.engine import Engine
from plumbline.stack.project import ComposeProject, subnets
from plumbline.stack.run import StackRun
from plumbline.stack.taken import SIGNS, moved_subnets

_ATTEMPTS = 5
_SECONDS = 180
_STRIDE = 31
"""Another try chooses other ranges."""
Described = Mapping[str, Any]
"""As `docker inspect` has a container, a network or a volume."""


@dataclass(frozen=True)
class CreatedProject:
    """What the engine made of one project's generated file."""

    project: ComposeProject
    containers: Mapping[str, Described]
    """By service. One is missing where the engine would not make it."""
    networks: Sequence[Described]
    volumes: Sequence[Described]
    said: str = ""
    """What Compose said where it did not make everything."""


def references(
    engine: Engine, run: StackRun, spec: Spec, spec_folder: Path, projects: list[ComposeProject]
) -> dict[str, CreatedProject]:
    """A reference for each project, by the project's name. Nothing of them is left on the engine.

    Raises EnvironmentMissing where no range of addresses is free for their networks.
    """
    for attempt in range(_ATTEMPTS):
        made = _prepared(engine, run, spec, projects, attempt)
        for each in made.values():
            run.claim(each.name)
            scratch.make(spec, spec_folder, each, scratch.secret_values(spec))
        run.share_folder()
        try:
            said = _create(engine, run, made)
            if not any(sign in text for text in said.values() for sign in SIGNS):
                return {name: _seen(engine, each, said[name]) for name, each in made.items()}
        finally:
            run.withdraw([each.name for each in made.values()])
    raise EnvironmentMissing(
        "no address range is free for the reference networks",
        "run this again when fewer stacks are started and stopped on this engine",
    )


def _prepared(
    engine: Engine, run: StackRun, spec: Spec, projects: list[ComposeProject], attempt: int
) -> dict[str, ComposeProject]:
    """With folders of their own: whatever happened to the files of the running ones, these are as generated."""
    wanted = {project.name: subnets(spec, project.deployment) for project in projects}
    taken = [*engine.subnets(), *engine.routes(), *(subnet for each in wanted.values() for subnet in each.values())]
    made: dict[str, ComposeProject] = {}
    for number, project in enumerate(projects):
        moved = moved_subnets(wanted[project.name], taken, run.number + _STRIDE * (attempt + 1))
        taken += moved.values()
        name = f"plumb-made-{run.id}-{attempt}-{number}"
        made[project.name] = replace(project, name=name, folder=str(run.folder / name), moved=moved)
    return made


def _create(engine: Engine, run: StackRun, made: dict[str, ComposeProject]) -> dict[str, str]:
    """What Compose said of each, empty where it made everything."""
    started = {}
    for name, project in made.items():
        profiles = [f"--profile={profile}" for profile in (*project.profiles, "job")]
        create = [*profiles, "create", "--pull=never", *project.deployment.services]
        started[name] = engine.start(scratch.compose(project, *create))
    with run.track(list(started.values())):
        said = {name: _said(process) for name, process in started.items()}
    return {name: text.strip()[-400:] if started[name].returncode else "" for name, text in said.items()}


def _said(process: "subprocess.Popen[str]") -> str:
    try:
        return process.communicate(timeout=_SECONDS)[0]
    except subprocess.TimeoutExpired:
        return f"Compose did not end within {_SECONDS} s"


def _seen(engine: Engine, project: ComposeProject, said: str) -> CreatedProject:
    containers = {service_of(each): each for each in engine.containers(project.name)}
    return CreatedProject(project, containers, engine.networks(project.name), engine.volumes(project.name), said)
