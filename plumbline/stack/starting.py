"""Starts a mode: prepares its projects, starts them in order, and stops them at the end."""

import threading
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import groupby
from pathlib import Path

from plumbline.effective.deployment import image_reference
from plumbline.spec.finding import EnvironmentMissing
from plumbline.spec.spec import Spec
from plumbline.stack import scratch
from plumbline.stack.engine import Engine
from plumbline.stack.events import record_events
from plumbline.stack.layout import backend_hosts, nodes_of
from plumbline.stack.node_networks import make_node_networks
from plumbline.stack.probing import OUTSIDE_RESOLVER
from plumbline.stack.project import ComposeProject, dead_ends, subnets
from plumbline.stack.run import new_run
from plumbline.stack.settling import wait_until_settled
from plumbline.stack.stack import Stack, Watch, node_service_name
from plumbline.stack.stand_ins import SERVER_LABEL, build, is_built_from, recipe_of
from plumbline.stack.taken import SIGNS, Taken, moved_ports, moved_subnets

UP_SECONDS = 180
JOB_SECONDS = 600
_POLL_S = 0.3
_UPS = 5
_ATTEMPTS = 8
_NOT_OURS = {
    "no space left on device": "free some disk; `docker system df` shows what the engine holds",
    "No such image": "load the image, or give it a `stand_in` in images.yaml",
}


@contextmanager
def stack_up(
    engine: Engine, spec: Spec, spec_folder: Path, mode: str, watch: Watch, *, tenants: Sequence[str] | None = None
) -> Iterator[Stack]:
    """Stand a mode up, for some tenants or all; it is down again when the block ends, unless `stack.run.keep()` was called.

    A stack that does not come up is still handed over, with `trouble` filled: what it lacks is a result.
    Raises EnvironmentMissing where the engine lacks something, InputError where the project does.
    """
    with new_run(engine) as run, record_events(engine) as events:
        run.claim(f"plumb-probe-{run.id}")
        stack = Stack(spec, engine, run, watch, events=events)
        _stand(stack, spec_folder, mode, list(spec.tenants.tenants if tenants is None else tenants))
        yield stack
        watch.phase("kept up" if run.kept else "taking it down")


def _stand(stack: Stack, spec_folder: Path, mode: str, tenants: Sequence[str]) -> None:
    """Prepare and start; once more with other ranges and ports where another stack was quicker than this one."""
    held: set[str] = set()
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            prepare(stack, spec_folder, mode, tenants, attempt=attempt, held=held)
            start(stack)
            return
        except Taken as taken:
            if attempt == _ATTEMPTS:
                raise
            held |= taken.places
            stack.watch.phase(f"another run was faster, so trying again:  {taken}")
            stack.run.withdraw([project.name for project in stack.projects])
            stack.projects.clear()


def start(stack: Stack) -> None:
    """Start its projects, those first that others need. What goes wrong with the stack itself is added to its `trouble`.

    Raises Taken where another has a range or port of it by now.
    """
    for project in stack.projects:
        stack.run.claim(project.name)
    for _, projects in groupby(stack.projects, key=lambda project: project.node.generation):
        if not stack.trouble:
            _up(stack, list(projects))


def prepare(
    stack: Stack,
    spec_folder: Path,
    mode: str,
    tenants: Sequence[str],
    *,
    attempt: int = 1,
    held: Collection[str] = (),
) -> None:
    """Give the stack its projects, each with its folder, images and secrets; nothing runs yet.

    At a later attempt the projects have other names. `held` are `address:port` that turned out not to be free.
    """
    spec, engine, run = stack.spec, stack.engine, stack.run
    stack.spec_folder = spec_folder
    prefix = f"plumb-{spec.platform.name}-{mode}"
    nodes = nodes_of(spec, mode, tenants)
    if len(nodes) > 1 and attempt == 1:
        make_node_networks(stack, f"{prefix}-nodes-{run.id}", nodes)
    taken = [*engine.subnets(), *engine.routes(), *(node.subnet for node in nodes if node.address)]
    ports = engine.published_addresses() | set(held)
    images: dict[str, str] = {}
    for node in (replace(each, ports=moved_ports(each, ports, run.number + attempt)) for each in nodes):
        for image in sorted({service.image for service in node.deployment.services.values()} - images.keys()):
            images[image] = reference_of(stack, spec_folder, mode, image)
        wanted = subnets(spec, node.deployment)
        moved = moved_subnets(wanted, taken, run.number + attempt)
        taken += [*wanted.values(), *moved.values()]
        name = "-".join(filter(None, (prefix, node.name, run.id, str(attempt) if attempt > 1 else "")))
        project = ComposeProject(
            name,
            node,
            str(run.folder / name),
            images,
            moved,
            dead_ends(spec, node.deployment),
            backend_hosts(spec, node, nodes),
            OUTSIDE_RESOLVER,
        )
        stack.projects.append(project)
        values = stack.secrets.setdefault(node.tenant, scratch.secret_values(spec))
        for model in scratch.make(spec, spec_folder, project, values):
            if model not in stack.substitutes:
                stack.substitutes.append(model)
    run.share_folder()


