"""PLB114: paths that a command, check, variable or file names, against what is mounted in the container."""

import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import PurePosixPath

from plumbline.effective.config_files import TENANT
from plumbline.effective.expression_names import SECRET_FOLDER
from plumbline.effective.volumes import volume_mounts
from plumbline.spec.paths import path_of
from plumbline.spec.spec import Spec
from schema.service import Service
from validators.rules.effective_services import Placed, once
from validators.rules.included_files import included_paths
from validators.rules.known_images import known_image
from validators.rules.registry import Violation, rule
from validators.rules.written import Where, WrittenText, of_services, without_comments

_PATH = re.compile(r"(?<![\w./:{}$)~-])/(?:[\w.@+-]+/)*[\w.@+-]*\w")
_KEEPS = re.compile(
    r"(?:^|[\s\"'])--?[\w.-]*(?:storage|data)[\w.-]*[= ]\s*[\"']?(?P<path>/[\w./-]+)"
    r"|(?:^[ \t]*|[{,][ \t]*)[\"']?(?:dir|(?:data|storage|chunks|wal)[_-]?(?:dir(?:ectory)?|path|folder))[\"']?[ \t]*[:= ][ \t]*[\"']?(?P<dir>/[\w./-]+)",
    re.MULTILINE | re.IGNORECASE,
)


@rule(
    "PLB114",
    title="Path that does not match its mount",
    why=(
        "The process opens a file that does not exist, or writes to a read-only path. It exits at once, or runs "
        "with the image's defaults."
    ),
    fix="Use the same path in the command and in the mount.",
    failing="""
config/web.yml: "a: 1\\n"
services/web.yaml: {command: [--configFile=/etc/web/web.yml], config: [{source: config/web.yml, target: /etc/other/web.yml}]}
""",
    passing="""
config/web.yml: "a: 1\\n"
services/web.yaml: {command: [--configFile=/etc/web/web.yml], config: [{source: config/web.yml, target: /etc/web/web.yml}]}
""",
)
def mounted_elsewhere(spec: Spec) -> Iterator[Violation]:
    """Configuration, volumes and secrets that a service's texts look for at another path than theirs."""
    yield from once(_elsewhere(spec))


def _elsewhere(spec: Spec) -> Iterator[Violation]:
    for placed, texts in of_services(spec):
        mounted = _mounted(placed.service)
        named = {path: text for text in texts for path in _paths(text)}
        yield from _files(placed, texts, mounted, named)
        yield from _volumes(placed, texts, mounted, named)
        yield from _secrets(placed, texts)
        yield from _mounts(placed, mounted, named)


def _paths(text: WrittenText) -> list[str]:
    if text.where == Where.SCRIPT:
        return []
    if text.where == Where.CONFIG:
        taken_in = {path for path, _ in included_paths(text)}  # PLB145 judges them
        return [path for path in _PATH.findall(without_comments(text.literal)) if path not in taken_in]
    return list(_PATH.findall(text.shown))


def _mounted(service: Service) -> list[tuple[str, ...]]:
    """Every path in the container that the spec fills, in its parts."""
    files = [file.target.rpartition("/")[0] if TENANT in file.target else file.target for file in service.config]
    folders = [*(each.target for each in volume_mounts("", service)), *service.models.values(), *service.tmpfs]
    folders += [mount.target for mount in service.mounts]
    return [_parts(path) for path in (*files, *folders, SECRET_FOLDER)]


@lru_cache(maxsize=8192)
def _parts(path: str) -> tuple[str, ...]:
    return PurePosixPath(path).parts


def _is_below(path: str, mounted: list[tuple[str, ...]]) -> bool:
    parts = _parts(path)
    return any(parts[: len(each)] == each for each in mounted)


