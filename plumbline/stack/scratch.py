"""The folder that a project is started from: the committed files, with secrets, models and node folders made for this run."""

import os
import secrets
import shutil
import string
from collections.abc import Mapping
from pathlib import Path

from generators.compose.interpolation import address_variable, secret_variable
from plumbline.effective.deployment import tenant_folder
from plumbline.effective.node_folders import folder_at
from plumbline.spec.finding import Finding, InputError
from plumbline.spec.location import Location
from plumbline.spec.spec import Spec
from plumbline.stack.project import HOST_FOLDER, ComposeProject, override

COMPOSE = "compose.yaml"
OVERRIDE = "override.yaml"
_ALPHABET = string.ascii_letters + string.digits


def make(spec: Spec, spec_folder: Path, project: ComposeProject, values: Mapping[str, str]) -> list[str]:
    """Fill the project's folder; the ids of the models that have a substitute in it. Raises InputError where files are missing.

    `values` are the secrets' values of the project's tenant.
    """
    committed = spec_folder.resolve().parent / project.deployment.folder
    if not (committed / COMPOSE).is_file():
        place = Location(f"{project.deployment.folder}/{COMPOSE}")
        raise InputError([Finding("PLB922", "is missing", location=place, hint="run `plumb build`")])
    target = Path(project.folder)
    shutil.copytree(committed, target)
    (target / OVERRIDE).write_text(override(project))
    _settings(spec_folder, project, target / ".env", values)
    _secrets(project, target / "secrets", values)
    for service in project.deployment.services.values():
        for mount in service.mounts:
            _node_folder(target / HOST_FOLDER, mount.source)
    return _models(spec, spec_folder, project, target)


def compose(project: ComposeProject, *arguments: str, extra: tuple[Path, ...] = ()) -> list[str]:
    """A compose command line for a project; `extra` files come after the override."""
    folder = Path(project.folder)
    files = (folder / COMPOSE, folder / OVERRIDE, *extra)
    named = [word for file in files for word in ("--file", str(file))]
    return ["compose", "--project-name", project.name, "--project-directory", str(folder), *named, *arguments]


def secret_values(spec: Spec) -> dict[str, str]:
    """A random value for each secret of the inventory."""
    return {
        name: "".join(secrets.choice(_ALPHABET) for _ in range(secret.length))
        for name, secret in spec.secrets.secrets.items()
    }


def _node_folder(host: Path, source: str) -> None:
    """A folder in place of the node's; of one that the engine keeps for root, with its owner, modes and kind of files."""
    place = host / source.removeprefix("/")
    place.mkdir(parents=True, exist_ok=True)
    known = folder_at(source)
    if known is None:
        return
    file = place / known.file
    if known.file:
        file.parent.mkdir(exist_ok=True)
        file.write_text("made for a test run\n")
    if os.geteuid() == 0:  # who is not root can't give them to root, and a container's root could not read them then
        for path in (place, *place.rglob("*")):
            path.chmod(known.mode if path.is_dir() else known.file_mode)


def _settings(spec_folder: Path, project: ComposeProject, target: Path, values: Mapping[str, str]) -> None:
    """`.env`: the settings of the node, and the secrets that an image takes from its environment alone.

    Where tenants have nodes their settings are committed; anywhere else whoever installs writes the addresses.
    """
    node = project.node
    committed = f"{tenant_folder(project.deployment.mode, node.tenant)}/{project.deployment.role}.env"
    if node.tenant:
        lines = [(spec_folder.resolve().parent / committed).read_text()]
    else:
        lines = [f"{address_variable(role)}={address}\n" for role, address in node.peers.items()]
        lines += [f"PRIVATE_ADDRESS={node.address}\n"] if node.address else []
    for service in project.deployment.services.values():
        lines += [
            f"{secret_variable(name)}={values[name]}\n" for name, use in service.secrets.items() if use.environment
        ]
    target.write_text("".join(lines))


def _secrets(project: ComposeProject, folder: Path, values: Mapping[str, str]) -> None:
    """A file for each secret. The services' users must be able to read it; the run's folder is closed."""
    folder.mkdir(mode=0o700)
    for name in sorted({name for service in project.deployment.services.values() for name in service.secrets}):
        file = folder / name
        file.write_text(values[name])
        file.chmod(0o444)


def _models(spec: Spec, spec_folder: Path, project: ComposeProject, target: Path) -> list[str]:
    substituted: list[str] = []
    used = {model for service in project.deployment.services.values() for model in service.models}
    for id in sorted(used):
        model = spec.models.models[id]
        place = target / model.path
        if place.exists():
            continue
        substituted.append(id)
        if model.stand_in:
            shutil.copytree(spec_folder / model.stand_in, place)
        else:
            place.mkdir(parents=True)
            (place / "SUBSTITUTE").write_text("made for a test run; the model itself is not here\n")
        _open(place)
    return substituted


def _open(folder: Path) -> None:
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
