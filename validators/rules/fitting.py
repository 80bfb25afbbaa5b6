"""PLB311, PLB312, PLB424: images, models and settings that do not fit the nodes and limits that they run on."""

import re
from collections.abc import Iterator
from functools import lru_cache

from plumbline.effective.deployment import deployments
from plumbline.spec.paths import path_of
from plumbline.spec.spec import Spec
from validators.rules.effective_services import Placed, once
from validators.rules.registry import Violation, rule
from validators.rules.written import Where, WrittenText, written_texts

_AMD64 = "linux/amd64"
_OF_A_CLOUD = _AMD64
"""Servers are made with x86 processors; PLB517 refuses others."""


@rule(
    "PLB311",
    title="Image for another processor than the node's",
    why="The container ends at once with «exec format error».",
    fix="Use an image whose manifest list has the node's platform, and list it in `platforms`.",
    failing="images.yaml: {images: {postgres: {platforms: [linux/arm64]}, traefik: {platforms: [linux/amd64]}}}",
    passing="images.yaml: {images: {postgres: {platforms: [linux/amd64]}, traefik: {platforms: [linux/amd64]}}}",
)
def other_processor(spec: Spec) -> Iterator[Violation]:
    """Images without the platform of the mode's servers, or without one in common with the others of their node."""
    yield from once(_other_processors(spec))


def _other_processors(spec: Spec) -> Iterator[Violation]:
    for deployment in deployments(spec):
        used = sorted({each.image for each in deployment.services.values() if each.image in spec.images.images})
        platforms = {name: set(spec.images.images[name].platforms) for name in used}
        common = {_OF_A_CLOUD} if spec.topology[deployment.mode].cloud else set.intersection(*platforms.values(), _ALL)
        # most images say which platform the node has
        wanted = common or {
            max(_ALL, key=lambda each: (sum(each in has for has in platforms.values()), each == _AMD64))
        }
        for name in used:
            if not platforms[name] & wanted:
                yield Violation(
                    path_of("images", name, "platforms"),
                    f"image {name} does not support {min(wanted)}, on which role {deployment.role} runs",
                    expected=min(wanted),
                    observed=", ".join(sorted(platforms[name])),
                )


_ALL = {_AMD64, "linux/arm64"}
_MODEL = """\
models.yaml: {models: {words: {title: Words, path: models/words, size_mb: %d, source: example, licence: MIT}}}
services/web.yaml: {models: {words: /models/words}}
"""


@rule(
    "PLB312",
    title="Model too large for its service's memory or its node's disk",
    why="The kernel kills the process each time it loads the model, or the model does not fit on the node.",
    fix="Raise `limits.memory_mib` or `disk_gb`, or use a smaller model. `size_mb` is in MB.",
    failing=_MODEL % 1000,
    passing=_MODEL % 100,
)
def oversized_model(spec: Spec) -> Iterator[Violation]:
    """Models beyond the limit of a service that loads them, and all of a role's beyond its disk."""
    yield from once(_oversized(spec))


def _oversized(spec: Spec) -> Iterator[Violation]:
    for deployment in deployments(spec):
        carried: set[str] = set()
        for name, service in deployment.services.items():
            for model in service.models.keys() & spec.models.models.keys():
                carried.add(model)
                mebibytes = spec.models.models[model].size_mb * 1_000_000 / 2**20
                if service.limits and mebibytes > service.limits.memory_mib:
                    message = f"model {model} is {mebibytes:.0f} MiB, but the limit of `{name}` is {service.limits.memory_mib} MiB"
                    limits = Placed(spec, deployment.mode, name, service).path("limits")
                    yield Violation(path_of("models", model, "size_mb"), message, also=((limits, "its limit"),))
        size = spec.topology[deployment.mode].roles[deployment.role].size
        total = sum(spec.models.models[model].size_mb for model in carried) / 1000
        if total > size.disk_gb:
            largest = max(carried, key=lambda each: spec.models.models[each].size_mb)
            message = f"models of role {deployment.role} are {total:.0f} GB, but its disk is {size.disk_gb} GB"
            yield Violation(path_of("models", largest, "size_mb"), message)


_MIB = {"": 2**-20, "b": 2**-20, "k": 2**-10, "m": 1.0, "g": 2.0**10, "t": 2.0**20}
_SETTINGS = (
    (re.compile(r"^[ \t]*maxmemory[ \t]+(?P<size>\d+)(?P<unit>[kmg]?)b?[ \t]*$", re.I | re.M), 2**-20),
    (re.compile(r"(?<![\w-])--maxmemory[ =](?P<size>\d+)(?P<unit>[kmg]?)b?\b", re.I), 2**-20),
    (re.compile(r"\bshared_buffers[ \t]*=[ \t]*'?(?P<size>\d+)[ \t]?(?P<unit>[kmgt]?)b?\b", re.I), 8 * 2**-10),
    (re.compile(r"\binnodb[_-]buffer[_-]pool[_-]size[ \t]*=[ \t]*(?P<size>\d+)(?P<unit>[kmgt]?)\b", re.I), 2**-20),
    (re.compile(r"(?<![\w-])-Xmx(?P<size>\d+)(?P<unit>[kmg]?)\b", re.I), 2**-20),
    (re.compile(r"--max[-_]old[-_]space[-_]size=(?P<size>\d+)(?P<unit>)\b"), 1.0),
)
"""Settings of memory, each with the MiB that a number without a unit counts."""


@rule(
    "PLB424",
    title="Memory setting above the service's limit or without a unit",
    why=(
        "Above the limit, the kernel kills the process in the middle of its work. A number without a unit counts "
        "bytes or pages."
    ),
    fix="Derive it from the limit, for example `{{ (service.limits.memory_mib * 3 / 4) | int }}mb`.",
    failing="services/web.yaml: {environment: {JAVA_OPTS: -Xmx512m}}",
    passing="services/web.yaml: {environment: {JAVA_OPTS: -Xmx192m}}",
)
def beyond_the_limit(spec: Spec) -> Iterator[Violation]:
    """Heaps, caches and buffers of more than `limits.memory_mib`, or of less than one MiB."""
    yield from once(found for text in written_texts(spec) for found in _beyond(text))


def _beyond(text: WrittenText) -> Iterator[Violation]:
    limits = text.placed.service.limits
    if limits is None or text.where in (Where.HEALTH, Where.SCRIPT):
        return
    for said, size, has_unit in _sizes(text.shown):
        name = said.partition("=")[0].partition(" ")[0].rstrip("0123456789kmgKMG")
        line = re.search(rf"^.*{re.escape(name)}", text.literal, re.M)
        at = text.at(line.end()) if line else None
        if size > limits.memory_mib:
            message = f"`{said}` is {size:.0f} MiB, but the limit of `{text.placed.id}` is {limits.memory_mib} MiB"
            yield Violation(text.path, message, location=at, expected=f"at most {limits.memory_mib} MiB")
        elif 0 < size < 1 and not has_unit:
            yield Violation(text.path, f"`{said}` is less than 1 MiB: the unit is missing", location=at)


@lru_cache(maxsize=8192)
def _sizes(text: str) -> tuple[tuple[str, float, bool], ...]:
    """Settings of memory in a text: as they are written, their MiB, and whether they have a unit."""
    return tuple(
        (" ".join(found[0].split()), int(found["size"]) * (_MIB[unit] if unit else plain), bool(unit))
        for pattern, plain in _SETTINGS
        for found in pattern.finditer(text)
        for unit in (found["unit"].lower(),)
    )
