"""PLB134: whether what a store writes is in a volume, wherever its variables, options and files tell it to write."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import PurePosixPath

from plumbline.effective.volumes import volume_mounts
from plumbline.spec.location import Location
from plumbline.spec.paths import PathText, path_of
from plumbline.spec.spec import Spec
from schema.service import Service
from validators.rules.effective_services import Placed, once, raw
from validators.rules.known_images import KnownImage, known_image
from validators.rules.registry import Violation, rule
from validators.rules.written import Where, WrittenText, of_services, without_comments


@dataclass(frozen=True)
class _Told:
    """A folder that a text names for data."""

    folder: str
    path: PathText
    location: Location | None

    @property
    def place(self) -> PathText | Location:
        """Where it is said."""
        return self.location or self.path


@rule(
    "PLB134",
    title="Store without a volume for its data",
    why=(
        "The root file system is read-only and is deleted with the container, and so is a folder in memory: the store "
        "does not start, or starts empty each time."
    ),
    fix="Mount a volume where the image writes, or set the image's variable, option or key to the volume's path.",
    failing="services/db.yaml: {volumes: {data: /var/lib/pgsql}}",
    passing="services/db.yaml: {volumes: {data: /var/lib/postgresql/data}}",
)
def keeps_nothing(spec: Spec) -> Iterator[Violation]:
    """Known images with no volume where they write, and services that are tried for their state and have no volume."""
    yield from once(found for placed, texts in of_services(spec) for found in _without_a_place(placed, texts))


def _without_a_place(placed: Placed, texts: tuple[WrittenText, ...]) -> Iterator[Violation]:
    service, image = placed.service, known_image(placed.spec, placed.service)
    if service.kind == "job":
        return  # such as a migration, which uses a store's image for its client
    told = list(_told(texts, image)) if image else []
    outside = [each for each in told if not _is_kept(service, each.folder)]
    folder = _own_folder(placed, image) if image and not told else ""
    if outside:
        yield from _told_outside(placed, told, outside)
    elif folder and not _is_kept(service, folder) and not _is_named(placed):
        message = f"image {service.image} writes to {folder}, but nothing is mounted there"
        path = placed.path("volumes") if service.volumes else path_of("services", placed.id)
        elsewhere = tuple((volume, placed.id) for volume in service.volumes)
        yield Violation(path, message, at_key=not service.volumes, expected=folder, explains=elsewhere)
    elif service.state_test and not service.volumes and not any(not each.read_only for each in service.mounts):
        message = f"`{placed.id}` has a state test but no volume to keep state in"
        yield Violation(path_of("services", placed.id, "state_test"), message, at_key=True)


def _told_outside(placed: Placed, told: list[_Told], outside: list[_Told]) -> Iterator[Violation]:
    """Told at the volume where all folders are elsewhere and it stays empty, else at each text."""
    service = placed.service
    idle = [name for name, target in service.volumes.items() if not any(_meet(each.folder, target) for each in told)]
    for each in outside[:1] if idle and outside == told else outside:
        why = "which is in memory only" if _is_in(each.folder, service.tmpfs) else "but nothing is mounted there"
        message = f"image {service.image} writes to {each.folder}, {why}"
        if idle and outside == told:
            target = service.volumes[idle[0]]
            also = ((each.place, "the folder that it is told"),)
            also_theirs = tuple((volume, placed.id) for volume in idle)
            yield Violation(placed.path("volumes", idle[0]), message, observed=target, also=also, explains=also_theirs)
        elif not service.volumes:
            also = ((each.place, "the folder that it is told"),)
            yield Violation(path_of("services", placed.id), message, at_key=True, expected=each.folder, also=also)
        else:
            at_volume = ((placed.path("volumes", next(iter(service.volumes))), "its volume"),)
            yield Violation(each.path, message, observed=each.folder, location=each.location, also=at_volume)


@cache
def setting(names: frozenset[str]) -> re.Pattern[str]:
    """What finds the value of any of these options and keys, where it is an absolute path."""
    any_of = "|".join(map(re.escape, sorted(names)))
    return re.compile(
        rf"(?<![\w.-])-{{0,2}}(?P<name>{any_of})[\"']?(?:[ \t]*[:=][ \t]*|[ \t]+)[\"']?(?P<path>/[\w.@+/-]*)"
    )


def _told(texts: tuple[WrittenText, ...], image: KnownImage) -> Iterator[_Told]:
    for text in texts if image.settings else ():
        if (text.where == Where.VARIABLE and text.name in image.settings and text.shown.startswith("/")) or (
            text.where == Where.COMMAND and text.before.lstrip("-") in image.settings and text.shown.startswith("/")
        ):
            yield _Told(text.shown, text.path, None)
        elif text.where in (Where.COMMAND, Where.CONFIG):
            for found in setting(image.settings).finditer(without_comments(text.shown)):
                yield _Told(found["path"], text.path, text.at_word(found["name"]))


def _own_folder(placed: Placed, image: KnownImage) -> str:
    """Where a known image writes by itself; empty where nothing says it."""
    service = placed.service
    if image.settings & service.environment.keys():
        return ""
    words = [raw(word) for word in (*(service.entrypoint or ()), *(service.command or ()))]
    if "server" in words[:2] and not image.data:  # of MinIO, whose folder stands in its call
        rest = words[words.index("server") + 1 :]
        return next((word for word in rest if word.startswith("/") and "{" not in word), "")
    return "" if any("data" in word and "/" in word for word in words) else image.data


def _is_kept(service: Service, folder: str) -> bool:
    """Whether a volume, or a writable folder of the node, is at a folder, above or below it; memory is enough for what has no volume."""
    kept = [each.target for each in volume_mounts("", service) if not each.read_only]
    kept += [mount.target for mount in service.mounts if not mount.read_only]
    kept += service.models.values()
    if any(_meet(folder, each) for each in kept):
        return True
    return not service.volumes and service.state_test is None and _is_in(folder, service.tmpfs)


def _is_named(placed: Placed) -> bool:
    """Whether a configuration file names a volume's folder: that is believed."""
    texts = [placed.spec.templates.get(each.source, "") for each in placed.service.config]
    return any(target in text for text in texts for target in placed.service.volumes.values() if target != "/")


def _meet(folder: str, target: str) -> bool:
    return _is_in(folder, (target,)) or _is_in(target, (folder,))


def _is_in(folder: str, targets: tuple[str, ...]) -> bool:
    return any(PurePosixPath(folder).is_relative_to(target) for target in targets)
