"""Committed artifacts against what the spec generates now. Pure: the workspace hands in what is on the disk."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from difflib import SequenceMatcher, unified_diff
from typing import Protocol

from plumbline.project.artifact import Artifact, Drawing, sources_at
from plumbline.spec.finding import Finding
from plumbline.spec.location import Location
from plumbline.spec.spec import Spec
from validators.documented import RealityRule

BUILD = "Run `plumb build`. If the change is intended, make it in the spec."
_WHY = "Committed files are deployed and read, so they must match the spec."
DRIFT_RULES = {
    rule.id: rule
    for rule in (
        RealityRule("PLB921", "Edited or outdated artifact", _WHY, BUILD),
        RealityRule("PLB922", "Missing artifact", _WHY, BUILD),
        RealityRule(
            "PLB923",
            "Unmanaged file among the artifacts",
            "A deployment of the folder includes this file, and nobody has reviewed it.",
            "Delete it, or move it out of the generated folder.",
        ),
        RealityRule("PLB924", "Artifact with a wrong executable bit", _WHY, BUILD),
        RealityRule(
            "PLB927",
            "Foreign file in the place of an artifact",
            "Nothing shows that a build wrote it, and a build over it would lose its contents.",
            "Move it away, or run `plumb build --adopt` to replace it with the artifact.",
        ),
        RealityRule(
            "PLB928",
            "Artifact folder that is a link",
            "A build would write outside the project, or overwrite something else.",
            "Replace it with a real folder.",
        ),
        RealityRule("PLB925", "Missing, edited or outdated diagram", _WHY, BUILD),
        RealityRule(
            "PLB926",
            "Named artifact that the spec does not generate",
            "A file that nothing generates cannot prove a requirement, and a runbook that names it stops there.",
            "Name one of the files that `plumb build` lists in generated.json.",
        ),
    )
}
"""Rules about what is on the disk, by id."""
ADOPTED = "PLB927"
"""What `plumb build --adopt` writes over."""
_MOST_MISSING = 5
"""Missing artifacts that are told one by one."""
_MAX_DIFF_LINES = 40
_MAX_ORIGINS = 8


class Disk(Protocol):
    """What stands on the disk."""

    def read(self, path: str) -> bytes | None: ...
    def is_executable(self, path: str) -> bool: ...
    def digest_of_last_build(self, path: str) -> str | None: ...
    def foreign(self, artifacts: Iterable[Artifact]) -> list[str]: ...
    def linked_folders(self, paths: Iterable[str]) -> list[str]: ...


def obstacles(artifacts: Sequence[Artifact], disk: Disk) -> Iterator[Finding]:
    """A finding for each thing that a build must not write over, or through."""
    for path in disk.linked_folders(artifact.path for artifact in artifacts):
        yield _finding("PLB928", path, "is a link where artifacts belong")
    for path in disk.foreign(artifacts):
        yield _finding("PLB927", path, "is the path of an artifact, but `plumb build` did not write this file")


def _finding(rule: str, path: str, message: str) -> Finding:
    return Finding(rule, message, location=Location(path), hint=DRIFT_RULES[rule].fix, subject=path)


def drift(spec: Spec, artifacts: Sequence[Artifact], disk: Disk, unmanaged: Iterable[str]) -> Iterator[Finding]:
    """A finding for each artifact that is not on the disk as it should be, and for each unmanaged file."""
    in_the_way = list(obstacles(artifacts, disk))
    yield from in_the_way
    foreign = {finding.subject for finding in in_the_way}
    missing: list[str] = []
    for artifact in artifacts:
        if artifact.path in foreign:
            continue
        content = disk.read(artifact.path)
        place = Location(artifact.path)
        if content is None:
            missing.append(artifact.path)
        elif content != artifact.content:
            yield _edited(spec, artifact, content, disk.digest_of_last_build(artifact.path))
        elif disk.is_executable(artifact.path) != artifact.executable:
            wanted = "executable" if artifact.executable else "not executable"
            yield Finding("PLB924", f"should be {wanted}", location=place, hint=BUILD, subject=artifact.path)
    yield from _missing(missing)
    for path in unmanaged:
        yield Finding(
            "PLB923",
            "is not generated from the spec",
            location=Location(path),
            subject=path,
            hint=DRIFT_RULES["PLB923"].fix,
        )


def _missing(paths: Sequence[str]) -> Iterator[Finding]:
    """A finding for each; one for all where they are many, for then nobody has built yet, or a folder is gone."""
    message = "is generated from the spec, and is missing"
    if len(paths) <= _MOST_MISSING:
        for path in paths:
            yield Finding("PLB922", message, location=Location(path), hint="Run `plumb build`.", subject=path)
        return
    first, *others = paths
    named = others[: _MOST_MISSING - 1]
    left = len(others) - len(named)
    yield Finding(
        "PLB922",
        f"{message}, as are {len(others)} more",
        location=Location(first),
        hint="Run `plumb build`.",
        subject=first,
        evidence=(*named, *([f"… {left} more"] if left else [])),
    )


def stale_drawings(drawings: Iterable[Drawing], is_current: Callable[[Drawing], bool]) -> Iterator[Finding]:
    """A finding for each picture that is not the one drawn from the spec."""
    for drawing in drawings:
        if not is_current(drawing):
            yield Finding(
                "PLB925",
                "is not the picture of the spec's diagram source",
                location=Location(drawing.path),
                hint=BUILD,
                subject=drawing.path,
            )


def _edited(spec: Spec, artifact: Artifact, content: bytes, written: str | None) -> Finding:
    if written is None:
        message = "differs from what the spec generates"
    elif hashlib.sha256(content).hexdigest() == written:
        message = "is out of date: the spec changed since the last `plumb build`"
    else:
        message = "was edited: it is not what the last `plumb build` wrote"
    wanted = artifact.content.decode("utf-8", "replace").splitlines()
    found = content.decode("utf-8", "replace").splitlines()
    diff = list(unified_diff(found, wanted, "on disk", "from the spec", lineterm="", n=1))
    changed = list(_changed_lines(wanted, found))
    first = next((number for _, number in changed), 1)
    shown = diff[:_MAX_DIFF_LINES]
    if len(diff) > _MAX_DIFF_LINES:
        shown.append(f"… {len(diff) - _MAX_DIFF_LINES} more lines")
    return Finding(
        "PLB921",
        message,
        location=Location(artifact.path, first, 1, first, 1),
        hint=BUILD,
        subject=artifact.path,
        evidence=(*shown, *_origins(spec, artifact, [number for number, _ in changed])),
    )


def _changed_lines(wanted: list[str], found: list[str]) -> Iterator[tuple[int, int]]:
    """Pairs (line in the wanted text, line in the found text), from 1, where the two part."""
    for tag, first, last, other, _ in SequenceMatcher(None, wanted, found, autojunk=False).get_opcodes():
        if tag != "equal":
            for offset in range(max(1, last - first)):
                yield min(first + offset, max(0, len(wanted) - 1)) + 1, min(other, max(0, len(found) - 1)) + 1


def _origins(spec: Spec, artifact: Artifact, lines: Iterable[int]) -> list[str]:
    """For each changed line, the place in the spec that it comes from."""
    origins: list[str] = []
    sources = artifact.every_source()  # it takes time to find them
    for line in lines:
        for source in sources_at(sources, line)[:1]:
            text = f"line {line} comes from {source.path} ({spec.at(source.path)})"
            if text not in origins:
                origins.append(text)
    return origins[:_MAX_ORIGINS]
