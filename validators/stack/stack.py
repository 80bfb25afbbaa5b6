"""A stack that stands: started from the generated projects, looked at, and taken down again."""

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path
from typing import Any, Protocol

from plumbline.fact import Check
from plumbline.finding import EnvironmentMissing
from plumbline.spec import Spec
from validators.stack import scratch
from validators.stack.engine import Engine
from validators.stack.expected import ImageUsed, Promise
from validators.stack.kinds import checks_of
from validators.stack.layout import Node, backend_hosts, bound_address, nodes_of
from validators.stack.observed import Seen
from validators.stack.probing import probe
from validators.stack.project import Project, dead_ends, moved_subnets, subnets
from validators.stack.reach import (
    Row,
    egress_checks,
    name_checks,
    place_of,
    published,
    published_checks,
    questions,
    reach_checks,
    rows,
)
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


@dataclass(frozen=True)
class Look:
    """What one look at a stack gave."""

    checks: list[Check]
    table: list[Row]
    """Every ordered pair of services and every declared port."""


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
    secrets: dict[str, dict[str, str]] = field(default_factory=dict, repr=False)
    """Values of the secrets, by tenant."""
    has_outside: bool = True
    """Whether its containers ask the probe's resolver for names, so that a leak is seen."""
    trouble: list[str] = field(default_factory=list)
    """What Compose said when the stack did not come up."""

    def compose(self, project: Project, *arguments: str, extra: tuple[Path, ...] = ()) -> list[str]:
        """A compose command line for a project; `extra` files come after the override."""
        folder = Path(project.folder)
        files = (folder / scratch.COMPOSE, folder / scratch.OVERRIDE, *extra)
        named = [word for file in files for word in ("--file", str(file))]
        return ["compose", "--project-name", project.name, "--project-directory", str(folder), *named, *arguments]

    def look(self) -> "Look":
        """Every fact of every service and project, compared, and who reached whom."""
        containers = {project.name: self.engine.containers(project.name) for project in self.projects}
        places = [
            place
            for project in self.projects
            for name in project.deployment.services
            if (container := container_of(project, name, containers[project.name]))
            and (place := place_of(project, name, container))
        ]
        host = [address for place in places for address in published(place).values()]
        answers = probe(
            self.engine, f"plumb-probe-{self.run.id}", questions(self.spec, places), host, outside=self.has_outside
        )
        places = [place for place in places if place.key in answers.places]
        table = rows(self.spec, places, answers.places)
        checks = self._facts(containers, {key: answer.kernel for key, answer in answers.places.items()})
        checks += reach_checks(table, places) + name_checks(places, answers.places)
        checks += published_checks(places, answers.host) + egress_checks(self.spec, places, answers.places)
        return Look(checks, table)

    def configured(self) -> list[Check]:
        """Checks of what the engine says alone, without a look inside."""
        return self._facts({project.name: self.engine.containers(project.name) for project in self.projects}, {})

    def _facts(
        self, containers: Mapping[str, Sequence[Mapping[str, Any]]], kernels: Mapping[str, Mapping[str, Any]]
    ) -> list[Check]:
        found: list[Check] = []
        for project in self.projects:
            for name in project.deployment.services:
                container = container_of(project, name, containers[project.name])
                kernel = kernels.get(shown(project, name))
                seen = self._seen(project, name, container, kernel) if container else None
                found += [
                    replace(each, where=project.node.name) for each in checks_of(self._promise(project, name), seen)
                ]
            networks, volumes = self.engine.networks(project.name), self.engine.volumes(project.name)
            checks = project_checks(self.spec, project, containers[project.name], networks, volumes)
            found += [replace(each, where=project.node.name) for each in checks]
        return found

    def last_lines(self, node: str, service: str, lines: int = 5) -> list[str]:
        """The end of a service's log."""
        for project in self.projects:
            if project.node.name != node:
                continue
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
                publications = service.publish.values()
                lines += [f"reach: {bound_address(project.node, each.address)}:{each.port}" for each in publications]
            lines.append(f"look: docker compose --project-name {project.name} ps")
            lines.append(f"take down: docker compose --project-name {project.name} down --volumes --timeout 1")
        return [*lines, f"its files: {self.run.folder}"]

    def _promise(self, project: Project, name: str) -> Promise:
        reference = project.images[project.deployment.services[name].image]
        image = self.engine.image(reference) or {"Id": reference, "Config": {}}
        return Promise(
            self.spec,
            project.deployment,
            name,
            ImageUsed(image["Id"], image.get("Config") or {}),
            project.node,
            project.hosts,
        )

    def _seen(
        self, project: Project, name: str, container: Mapping[str, Any], kernel: Mapping[str, Any] | None
    ) -> Seen:
        secret = {use.environment for use in project.deployment.services[name].secrets.values() if use.environment}
        return Seen(container, project.name, project.folder, frozenset(secret), kernel)