def reference_of(stack: Stack, spec_folder: Path, mode: str, id: str) -> str:
    """The spec's own image where the engine has it, else its stand-in.

    A stand-in under the spec's name counts when it is that of this very recipe, and not another mode's or an older one.
    """
    image = stack.spec.images.images[id]
    own = image_reference(stack.spec, mode, image)
    if found := stack.engine.image(own):
        labels = (found.get("Config") or {}).get("Labels") or {}
        if SERVER_LABEL not in labels or (
            image.stand_in and is_built_from(labels, recipe_of(stack.spec, spec_folder, mode, id))
        ):
            if SERVER_LABEL in labels:
                stack.stand_ins[id] = labels[SERVER_LABEL]
            _same_platform(own, f"{found['Os']}/{found['Architecture']}", stack.engine.versions.platform)
            return own
    if image.stand_in is None:
        raise EnvironmentMissing(f"the engine has no image {own}, and it has no stand-in", f"docker pull {own}")
    stack.watch.phase(f"stand-in of {id}: {image.stand_in.server}")
    stack.stand_ins[id] = image.stand_in.server
    return build(stack.engine, recipe_of(stack.spec, spec_folder, mode, id))


def _same_platform(image: str, has: str, wanted: str) -> None:
    if has != wanted:
        hint = f"docker pull --platform {wanted} {image}"
        raise EnvironmentMissing(f"image {image} is for {has}, and the engine runs {wanted}", hint)


def _up(stack: Stack, projects: list[ComposeProject]) -> None:
    """Start projects that do not need each other, together; then run their jobs."""
    stack.watch.phase(f"starting {', '.join(project.name for project in projects)}")
    wait = ["up", "--detach", "--wait", f"--wait-timeout={UP_SECONDS}", "--pull=never"]
    commands = [
        stack.compose(project, *(f"--profile={profile}" for profile in project.profiles), *wait) for project in projects
    ]
    for _ in range(_UPS):
        said = _compose(stack, projects, commands)
        if not said or stack.trouble or not wait_until_settled(stack, projects):
            break
        stack.watch.phase("a health check was late; the start continues")
    stack.trouble += said
    with_jobs = [project for project in projects if project.jobs and not stack.trouble]
    if with_jobs:
        stack.watch.phase(f"running {', '.join(sorted({job for project in with_jobs for job in project.jobs}))}")
        once = ["--profile=job", "up", "--detach", "--no-deps", "--pull=never"]
        stack.trouble += _compose(stack, with_jobs, [stack.compose(each, *once, *each.jobs) for each in with_jobs])
        _wait_for_jobs(stack, with_jobs)


def run_compose(stack: Stack, *arguments: str) -> None:
    """One Compose command in every project at once, with all services that keep running; a failure is added to `trouble`."""
    commands = [
        stack.compose(project, *(f"--profile={profile}" for profile in project.profiles), *arguments)
        for project in stack.projects
    ]
    stack.trouble += _compose(stack, stack.projects, commands)


def _wait_for_jobs(stack: Stack, projects: list[ComposeProject]) -> None:
    end = time.monotonic() + JOB_SECONDS
    while time.monotonic() < end:
        states = _states(stack, projects)
        stack.watch.services(states)
        jobs = [node_service_name(project, job) for project in projects for job in project.jobs]
        if not any(states.get(job) in ("running", "created", "restarting") for job in jobs):
            return
        time.sleep(_POLL_S)


def _states(stack: Stack, projects: Sequence[ComposeProject]) -> dict[str, str]:
    return {
        node_service_name(project, service): state
        for project in projects
        for service, state in stack.engine.states([project.name]).items()
    }


def _compose(stack: Stack, projects: list[ComposeProject], commands: list[list[str]]) -> list[str]:
    """Run Compose, telling how the services fare; the end of what it said where it failed. A failure of the engine raises."""
    processes = [stack.engine.start(command) for command in commands]
    output: list[str] = []
    ended = {each.name: stack.events.ends(each.name, each.deployment.services) for each in projects if stack.events}
    with stack.run.track(processes):
        for process in processes:
            threading.Thread(target=output.extend, args=(process.stdout,), daemon=True).start()
        end = time.monotonic() + UP_SECONDS + 60
        while any(process.poll() is None for process in processes) and time.monotonic() < end:
            stack.watch.services(_states(stack, projects))
            if loops := _loops(stack, projects, ended):
                stack.trouble += loops
                return []
            time.sleep(_POLL_S)
    stack.watch.services(_states(stack, projects))
    lines = [line.strip() for line in output if line.strip()]
    if not any(process.returncode for process in processes):
        return []
    if found := next((line for line in lines if any(sign in line for sign in SIGNS)), None):
        raise Taken(found)
    for sign, hint in _NOT_OURS.items():
        if found := next((line for line in lines if sign in line), None):
            raise EnvironmentMissing(found, hint)
    return [line for line in lines if not line.startswith(("Container ", "Network ", "Volume "))][-4:] or [
        "it did not end"
    ]


def _loops(stack: Stack, projects: Sequence[ComposeProject], ended: Mapping[str, Mapping[str, int]]) -> list[str]:
    """A service that ends again and again won't get better by waiting. What ended before this command was asked to."""
    return [
        f"{node_service_name(project, service)} ended {count} times and keeps restarting"
        for project in projects
        if stack.events and project.name in ended
        for service, count in stack.events.restart_loops(project.name, ended[project.name]).items()
    ]
