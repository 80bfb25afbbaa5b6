"""What is asked of the probe about the inside of containers, and the checks of what it answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from plumbline.report.fact import Check
from plumbline.spec.spec import Spec
from plumbline.stack.containers import container_of
from plumbline.stack.engine import Engine
from plumbline.stack.probing import Answers, FolderMissing, Question, image_of_probe, probe
from plumbline.stack.project import ComposeProject
from validators.stack import expected
from validators.stack.expected import ExpectedService
from validators.stack.inside.bridges import bridge_checks
from validators.stack.inside.files import (
    ExpectedFile,
    file_checks,
    folders_of,
    layer_checks,
    missing_folder,
    mounted_at,
    wanted_files,
)
from validators.stack.inside.foreign_users import foreign_user_checks, is_probe
from validators.stack.inside.mounts import mount_checks, usually_made
from validators.stack.inside.names import Usual, name_checks, usual_network, usual_settings
from validators.stack.inside.processes import process_checks
from validators.stack.reach import RunningService

_SEEN_AT = "/projects"
_ENDED_S = 3.0
"""An engine ends a check that took too long; on a busy machine it is late with that too."""
Containers = Mapping[str, Sequence[Mapping[str, Any]]]
"""As `docker inspect` has them, by project."""


@dataclass
class ContainerInspection:
    """One look into all containers of some projects."""

    engine: Engine
    spec: Spec
    spec_folder: Path
    projects: Sequence[ComposeProject]
    secrets: Mapping[str, Mapping[str, str]] | None
    """Values by tenant; None where they are another's."""
    wanted: dict[str, dict[str, ExpectedFile]] = field(init=False)
    gone: set[str] = field(default_factory=set)
    """Folders of projects that the engine's host does not have."""

    def __post_init__(self) -> None:
        self.wanted = {project.name: self._wanted(project) for project in self.projects}

    def ask_probe(
        self, project: str, questions: Mapping[str, Question], places: Sequence[RunningService], host: Sequence[str]
    ) -> Answers:
        """What the probe sees, asked once more without a folder that is gone. Raises EnvironmentMissing."""
        asked = self.with_files(questions, places)
        while True:
            try:
                return probe(
                    self.engine,
                    project,
                    asked,
                    host,
                    outside=True,
                    files=self.paths(),
                    folders=self.folders(),
                    patience=self.patience,
                )
            except FolderMissing as missing:
                if missing.folder in self.gone or missing.folder not in self.folders():
                    raise
                self.gone.add(missing.folder)

    @property
    def patience(self) -> float:
        """Seconds after which a process that was started from outside is no health check."""
        checks = (each.health for project in self.projects for each in project.deployment.services.values())
        return max((check.timeout_s + _ENDED_S for check in checks if check), default=_ENDED_S)

    def with_files(self, questions: Mapping[str, Question], places: Sequence[RunningService]) -> dict[str, Question]:
        """The questions, with the files of each place."""
        files = {place.key: tuple(mounted_at(place.project, place.service)) for place in places}
        return {key: replace(each, files=files[key]) for key, each in questions.items()}

    def folders(self) -> dict[str, str]:
        """The projects' folders on the host, with where the probe sees them; none for a project that mounts nothing of its own."""
        return {
            project.folder: f"{_SEEN_AT}/{number}"
            for number, project in enumerate(self.projects)
            if self.wanted[project.name] and project.folder not in self.gone
        }

    def paths(self) -> list[str]:
        """Files and folders of the host that are asked for, as the probe sees them."""
        return [path for project in self.projects for path in self._on_host(project).values()]

    def checks(
        self,
        containers: Containers,
        places: Sequence[RunningService],
        all_declared: Mapping[str, ExpectedService],
        answers: Answers,
    ) -> list[Check]:
        """Every check of processes, names, addresses, files, and of others who have something of the projects."""
        probe = image_of_probe(self.engine)
        listed = [each for each in self.engine.list_containers() if not is_probe(each, probe)]
        foreign = {str(each["Id"]): str(each["Names"][0]).lstrip("/") for each in listed}
        resolvers = [each.kernel["texts"]["resolv.conf"] for each in answers.places.values()]
        usual = Usual(
            usual_settings(answers.own["resolv.conf"], resolvers),
            usual_network([each.kernel["settings"] for each in answers.places.values()]),
        )
        made = usually_made([each.kernel for each in answers.places.values()])
        networks = {project.name: self.engine.networks(project.name) for project in self.projects}
        checks: list[Check] = []
        for place in places:
            subject, where = f"services.{place.service}", place.project.node.name
            kernel, declared = answers.places[place.key].kernel, all_declared[place.key]
            container = container_of(place.project, place.service, containers[place.project.name]) or {}
            user = declared.service.user or str(declared.image.config.get("User") or "0:0")
            rights = user, declared.service.capabilities
            checks += process_checks(subject, where, rights, kernel, answers.own, foreign)
            checks += layer_checks(subject, where, container, self.engine.changed_paths(str(container["Id"])))
            checks += mount_checks(subject, where, container, kernel, made)
            checks += name_checks(
                subject, where, container, expected.hosts(declared), kernel, usual, networks[place.project.name]
            )
        for project in self.projects:
            inside = {
                place.service: answers.places[place.key].kernel["files"] for place in places if place.project is project
            }
            host = {path: answers.files.get(place) for path, place in self._on_host(project).items()}
            checks += file_checks(project, self.wanted[project.name], inside, host)
            if project.folder in self.gone:
                checks.append(missing_folder(project))
            own = [str(each["Id"]) for each in containers[project.name]]
            volumes = self.engine.volumes(project.name)
            checks += bridge_checks(project, networks[project.name], answers.bridges)
            checks += foreign_user_checks(project, own, listed, networks[project.name], volumes)
        return checks

    def _wanted(self, project: ComposeProject) -> dict[str, ExpectedFile]:
        committed = self.spec_folder.resolve().parent / project.deployment.folder
        values = self.secrets[project.node.tenant] if self.secrets is not None else None
        return wanted_files(committed, project, values)

    def _on_host(self, project: ComposeProject) -> dict[str, str]:
        wanted, seen_at = self.wanted[project.name], self.folders().get(project.folder)
        if seen_at is None:
            return {}
        return {path: f"{seen_at}/{path}".removesuffix("/.") for path in (*wanted, *folders_of(wanted))}