def _files(
    placed: Placed, texts: tuple[WrittenText, ...], mounted: list[tuple[str, ...]], named: dict[str, WrittenText]
) -> Iterator[Violation]:
    """A path that nothing fills, beside a configuration file that has its name, or its folder and ending."""
    for index, file in enumerate(placed.service.config):
        target = PurePosixPath(file.target)
        if TENANT in file.target:
            continue
        wanted = [
            path for path in named if path != file.target and not _is_below(path, mounted) and _alike(path, target)
        ]
        if not wanted:
            continue
        users = [text for text in texts if wanted[0] in _paths(text)]
        message = f"`{wanted[0]}` is used, but {file.source} is mounted at `{file.target}`"
        beside = [each for each in placed.service.config if PurePosixPath(each.target).parent == target.parent]
        if file.target in named or (len(beside) > 1 and PurePosixPath(wanted[0]).parent == target.parent):
            # another text, or the files beside it, say that it is in the right place
            text = users[0]
            yield Violation(text.path, message, location=text.at_word(wanted[0]))
        else:
            yield Violation(path_of(placed.path("config"), index, "target"), message, observed=file.target)


def _alike(path: str, target: PurePosixPath) -> bool:
    """Whether a path is meant for a file: it has its name, or stands in its folder with its ending."""
    other = PurePosixPath(path)
    same_place = other.parent == target.parent and other.suffix == target.suffix != ""
    return other.name == target.name or same_place


def _volumes(
    placed: Placed, texts: tuple[WrittenText, ...], mounted: list[tuple[str, ...]], named: dict[str, WrittenText]
) -> Iterator[Violation]:
    """A folder to keep data in that nothing fills, where a volume is named by nothing: the root is read-only."""
    image = known_image(placed.spec, placed.service)
    if image and image.settings:
        return  # PLB134 says so
    for text in texts:
        if text.where not in (Where.COMMAND, Where.CONFIG):
            continue
        for match in _KEEPS.finditer(text.literal):
            path = match["path"] or match["dir"]
            idle = [
                name
                for name, target in placed.service.volumes.items()
                if not any(PurePosixPath(each).is_relative_to(target) for each in named)
            ]
            if idle and not _is_below(path, mounted):
                target = placed.service.volumes[idle[0]]
                message = f"data is written to `{path}`, but volume {idle[0]} is mounted at `{target}`"
                yield Violation(placed.path("volumes", idle[0]), message, observed=target)


def _mounts(placed: Placed, mounted: list[tuple[str, ...]], named: dict[str, WrittenText]) -> Iterator[Violation]:
    """A folder of the node that nothing names, beside a path in a configuration file that nothing fills."""
    for index, mount in enumerate(placed.service.mounts):
        target = PurePosixPath(mount.target)
        if any(PurePosixPath(path).is_relative_to(target) for path in named):
            continue
        for path, text in named.items():
            beside = PurePosixPath(path).is_relative_to(target.parent) and len(target.parts) > 2
            if beside and text.where == Where.CONFIG and not _is_below(path, mounted):
                message = f"`{path}` is used, but {mount.source} is mounted at `{mount.target}`"
                also = ((path_of(placed.path("mounts"), index, "target"), "its mount"),)
                yield Violation(text.path, message, location=text.at_word(path), also=also)
                break


def _secrets(placed: Placed, texts: tuple[WrittenText, ...]) -> Iterator[Violation]:
    """Files of secrets that the service is not given, and variables that look for a secret elsewhere."""
    mounted = _mounted(placed.service)
    for text in texts:
        folder, _, name = text.shown.rpartition("/") if text.where == Where.VARIABLE else ("", "", "")
        if folder.startswith("/") and name in placed.spec.secrets.secrets and not _is_below(text.shown, mounted):
            at = f"{SECRET_FOLDER}/{name}"
            hint = (
                f"it is at {at}" if name in placed.service.secrets else f"add `{name}` to `secrets`; it is then at {at}"
            )
            yield Violation(text.path, f"looks for secret {name} at {text.shown}", hint, expected=at)
        shown = text.literal if text.where == Where.CONFIG else text.shown
        for name in dict.fromkeys(re.findall(rf"{SECRET_FOLDER}/([\w-]+)", shown)):
            if name not in placed.service.secrets:
                hint = f"add `{name}` to `secrets` of {placed.id}, or name one that it has"
                message = f"reads {SECRET_FOLDER}/{name}, but {placed.id} has no such secret"
                yield Violation(text.path, message, hint, location=text.at_word(name))
