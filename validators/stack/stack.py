"""A stack that stands: started from the generated projects, looked at, and taken down again."""

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from plumbline.deployment import deployments, folder_of
from plumbline.fact import Check
from plumbline.finding import EnvironmentMissing, Finding, InputError
from plumbline.spec import Spec
from validators.stack import scratch
from validators.stack.engine import Engine
from validators.stack.expected import ImageUsed, Promise
from validators.stack.kinds import checks_of
from validators.stack.observed import Seen
from validators.stack.project import Project, moved_subnets, subnets
from validators.stack.run import Run, new_run
from validators.stack.stand_ins import build, recipe_of
from validators.stack.whole_project import container_of, project_checks

UP_SECONDS = 180
JOB_SECONDS = 90
_POLL_S = 0.3
_NOT_OURS = {
    "port is already allocated": "another container publishes that port: stop it, or use another engine",
    "address already in use": "another program listens on that port: stop it, or use another engine",
    "Pool overlaps": "another network has that range: remove it, or use another engine",
    "no space left on device": "free some disk; `docker system df` shows what the engine holds",
    "No such image": "load the image, or give it a `stand_in` in images.yaml",
}


class Watch(Protocol):
    """Is told how far things are."""

    def phase(self, text: str) -> None:
        """Something begins, e.g. `building the stand-in of postgres`."""

    def services(self, states: Mapping[str, str]) -> None:
        """The state of each service, again and again."""


@dataclass
class Stack:
    """The projects of a mode on an engine."""

    spec: Spec
    engine: Engine
    run: Run
    projects: list[Project]
    stand_ins: dict[str, str]
    """What really runs, by image id, for the images that are stood in for."""
    substitutes: list[str] = field(default_factory=list)
    """Ids of the models that have a small substitute."""
    trouble: list[str] = field(default_factory=list)
    """What Compose said when the stack did not come up."""

    def folder(self, project: Project) -> Path:
        """The folder that a project is started from."""
        return self.run.folder / project.name

    def compose(self, project: Project, *arguments: str, extra: tuple[Path, ...] = ()) -> list[str]:
        """A compose command line for a project; `extra` files come after the override."""
        folder = self.folder(project)
        files = (folder / scratch.COMPOSE, folder / scratch.OVERRIDE, *extra)
        named = [word for file in files for word in ("--file", str(file))]
        return ["compose", "--project-name", project.name, "--project-directory", str(folder), *named, *arguments]

    def checks(self) -> list[Check]:
        """Every fact of every service and project, compared."""
        found: list[Check] = []
        for project in self.projects:
            containers = self.engine.containers(project.name)
            for name in project.deployment.services:
                container = container_of(project, name, containers)
                seen = self._seen(project, name, container) if container else None
                found += checks_of(self._promise(project, name), seen)
            networks, volumes = self.engine.networks(project.name), self.engine.volumes(project.name)
            found += project_checks(self.spec, project, containers, networks, volumes)
        return found

    def last_lines(self, service: str, lines: int = 5) -> list[str]:
        """The end of a service's log."""
        for project in self.projects:
            container = container_of(project, service, self.engine.containers(project.name))
            if container:
                return self.engine.logs(str(container["Id"]), lines)
        return []

    def kept_lines(self) -> list[str]:
        """How to reach a stack that was kept up, and how to take it down; nothing for one that was not."""
        if not self.run.kept:
            return []
        lines = [f"export DOCKER_HOST={self.engine.host}"]
        for project in self.projects:
            for service in project.deployment.services.values():
                lines += [f"reach: {each.address}:{each.port}" for each in service.publish.values()]
            lines.append(f"look: docker compose --project-name {project.name} ps")
            lines.append(f"take down: docker compose --project-name {project.name} down --volumes --timeout 1")
        return [*lines, f"its files: {self.run.folder}"]

    def _promise(self, project: Project, name: str) -> Promise:
        reference = project.images[project.deployment.services[name].image]
        image = self.engine.image(reference) or {"Id": reference, "Config": {}}
        return Promise(self.spec, project.deployment, name, ImageUsed(image["Id"], image.get("Config") or {}))

    def _seen(self, project: Project, name: str, container: Mapping[str, Any]) -> Seen:
        secret = {use.environment for use in project.deployment.services[name].secrets.values() if use.environment}
        return Seen(container, project.name, str(self.folder(project)), frozenset(secret))


