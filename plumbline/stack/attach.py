"""A stack that somebody else started. It is inspected; nothing of it is changed or removed."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from generators.compose.service import LABEL
from generators.compose.waits import called_jobs
from plumbline.spec.finding import Finding, InputError
from plumbline.spec.spec import Spec
from plumbline.stack.engine import SERVICE, Engine
from plumbline.stack.layout import Node, nodes_of
from plumbline.stack.project import ComposeProject, dead_ends
from plumbline.stack.run import new_run
from plumbline.stack.stack import Stack, Watch
from plumbline.stack.starting import reference_of

_FOLDER = "com.docker.compose.project.working_dir"
_ONE_OFF = "com.docker.compose.oneoff"
_ROLE = f"{LABEL}.role"


@contextmanager
def attach(
    engine: Engine,
    spec: Spec,
    spec_folder: Path,
    mode: str,
    watch: Watch,
    *,
    names: Sequence[str],
    tenant: str | None = None,
) -> Iterator[Stack]:
    """The compose projects of these names, as one stack of a mode. Raises InputError where one is no project of the mode."""
    tenants = [tenant] if tenant else list(spec.tenants.tenants)[:1]
    nodes = nodes_of(spec, mode, tenants)
    with new_run(engine) as run:
        run.claim(f"plumb-probe-{run.id}")
        stack = Stack(spec, engine, run, watch, spec_folder=spec_folder)
        images: dict[str, str] = {}
        for name in names:
            containers = engine.containers(name)
            node, left_out = as_started(_node(nodes, containers, name, mode), containers)
            node = replace(node, is_played=False)
            stack.left_out += left_out
            for image in sorted({service.image for service in node.deployment.services.values()} - images.keys()):
                images[image] = reference_of(stack, spec_folder, mode, image)
            folder = str(_labels(containers[0]).get(_FOLDER, ""))
            stack.projects.append(ComposeProject(name, node, folder, images, {}, dead_ends(spec, node.deployment)))
        yield stack


def _node(nodes: Sequence[Node], containers: Sequence[Mapping[str, Any]], name: str, mode: str) -> Node:
    roles = {str(_labels(each).get(_ROLE, "")) for each in containers}
    found = [node for node in nodes if node.deployment.role in roles]
    if len(found) == 1:
        return found[0]
    wanted = ", ".join(node.deployment.role for node in nodes)
    message = f"no compose project {name} runs here" if not containers else f"{name} is not a project of mode {mode}"
    hint = f"`docker compose ls` shows what runs; a project has containers with the label {_ROLE}: {wanted}"
    raise InputError([Finding("PLB909", message, hint=hint)])


def as_started(node: Node, containers: Sequence[Mapping[str, Any]]) -> tuple[Node, list[str]]:
    """The node without what is not expected on it: optional services that nobody asked for, and jobs that left no container
    (`run --rm`); and the names of those."""
    services = node.deployment.services
    there = {str(_labels(each).get(SERVICE)) for each in containers if _labels(each).get(_ONE_OFF) != "True"}
    asked = {services[name].profile for name in there & services.keys()}
    called = called_jobs(services)
    left = [
        name
        for name, service in services.items()
        if name not in there and (name in called or (service.profile and service.profile not in asked))
    ]
    kept = {name: service for name, service in services.items() if name not in left}
    return replace(node, deployment=replace(node.deployment, services=kept)), left


def _labels(container: Mapping[str, Any]) -> Mapping[str, Any]:
    return container["Config"].get("Labels") or {}
