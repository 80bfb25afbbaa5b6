"""Committed artifacts against what the spec generates now. Pure: the workspace hands in what is on the disk."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from difflib import SequenceMatcher, get_close_matches, unified_diff
from typing import Protocol

from plumbline.project.artifact import Artifact, Drawing
from plumbline.spec.finding import Finding
from plumbline.spec.location import Location
from plumbline.spec.paths import path_of
from plumbline.spec.spec import Spec
from validators.documented import RealityRule

MEND = "run `plumb build`; if the change is wanted, make it in the spec"
_WHY = "What is committed is what gets deployed and read; it must say what the spec says."
DRIFT_RULES = {
    rule.id: rule
    for rule in (
        RealityRule("PLB921", "artifact was edited, or the spec changed without `plumb build`", _WHY, MEND),
        RealityRule("PLB922", "artifact is missing", _WHY, MEND),
        RealityRule(
            "PLB923",
            "file stands among the artifacts that nothing generates",
            "Whoever deploys the folder deploys that file too, and nobody reviewed where it comes from.",
            "Delete it, or move it out of the generated folder.",
        ),
        RealityRule("PLB924", "artifact is executable, or not, against what the spec says", _WHY, MEND),
        RealityRule(
            "PLB927",
            "file of somebody else stands where an artifact belongs",
            "A build that wrote over it would lose what it holds; nothing says that a build made it.",
            "Move it away, or let `plumb build --adopt` put the artifact in its place.",
        ),
        RealityRule(
            "PLB928",
            "folder of artifacts is a link",
            "What a build writes there lands outside the project, or over something else.",
            "Put a real folder in its place.",
        ),
        RealityRule("PLB925", "diagram is missing, edited, or drawn from another source", _WHY, MEND),
        RealityRule(
            "PLB926",
            "named artifact is not generated from this spec",
            "A requirement that is proven by a file which nothing generates is not proven.",
            "Name one of the files that `plumb build` lists in generated.json.",
        ),
    )
}
"""Rules about what is on the disk, by id."""
ADOPTED = "PLB927"
"""What `plumb build --adopt` writes over."""
_BUILD = "run `plumb build`"
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
    def linked(self, paths: Iterable[str]) -> list[str]: ...


def obstacles(artifacts: Sequence[Artifact], disk: Disk) -> Iterator[Finding]:
    """A finding for each thing that a build must not write over, or through."""
    for path in disk.linked(artifact.path for artifact in artifacts):
        yield _finding("PLB928", path, "is a link, and artifacts belong there")
    for path in disk.foreign(artifacts):
        yield _finding("PLB927", path, "belongs to an artifact, and `plumb build` did not write what stands there")


def _finding(rule: str, path: str, message: str) -> Finding:
    return Finding(rule, message, location=Location(path), hint=DRIFT_RULES[rule].fix, subject=path)


def drift(spec: Spec, artifacts: Sequence[Artifact], disk: Disk, strangers: Iterable[str]) -> Iterator[Finding]:
    """A finding for each artifact that is not on the disk as it should be, and for each stranger."""
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
            yield Finding("PLB924", f"should be {wanted}", location=place, hint=MEND, subject=artifact.path)
    yield from _missing(missing)
    for path in strangers:
        yield Finding(
            "PLB923",
            "is not generated from the spec",
            location=Location(path),
            subject=path,
            hint="delete it, or move it out of the generated folder",
        )


def _missing(paths: Sequence[str]) -> Iterator[Finding]:
    """A finding for each; one for all where they are many, for then nobody has built yet, or a folder is gone."""
    message = "is generated from the spec, and is missing"
    if len(paths) <= _MOST_MISSING:
        for path in paths:
            yield Finding("PLB922", message, location=Location(path), hint=_BUILD, subject=path)
        return
    first, *others = paths
    named = others[: _MOST_MISSING - 1]
    left = len(others) - len(named)
    yield Finding(
        "PLB922",
        f"{message}, as are {len(others)} more",
        location=Location(first),
        hint=_BUILD,
        subject=first,
        evidence=(*named, *([f"… {left} more"] if left else [])),
    )


def stale_drawings(drawings: Iterable[Drawing], is_current: Callable[[Drawing], bool]) -> Iterator[Finding]:
    """A finding for each picture that is not the one drawn from the spec."""
    for drawing in drawings:
        if not is_current(drawing):
            yield Finding(
                "PLB925",
                "is not the picture that the spec's diagram source makes",
                location=Location(drawing.path),
                hint=MEND,
                subject=drawing.path,
            )


def unknown_proofs(spec: Spec, generated: Iterable[str]) -> Iterator[Finding]:
    """A finding for each requirement that is said to be proven by an artifact which nothing generates."""
    known = set(generated)
    for id, requirement in spec.requirements.requirements.items():
        for index, proof in enumerate(requirement.proofs):
            if proof.kind == "artifact" and proof.ref not in known:
                path = path_of("requirements", id, "proofs", index, "ref")
                close = get_close_matches(proof.ref, known, n=1)
                yield Finding(
                    "PLB926",
                    f"{proof.ref} is not generated from this spec",
                    location=spec.at(path),
                    hint=f"did you mean `{close[0]}`?" if close else DRIFT_RULES["PLB926"].fix,
                    subject=path,
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
    changed = [number for number, _ in _changed_lines(wanted, found)]
    first = next((number for _, number in _changed_lines(wanted, found)), 1)
    shown = diff[:_MAX_DIFF_LINES]
    if len(diff) > _MAX_DIFF_LINES:
        shown.append(f"… {len(diff) - _MAX_DIFF_LINES} more lines")
    return Finding(
        "PLB921",
        message,
        location=Location(artifact.path, first, 1, first, 1),
        hint=MEND,
        subject=artifact.path,
        evidence=(*shown, *_origins(spec, artifact, changed)),
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
    for line in lines:
        for source in artifact.sources_of(line)[:1]:
            text = f"line {line} comes from {source.path} ({spec.at(source.path)})"
            if text not in origins:
                origins.append(text)
    return origins[:_MAX_ORIGINS]
