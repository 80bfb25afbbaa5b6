"""A stack that stands, and everything that can be seen of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

from plumbline.fact import Check
from plumbline.spec import Spec
from validators.stack import scratch
from validators.stack.engine import Engine
from validators.stack.events import Events, order_checks
from validators.stack.expected import ImageUsed, Promise
from validators.stack.inside.look import Inside
from validators.stack.kinds import checks_of
from validators.stack.layout import bound
from validators.stack.observed import Seen
from validators.stack.project import Project
from validators.stack.reach import (
    Place,
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
from validators.stack.run import Run
from validators.stack.running import ask, to_ask
from validators.stack.secrecy import generated_files, secret_checks
from validators.stack.whole.checks import Reference, whole_checks
from validators.stack.whole.reference import references
from validators.stack.whole_project import container_of, project_checks


class Watch(Protocol):
    """Is told how far things are."""

    def phase(self, text: str) -> None:
        """Something begins, e.g. `building the stand-in of postgres`."""

    def services(self, states: Mapping[str, str]) -> None:
        """The state of each service, again and again."""

    def result(self, name: str, matches: int, others: int) -> None:
        """What came of a group of checks."""


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
    watch: Watch = field(repr=False)
    projects: list[Project] = field(default_factory=list)
    stand_ins: dict[str, str] = field(default_factory=dict)
    """What really runs, by image id, for the images that are stood in for."""
    substitutes: list[str] = field(default_factory=list)
    """Ids of the models that have a small substitute."""
    secrets: dict[str, dict[str, str]] = field(default_factory=dict, repr=False)
    """Values of the secrets, by tenant."""
    left_out: list[str] = field(default_factory=list)
    """Services of a stack that somebody else started which are not expected there."""
    events: Events | None = None
    """What happened since before it was started; None for a stack that somebody else started."""
    spec_folder: Path = Path()
    """Where the spec is; what was generated from it lies beside it."""
    made: dict[str, Reference] | None = field(default=None, repr=False)
    """The same projects made anew from the generated files, by project; None until they were needed."""
    _making: Lock = field(default_factory=Lock, repr=False, compare=False)
    trouble: list[str] = field(default_factory=list)
    """What Compose said when the stack did not come up."""

    @property
    def is_own(self) -> bool:
        """Whether it was started for this look: its history is known, and its containers ask the probe's resolver for names."""
        return self.events is not None

    @property
    def stubs(self) -> frozenset[str]:
        """Ids of the images that are stood in for by a contract stub, which keeps the outside of a service alone."""
        images = self.spec.images.images
        return frozenset(
            id for id in self.stand_ins if (stand_in := images[id].stand_in) and stand_in.recipe == "contract"
        )

    def compose(self, project: Project, *arguments: str, extra: tuple[Path, ...] = ()) -> list[str]:
        """A compose command line for a project; `extra` files come after the override."""
        return scratch.compose(project, *arguments, extra=extra)

    def look(self) -> "Look":
        """Every fact of every service and project, compared, and who reached whom."""
        containers = {project.name: self.engine.containers(project.name) for project in self.projects}
        places = self._places(containers)
        host = [address for place in places for address in published(place).values()]
        inside = Inside(self.engine, self.spec, self.spec_folder, self.projects, self.secrets if self.is_own else None)
        # not beside the questions: whenever an engine makes a network it takes its rule of isolation out, and puts it back
        references = self._made()
        answers = inside.probed(f"plumb-probe-{self.run.id}", questions(self.spec, places), places, host)
        places = [place for place in places if place.key in answers.places]
        table = rows(self.spec, places, answers.places)
        kernels = {key: answer.kernel for key, answer in answers.places.items()}
        promises = {place.key: self._promise(place.project, place.service) for place in places}
        checks = self._facts(containers, kernels) + inside.checks(containers, places, promises, answers)
        checks += ask(self.engine, to_ask(places, promises, self.stubs))
        checks += self._whole(references, containers, checks) + self._history(containers, kernels)
        checks += reach_checks(table, places) + name_checks(places, answers.places)
        checks += published_checks(places, answers.host) + egress_checks(self.spec, places, answers.places)
        return Look(checks, table)

    def _made(self) -> dict[str, Reference]:
        with self._making:  # of two looks at once the second takes what the first made
            if self.made is None:
                self.made = references(self.engine, self.run, self.spec, self.spec_folder, self.projects)
            return self.made

    def _whole(
        self,
        references: Mapping[str, Reference],
        containers: Mapping[str, Sequence[Mapping[str, Any]]],
        known: Sequence[Check],
    ) -> list[Check]:
        """Every field of what runs against those of what the generated files make."""
        return [
            replace(check, where=project.node.name)
            for project in self.projects
            for check in whole_checks(
                project,
                references[project.name],
                containers[project.name],
                (self.engine.networks(project.name), self.engine.volumes(project.name)),
                [each for each in known if each.where == project.node.name],
            )
        ]

    def places(self) -> list[Place]:
        """Every service that runs, with its process and addresses."""
        return self._places({project.name: self.engine.containers(project.name) for project in self.projects})

    def _places(self, containers: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[Place]:
        return [
            place
            for project in self.projects
            for name in project.deployment.services
            if (container := container_of(project, name, containers[project.name]))
            and (place := place_of(project, name, container))
        ]

    def _history(
        self, containers: Mapping[str, Sequence[Mapping[str, Any]]], kernels: Mapping[str, Mapping[str, Any]]
    ) -> list[Check]:
        """What can be known of a stack that was started by us alone: the order of its start, and where its secrets went."""
        checks: list[Check] = []
        if self.events is None:
            return checks
        for project in self.projects:
            deployment, where, found = project.deployment, project.node.name, containers[project.name]
            checks += order_checks(self.events, project.name, deployment, where)
            own = {name: container_of(project, name, found) for name in deployment.services}
            logs = {name: "\n".join(self.engine.logs(each["Id"])) for name, each in own.items() if each}
            seen = {name: kernels[key] for name in own if (key := shown(project, name)) in kernels}
            files = generated_files(Path(project.folder))
            checks += secret_checks(project, self.secrets[project.node.tenant], found, seen, logs, files)
        return checks

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
        lines = ["export {}={}".format(*self.engine.connection.setting)]
        for project in self.projects:
            for service in project.deployment.services.values():
                publications = service.publish.values()
                lines += ["reach: {}:{}".format(*bound(project.node, each)) for each in publications]
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


def shown(project: Project, service: str) -> str:
    """A service's name among all nodes."""
    return f"{project.node.name}/{service}" if project.node.name else service