@contextmanager
def standing(
    engine: Engine, spec: Spec, spec_folder: Path, mode: str, watch: Watch, *, tenants: Sequence[str] | None = None
) -> Iterator[Stack]:
    """Stand a mode up, for some tenants or all; it is down again when the block ends, unless `stack.run.keep()` was called.

    A stack that does not come up is still handed over, with `trouble` filled: what it lacks is a result.
    Raises EnvironmentMissing where the engine lacks something, InputError where the project does.
    """
    with new_run(engine) as run:
        run.claim(f"plumb-probe-{run.id}")
        stack = Stack(spec, engine, run, [], {})
        _prepare(stack, spec_folder, mode, list(spec.tenants.tenants if tenants is None else tenants), watch)
        for _, projects in groupby(stack.projects, key=lambda project: project.node.generation):
            if not stack.trouble:
                _up(stack, list(projects), watch)
        yield stack
        watch.phase("kept up" if run.kept else "taking it down")


def _prepare(stack: Stack, spec_folder: Path, mode: str, tenants: Sequence[str], watch: Watch) -> None:
    spec, engine, run = stack.spec, stack.engine, stack.run
    prefix = f"plumb-{spec.platform.name}-{mode}"
    nodes = nodes_of(spec, mode, tenants)
    taken = [*engine.subnets(), *(node.subnet for node in nodes if node.address)]
    images: dict[str, str] = {}
    for node in nodes:
        for image in sorted({service.image for service in node.deployment.services.values()} - images.keys()):
            images[image] = reference_of(stack, spec_folder, mode, image, watch)
        wanted = subnets(spec, node.deployment)
        moved = moved_subnets(wanted, taken)
        taken += [*wanted.values(), *moved.values()]
        name = "-".join(filter(None, (prefix, node.name, run.id)))
        project = Project(
            name,
            node,
            str(run.folder / name),
            images,
            moved,
            dead_ends(spec, node.deployment),
            backend_hosts(spec, node, nodes),
        )
        stack.projects.append(project)
        values = stack.secrets.setdefault(node.tenant, scratch.secret_values(spec))
        for model in scratch.make(spec, spec_folder, project, values):
            if model not in stack.substitutes:
                stack.substitutes.append(model)
    if len(nodes) > 1:
        _make_node_networks(stack, f"{prefix}-nodes-{run.id}", nodes)


def _make_node_networks(stack: Stack, project: str, nodes: Sequence[Node]) -> None:
    """A small network for each node, whose gateway is the node's address on this engine."""
    stack.run.claim(project)
    for node in nodes:
        stack.engine.make_network(project, f"{project}-{node.name}", node.subnet, node.address)


def reference_of(stack: Stack, spec_folder: Path, mode: str, id: str, watch: Watch) -> str:
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


def _up(stack: Stack, projects: list[Project], watch: Watch) -> None:
    """Start projects that do not need each other, together; then run their jobs."""
    for project in projects:
        stack.run.claim(project.name)
    watch.phase(f"starting {', '.join(project.name for project in projects)}")
    wait = ["up", "--detach", "--wait", f"--wait-timeout={UP_SECONDS}", "--pull=never"]
    commands = [
        stack.compose(project, *(f"--profile={profile}" for profile in project.profiles), *wait) for project in projects
    ]
    _compose(stack, projects, commands, watch)
    with_jobs = [project for project in projects if project.jobs and not stack.trouble]
    if with_jobs:
        watch.phase(f"running {', '.join(sorted({job for project in with_jobs for job in project.jobs}))}")
        once = ["--profile=job", "up", "--detach", "--no-deps", "--pull=never"]
        _compose(stack, with_jobs, [stack.compose(each, *once, *each.jobs) for each in with_jobs], watch)
        _wait_for_jobs(stack, with_jobs, watch)


def _wait_for_jobs(stack: Stack, projects: list[Project], watch: Watch) -> None:
    end = time.monotonic() + JOB_SECONDS
    while time.monotonic() < end:
        states = _states(stack, projects)
        watch.services(states)
        jobs = [shown(project, job) for project in projects for job in project.jobs]
        if not any(states.get(job) in ("running", "created", "restarting") for job in jobs):
            return
        time.sleep(_POLL_S)


def _states(stack: Stack, projects: Sequence[Project]) -> dict[str, str]:
    return {
        shown(project, service): state
        for project in projects
        for service, state in stack.engine.states([project.name]).items()
    }


def shown(project: Project, service: str) -> str:
    """A service's name among all nodes."""
    return f"{project.node.name}/{service}" if project.node.name else service


def _compose(stack: Stack, projects: list[Project], commands: list[list[str]], watch: Watch) -> None:
    """Run Compose, telling how the services fare; a failure of the engine raises, one of the stack is kept as trouble."""
    processes = [stack.engine.start(command) for command in commands]
    output: list[str] = []
    with stack.run.working(processes):
        for process in processes:
            threading.Thread(target=output.extend, args=(process.stdout,), daemon=True).start()
        end = time.monotonic() + UP_SECONDS + 60
        while any(process.poll() is None for process in processes) and time.monotonic() < end:
            watch.services(_states(stack, projects))
            time.sleep(_POLL_S)
    watch.services(_states(stack, projects))
    if any(process.returncode for process in processes):
        lines = [line.strip() for line in output if line.strip()]
        for sign, hint in _NOT_OURS.items():
            if found := next((line for line in lines if sign in line), None):
                raise EnvironmentMissing(found, hint)
        stack.trouble += [line for line in lines if not line.startswith(("Container ", "Network ", "Volume "))][-4:]
