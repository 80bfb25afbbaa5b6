"""Where values of secrets were found. Every value of a run is random, so a match proves where it came from. Pure."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from plumbline.report.fact import Check
from plumbline.stack.engine import SERVICE
from plumbline.stack.project import ComposeProject

ABSENT = "absent"


def secret_checks(
    project: ComposeProject,
    values: Mapping[str, str],
    containers: Sequence[Mapping[str, Any]],
    kernels: Mapping[str, Mapping[str, Any]],
    logs: Mapping[str, str],
    files: Mapping[str, str],
) -> list[Check]:
    """Checks of each secret that the project uses: in no description, environment, arguments, log or generated file.

    `kernels` and `logs` are by service, `files` by path. A place is left out for a secret that the spec itself puts there.
    """
    places = {
        "inspect": {_service(each): json.dumps(each) for each in containers},
        "environment": {name: json.dumps(kernel["environment"]) for name, kernel in kernels.items()},
        "arguments": {name: "\n".join(kernel["arguments"]) for name, kernel in kernels.items()},
        "log": logs,
        "file": files,
    }
    used = sorted({secret for service in project.deployment.services.values() for secret in service.secrets})
    checks: list[Check] = []
    for secret in used:
        allowed = _allowed(project, secret)
        for kind, texts in places.items():
            found = [name for name, text in sorted(texts.items()) if values[secret] in text and name not in allowed]
            observed = f"present in {', '.join(found)}" if found else ABSENT
            checks.append(Check(f"secrets.{secret}", f"kept.{kind}", ABSENT, observed, where=project.node.name))
    return checks


def generated_files(folder: Path) -> dict[str, str]:
    """Every file of a project's folder but those that hold secrets, as text."""
    own = {folder / "secrets", folder / ".env"}
    return {
        str(path.relative_to(folder)): path.read_text(errors="replace")
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not own & {path, *path.parents}
    }


def _allowed(project: ComposeProject, secret: str) -> set[str]:
    """Services that have the secret in their environment because the spec says so."""
    services = project.deployment.services.items()
    return {name for name, service in services if secret in service.secrets and service.secrets[secret].environment}


def _service(container: Mapping[str, Any]) -> str:
    return str((container["Config"].get("Labels") or {}).get(SERVICE, ""))