@contextmanager
def standing(engine: Engine, spec: Spec, spec_folder: Path, mode: str, watch: Watch) -> Iterator[Stack]:
    """Stand a mode up; it is down again when the block ends, unless `stack.run.keep()` was called.

    A stack that does not come up is still handed over, with `trouble` filled: what it lacks is a result.
    Raises EnvironmentMissing where the engine lacks something, InputError where the project does.
    """
    if sum(1 for _ in deployments(spec, mode)) != 1:
        path = f"topology.{mode}"
        message = f"mode {mode} has several nodes, and only modes of one node can be stood up so far"
        raise InputError([Finding("PLB920", message, location=spec.at(path), subject=path)])
    with new_run(engine) as run:
        stack = Stack(spec, engine, run, [], {})
        _prepare(stack, spec_folder, mode, watch)
        for project in stack.projects:
            _up(stack, project, watch)
        yield stack
        watch.phase("kept up" if run.kept else "taking it down")


def _prepare(stack: Stack, spec_folder: Path, mode: str, watch: Watch) -> None:
    spec, engine, run = stack.spec, stack.engine, stack.run
    for deployment in deployments(spec, mode):
        images = {
            image: _reference(stack, spec_folder, mode, image, watch)
            for image in sorted({service.image for service in deployment.services.values()})
        }
        suffix = folder_of(spec, deployment).removeprefix("deploy/").replace("/", "-")
        moved = moved_subnets(subnets(spec, deployment), engine.subnets())
        project = Project(f"plumb-{spec.platform.name}-{suffix}-{run.id}", deployment, images, moved)
        stack.projects.append(project)
        stack.substitutes += scratch.make(spec, spec_folder, project, stack.folder(project))


def _reference(stack: Stack, spec_folder: Path, mode: str, id: str, watch: Watch) -> str:
    """The spec's own image where the engine has it, else its stand-in."""
    image = stack.spec.images.images[id]
    own = f"{image.repository}:{image.tag}" + (f"@{image.digest}" if image.digest else "")
    if stack.engine.image(own):
        return own
    if image.stand_in is None:
        raise EnvironmentMissing(f"the engine has no image {own}, and it has no stand-in", f"docker pull {own}")
    watch.phase(f"stand-in of {id}: {image.stand_in.server}")
    stack.stand_ins[id] = image.stand_in.server
    return build(stack.engine, recipe_of(stack.spec, spec_folder, mode, id))


def _up(stack: Stack, project: Project, watch: Watch) -> None:
    stack.run.claim(project.name)
    watch.phase(f"starting {project.name}")
    profiles = [word for profile in project.profiles for word in ("--profile", profile)]
    _compose(
        stack, project, [*profiles, "up", "--detach", "--wait", f"--wait-timeout={UP_SECONDS}", "--pull=never"], watch
    )
    for job in project.jobs if not stack.trouble else ():
        watch.phase(f"running {job}")
        _compose(stack, project, ["--profile=job", "up", "--detach", "--no-deps", "--pull=never", job], watch)
        _wait_for_job(stack, project, job, watch)


def _wait_for_job(stack: Stack, project: Project, job: str, watch: Watch) -> None:
    end = time.monotonic() + JOB_SECONDS
    while time.monotonic() < end:
        states = stack.engine.states([project.name])
        watch.services(states)
        if states.get(job) not in ("running", "created", "restarting"):
            return
        time.sleep(_POLL_S)


def _compose(stack: Stack, project: Project, arguments: list[str], watch: Watch) -> None:
    """Run Compose, telling how the services fare; a failure of the engine raises, one of the stack is kept as trouble."""
    process = stack.engine.start(stack.compose(project, *arguments))
    output: list[str] = []
    reader = threading.Thread(target=lambda: output.extend(process.stdout or ()), daemon=True)
    reader.start()
    with stack.run.working(process):
        end = time.monotonic() + UP_SECONDS + 60
        while process.poll() is None and time.monotonic() < end:
            watch.services(stack.engine.states([project.name]))
            time.sleep(_POLL_S)
    reader.join(timeout=5)
    watch.services(stack.engine.states([project.name]))
    if process.returncode:
        lines = [line.strip() for line in output if line.strip()]
        for sign, hint in _NOT_OURS.items():
            if found := next((line for line in lines if sign in line), None):
                raise EnvironmentMissing(found, hint)
        stack.trouble += [line for line in lines if not line.startswith(("Container ", "Network ", "Volume "))][-4:]
