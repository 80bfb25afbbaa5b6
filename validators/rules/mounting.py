"""PLB428 to PLB430: mounts that hide what the image has, that have no place to be made at, or that the image makes by itself."""

import posixpath
from collections.abc import Iterator
from pathlib import PurePosixPath

from plumbline.effective.config_files import config_mounts
from plumbline.spec.paths import PathText, path_of
from plumbline.spec.spec import Spec
from plumbline.update.formats import version
from schema.service import Service
from validators.rules.effective_services import Placed, once, placed_services, raw
from validators.rules.hardening import mount_targets
from validators.rules.known_images import known_image
from validators.rules.registry import Violation, rule

_SYSTEM = frozenset(
    {
        "/",
        "/bin",
        "/etc",
        "/lib",
        "/lib64",
        "/sbin",
        "/usr",
        "/usr/bin",
        "/usr/lib",
        "/usr/libexec",
        "/usr/local",
        "/usr/local/bin",
        "/usr/local/lib",
        "/usr/sbin",
    }
)
"""Folders without which no program of an image starts."""
_FILLED = frozenset({"tmpfs", "models", "mounts", "shares", "config"})
"""Fields whose mounts show what is mounted alone; a new volume takes what the image has at its path."""


@rule(
    "PLB428",
    title="Volume of the image that the spec does not mount",
    why=(
        "The engine mounts an anonymous volume there, even inside a named volume. What the program writes "
        "to it is lost at the next `docker compose down`."
    ),
    fix="Mount a volume or a `tmpfs` folder at exactly this path.",
    failing="services/db.yaml: {volumes: {data: /var/lib/postgresql}}",
    passing="services/db.yaml: {volumes: {data: /var/lib/postgresql/data}}",
)
def nameless_volume(spec: Spec) -> Iterator[Violation]:
    """Paths that an image declares as volumes, and that are in a volume of another path, or in none."""
    yield from once(found for placed in placed_services(spec) for found in _nameless(placed))


def _nameless(placed: Placed) -> Iterator[Violation]:
    service = placed.service
    contract = placed.spec.contracts.get(service.image)
    targets = {posixpath.normpath(target) for _, _, target in mount_targets(service)}
    for declared in contract.volumes if contract else _declared(placed):
        above = [name for name, target in service.volumes.items() if _is_below(declared, target)]
        if declared in targets or service.kind == "job" or (not above and _is_judged(placed, declared)):
            continue
        also = ((path_of("contracts", service.image, "volumes"), "what the image declares"),) if contract else ()
        path = placed.path("volumes", above[0]) if above else placed.path("volumes")
        message = f"image {service.image} declares volume {declared}, but {placed.id} mounts nothing there"
        yield Violation(path, message, expected=declared, also=also)


def _declared(placed: Placed) -> tuple[str, ...]:
    """What is known of a public image without a contract."""
    known, image = known_image(placed.spec, placed.service), placed.spec.images.images.get(placed.service.image)
    major = (version(image.tag) if image else ()) or (0,)
    return tuple(path for path, ended in known.declares.items() if major[0] < ended) if known else ()


def _is_judged(placed: Placed, declared: str) -> bool:
    """Whether PLB134 says that a store has no volume at all for its data."""
    known = known_image(placed.spec, placed.service)
    return bool(known and (known.data or placed.service.image == "minio") and declared)


@rule(
    "PLB429",
    title="Mount that hides programs of the image",
    why="The mount replaces the folder of the image. The container does not find the program that it has to start.",
    fix="Mount it at a folder of its own.",
    failing="services/db.yaml: {tmpfs: [/tmp, /var/run/postgresql, /usr/local/bin]}",
    passing="services/db.yaml: {tmpfs: [/tmp, /var/run/postgresql, /usr/local/cache]}",
)
def hidden_programs(spec: Spec) -> Iterator[Violation]:
    """Folders in memory, of the node or of files, at or above folders with programs."""
    yield from once(found for placed in placed_services(spec) for found in _hiding(placed))


def _hiding(placed: Placed) -> Iterator[Violation]:
    contract, service = placed.spec.contracts.get(placed.service.image), placed.service
    programs = [each for each in (contract.programs or () if contract else ()) if _is_started(service, each)]
    for field, label, target in mount_targets(service):
        path = posixpath.normpath(target)
        hidden = next((each for each in programs if _is_below(each, path)), "its programs" if path in _SYSTEM else "")
        if field in _FILLED and hidden and not _is_file(service, target):
            message = f"{label} at {target} hides {hidden} of image {service.image} from {placed.id}"
            yield Violation(placed.path(field), message, observed=target)


def _is_started(service: Service, program: str) -> bool:
    """Whether a service runs a program that has a path: by the image's own entry point, or by name in its own."""
    if not program.startswith("/") or not service.entrypoint:
        return program.startswith("/")
    words = " ".join(raw(word) for word in (*service.entrypoint, *(service.command or ())))
    name = posixpath.basename(program)
    return program in words or f"./{name}" in words or posixpath.basename(raw(service.entrypoint[0])) == name


def _is_file(service: Service, target: str) -> bool:
    return any(file.target == target for file in service.config)


@rule(
    "PLB430",
    title="Mount inside a read-only one",
    why="The engine cannot create the mount point, so it does not create the container.",
    fix="Mount it elsewhere, or put the file into the mounted folder.",
    failing="services/web.yaml: {models: {weights: /srv/model}, tmpfs: [/tmp, /srv/model/cache]}\n"
    "models.yaml: {models: {weights: {title: Weights, path: models/weights, size_mb: 1, source: s, licence: MIT}}}",
    passing="services/web.yaml: {models: {weights: /srv/model}, tmpfs: [/tmp, /srv/cache]}\n"
    "models.yaml: {models: {weights: {title: Weights, path: models/weights, size_mb: 1, source: s, licence: MIT}}}",
)
def mount_without_a_place(spec: Spec) -> Iterator[Violation]:
    """Mounts below a model, or below a folder of files for each tenant: the spec itself says that both hold something else."""
    yield from once(found for placed in placed_services(spec) for found in _inside(placed))


def _inside(placed: Placed) -> Iterator[Violation]:
    service = placed.service
    folders: dict[str, PathText] = {target: placed.path("models", name) for name, target in service.models.items()}
    of_tenants = config_mounts(service).keys() - {file.target for file in service.config}
    folders |= {target: placed.path("config") for target in of_tenants}
    for field, label, target in mount_targets(service):
        for folder, path in folders.items():
            if field == "config" and folder in of_tenants:
                continue  # a file of the folder
            if _is_below(target, folder) and posixpath.normpath(target) != posixpath.normpath(folder):
                message = f"{label} at {target} of {placed.id} is inside {folder}, which is mounted read-only"
                yield Violation(placed.path(field), message, observed=target, also=((path, "what is mounted there"),))


def _is_below(path: str, folder: str) -> bool:
    return PurePosixPath(path).is_relative_to(folder)
