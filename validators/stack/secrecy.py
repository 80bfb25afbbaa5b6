"""Where the values of secrets turned up. Every value of a run is random, so that whatever holds it got it from there. Pure."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from plumbline.fact import Check
from validators.stack.project import Project

KEPT = "in its file alone"


def secret_checks(
    project: Project,
    values: Mapping[str, str],
    containers: Sequence[Mapping[str, Any]],
    kernels: Mapping[str, Mapping[str, Any]],
    logs: Mapping[str, str],
    files: Mapping[str, str],
) -> list[Check]:
    """A check for each secret that the project uses: in no description, process, log or generated file.

    `kernels` and `logs` are by service, `files` by path. A place is left out for a secret that the spec itself puts there.
    """
    used = sorted({secret for service in project.deployment.services.values() for secret in service.secrets})
    places = [*_descriptions(containers), *_processes(kernels)]
    places += [(f"the log of {name}", name, text) for name, text in logs.items()]
    places += [(f"the file {path}", "", text) for path, text in files.items()]
    checks: list[Check] = []
    for secret in used:
        allowed = _allowed(project, secret)
        found = [place for place, service, text in places if values[secret] in text and service not in allowed]
        observed = KEPT if not found else f"in {', '.join(found)}"
        checks.append(Check(f"secrets.{secret}", "kept", KEPT, observed, where=project.node.name))
    return checks


def generated_files(folder: Path) -> dict[str, str]:
    """Every file of a project's folder but those that hold secrets, as text."""
    own = {folder / "secrets", folder / ".env"}
    return {
        str(path.relative_to(folder)): path.read_text(errors="replace")
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not own & {path, *path.parents}
    }


def _allowed(project: Project, secret: str) -> set[str]:
    """Services that have the secret in their environment because the spec says so."""
    services = project.deployment.services.items()
    return {name for name, service in services if secret in service.secrets and service.secrets[secret].environment}


def _descriptions(containers: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str, str]]:
    for each in containers:
        service = str((each["Config"].get("Labels") or {}).get("com.docker.compose.service", ""))
        yield f"docker inspect of {service}", service, json.dumps(each)


def _processes(kernels: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, str, str]]:
    for name, kernel in kernels.items():
        yield f"the environment of {name}", name, json.dumps(kernel["environment"])
        yield f"the arguments of {name}", name, "\n".join(kernel["arguments"])
