"""Reads everything of a running stack, and compares it with the spec."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from plumbline.report.fact import Check
from plumbline.stack.containers import container_of
from plumbline.stack.project import ComposeProject
from plumbline.stack.reference import CreatedProject
from plumbline.stack.stack import Stack, node_service_name
from validators.stack.expected import ExpectedService, ImageUsed
from validators.stack.inside.container_inspection import ContainerInspection
from validators.stack.kinds import checks_of
from validators.stack.observed import ObservedService
from validators.stack.order import order_checks
from validators.stack.reach import (
    Row,
    RunningService,
    egress_checks,
    name_checks,
    place_of,
    published_addresses,
    published_checks,
    reach_checks,
    reach_questions,
    reach_table,
)
from validators.stack.running import ask, to_ask
from validators.stack.secrecy import generated_files, secret_checks
from validators.stack.whole.checks import whole_checks
from validators.stack.whole_project import project_checks


@dataclass(frozen=True)
class Inspection:
    """What one look at a stack gave."""

    checks: list[Check]
    table: list[Row]
    """Every ordered pair of services and every declared port."""


def inspect_stack(stack: Stack) -> Inspection:
    """Every fact of every service and project, compared, and who reached whom."""
    containers = {project.name: stack.engine.containers(project.name) for project in stack.projects}
    places = _places(stack, containers)
    host = [address for place in places for address in published_addresses(place).values()]
    inside = ContainerInspection(
        stack.engine, stack.spec, stack.spec_folder, stack.projects, stack.secrets if stack.is_own else None
    )
    # not beside the questions: whenever an engine makes a network it takes its rule of isolation out, and puts it back
    references = stack.references()
    answers = inside.ask_probe(f"plumb-probe-{stack.run.id}", reach_questions(stack.spec, places), places, host)
    places = [place for place in places if place.key in answers.places]
    table = reach_table(stack.spec, places, answers.places)
    kernels = {key: answer.kernel for key, answer in answers.places.items()}
    all_declared = {place.key: _expected_service(stack, place.project, place.service) for place in places}
    checks = _facts(stack, containers, kernels) + inside.checks(containers, places, all_declared, answers)
    checks += ask(stack.engine, to_ask(places, all_declared, stack.stubs))
    checks += _whole(stack, references, containers, checks) + _history(stack, containers, kernels)
    checks += reach_checks(table, places) + name_checks(places, answers.places)
    checks += published_checks(places, answers.host) + egress_checks(stack.spec, places, answers.places)
    return Inspection(checks, table)


def _whole(
    stack: Stack,
    references: Mapping[str, CreatedProject],
    containers: Mapping[str, Sequence[Mapping[str, Any]]],
    known: Sequence[Check],
) -> list[Check]:
    """Every field of what runs against those of what the generated files make."""
    return [
        replace(check, where=project.node.name)
        for project in stack.projects
        for check in whole_checks(
            project,
            references[project.name],
            containers[project.name],
            (stack.engine.networks(project.name), stack.engine.volumes(project.name)),
            [each for each in known if each.where == project.node.name],
        )
    ]


def places(stack: Stack) -> list[RunningService]:
    """Every service that runs, with its process and addresses."""
    return _places(stack, {project.name: stack.engine.containers(project.name) for project in stack.projects})


def _places(stack: Stack, containers: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[RunningService]:
    return [
        place
        for project in stack.projects
        for name in project.deployment.services
        if (container := container_of(project, name, containers[project.name]))
        and (place := place_of(project, name, container))
    ]


def _history(
    stack: Stack, containers: Mapping[str, Sequence[Mapping[str, Any]]], kernels: Mapping[str, Mapping[str, Any]]
) -> list[Check]:
    """What can be known of a stack that was started by us alone: the order of its start, and where its secrets went."""
    checks: list[Check] = []
    if stack.events is None:
        return checks
    for project in stack.projects:
        deployment, where, found = project.deployment, project.node.name, containers[project.name]
        checks += order_checks(stack.events, project.name, deployment, where)
        own = {name: container_of(project, name, found) for name in deployment.services}
        logs = {name: "\n".join(stack.engine.logs(each["Id"])) for name, each in own.items() if each}
        seen = {name: kernels[key] for name in own if (key := node_service_name(project, name)) in kernels}
        files = generated_files(Path(project.folder))
        checks += secret_checks(project, stack.secrets[project.node.tenant], found, seen, logs, files)
    return checks


def engine_checks(stack: Stack) -> list[Check]:
    """Checks of what the engine says alone, without a look inside."""
    return _facts(stack, {project.name: stack.engine.containers(project.name) for project in stack.projects}, {})


def _facts(
    stack: Stack, containers: Mapping[str, Sequence[Mapping[str, Any]]], kernels: Mapping[str, Mapping[str, Any]]
) -> list[Check]:
    found: list[Check] = []
    for project in stack.projects:
        for name in project.deployment.services:
            container = container_of(project, name, containers[project.name])
            kernel = kernels.get(node_service_name(project, name))
            seen = _seen(stack, project, name, container, kernel) if container else None
            found += [
                replace(each, where=project.node.name)
                for each in checks_of(_expected_service(stack, project, name), seen)
            ]
        networks, volumes = stack.engine.networks(project.name), stack.engine.volumes(project.name)
        checks = project_checks(stack.spec, project, containers[project.name], networks, volumes)
        found += [replace(each, where=project.node.name) for each in checks]
    return found


def _expected_service(stack: Stack, project: ComposeProject, name: str) -> ExpectedService:
    reference = project.images[project.deployment.services[name].image]
    image = stack.engine.image(reference) or {"Id": reference, "Config": {}}
    return ExpectedService(
        stack.spec,
        project.deployment,
        name,
        ImageUsed(image["Id"], image.get("Config") or {}),
        project.node,
        project.hosts,
    )


def _seen(
    stack: Stack, project: ComposeProject, name: str, container: Mapping[str, Any], kernel: Mapping[str, Any] | None
) -> ObservedService:
    secret = {use.environment for use in project.deployment.services[name].secrets.values() if use.environment}
    return ObservedService(container, project.name, project.folder, frozenset(secret), kernel)
