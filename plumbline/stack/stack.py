"""A running stack, and how to read its state."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Protocol

from plumbline.spec.spec import Spec
from plumbline.stack import scratch
from plumbline.stack.containers import container_of
from plumbline.stack.engine import Engine
from plumbline.stack.events import Events
from plumbline.stack.layout import binding_of
from plumbline.stack.project import ComposeProject
from plumbline.stack.reference import CreatedProject, references
from plumbline.stack.run import StackRun


class Watch(Protocol):
    """Is told how far things are."""

    def phase(self, text: str) -> None:
        """Something begins, e.g. `building the stand-in of postgres`."""

    def services(self, states: Mapping[str, str]) -> None:
        """The state of each service, again and again."""

    def result(self, name: str, matches: int, others: int) -> None:
        """What came of a group of checks."""


@dataclass
class Stack:
    """The projects of a mode on an engine."""

    spec: Spec
    engine: Engine
    run: StackRun
    watch: Watch = field(repr=False)
    projects: list[ComposeProject] = field(default_factory=list)
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
    _made: dict[str, CreatedProject] | None = field(default=None, repr=False)
    _making: Lock = field(default_factory=Lock, repr=False, compare=False)
    trouble: list[str] = field(default_factory=list)
    """What Compose said when the stack did not come up."""

    @property
    def is_own(self) -> bool:
        """Whether it was started for this look: its history is known, and its containers ask the probe's resolver for names."""
        return self.events is not None

    @property
    def stubs(self) -> frozenset[str]:
        """Ids of the images that are stood in for by a contract stub without programs: it keeps the outside of a service alone."""
        images = self.spec.images.images
        return frozenset(
            id
            for id in self.stand_ins
            if (stand_in := images[id].stand_in) and stand_in.recipe == "contract" and not stand_in.programs
        )

    def compose(self, project: ComposeProject, *arguments: str, extra: tuple[Path, ...] = ()) -> list[str]:
        """A compose command line for a project; `extra` files come after the override."""
        return scratch.compose(project, *arguments, extra=extra)

    def references(self) -> dict[str, CreatedProject]:
        """The same projects made anew from the generated files, by project; made once."""
        with self._making:  # of two looks at once the second takes what the first made
            if self._made is None:
                self._made = references(self.engine, self.run, self.spec, self.spec_folder, self.projects)
            return self._made

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
                lines += ["reach: {}:{}".format(*binding_of(project.node, each)) for each in publications]
            lines.append(f"look: docker compose --project-name {project.name} ps")
            lines.append(f"take down: docker compose --project-name {project.name} down --volumes --timeout 1")
        return [*lines, f"its files: {self.run.folder}"]


def node_service_name(project: ComposeProject, service: str) -> str:
    """A service's name among all nodes."""
    return f"{project.node.name}/{service}" if project.node.name else service
