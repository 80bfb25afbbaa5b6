"""`plumb why` over whole builds, against an oracle that knows nothing of sources: change one value, and look what changes."""

import random
import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import Any

import pytest

from generators.registry import generators
from plumbline.project.artifact import Artifact
from plumbline.spec.paths import SpecPath, format_path
from plumbline.spec.spec import Spec
from schema.types import Template
from tests.provenance.changing import kinds_of, leaves, others, value_at, with_value
from tests.provenance.shapes import shape

pytestmark = pytest.mark.slow

SHAPES = ["starter", "overridden", pytest.param("shipped", marks=pytest.mark.slow)]
SEED = 20261126
SAMPLES = {"starter": 12, "overridden": 20, "shipped": 12}
Build = dict[str, Artifact]


DEPLOYED = ("compose", "host scripts", "desired states", "roll-outs", "first boot", "sops")


def built(spec: Spec, families: Sequence[str] = ()) -> Build:
    """Everything that depends on the spec's values, or these families; rules and schemas do not."""
    wanted = [
        each for each in generators() if each.name in families or not (families or each.name in ("rules", "schema"))
    ]
    return {artifact.path: artifact for each in wanted for artifact in each.generate(spec)}


def changed_lines(before: Artifact, after: Artifact) -> Iterator[tuple[int, int]]:
    """Lines of the one and the other, from 1, that say something else; not those that came or went."""
    old, new = before.content.decode().split("\n"), after.content.decode().split("\n")
    for tag, first, last, other, end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "replace" and last - first == end - other:
            yield from ((first + at + 1, other + at + 1) for at in range(last - first))


def related(one: SpecPath, other: SpecPath) -> bool:
    """Whether one is the other, or holds it."""
    return all(a == b for a, b in zip(one, other, strict=False))


def named(before: Build, after: Build, path: str, lines: tuple[int, int], place: SpecPath) -> bool:
    """Whether a line says that it comes from the place, as it was or as it is; or from a file that changed."""
    sources = [*before[path].sources_of(lines[0]), *after[path].sources_of(lines[1])]
    for source in sources:
        match source.path.parts:
            case ("artifacts", str(file)):
                if before[file].content != after[file].content:
                    return True
            case parts:
                if related(parts, place):
                    return True
    return False


def _is_layout(path: SpecPath) -> bool:
    """Where services stand: a change of it moves whole blocks, whose lines then stand for others."""
    return path[0] == "topology" and "services" in path


@pytest.mark.parametrize("name", SHAPES)
def test_a_line_names_every_value_that_changes_it(name: str) -> None:
    spec = shape(name)
    before, kinds = built(spec), kinds_of(spec)
    places = [(path, value) for path, value in leaves(spec) if not _is_layout(path)]
    unnamed: list[str] = []
    tried = 0
    for path, value in random.Random(SEED).sample(places, min(SAMPLES[name], len(places))):
        for new in list(others(spec, path, value, kinds))[:1]:
            try:
                after = built(with_value(spec, path, new))
            except Exception:  # any: no spec that a build takes
                continue
            tried += 1
            for file in before.keys() & after.keys():
                unnamed += [
                    f"{file}:{lines[0]} changes with {format_path(path)}"
                    for lines in changed_lines(before[file], after[file])
                    if not named(before, after, file, lines, path)
                ]
    assert unnamed == []
    assert tried > SAMPLES[name] / 2


def _values(spec: Spec) -> Iterator[tuple[SpecPath, str]]:
    """Texts that stand at one place of the spec alone, and are no part of another."""
    kinds = kinds_of(spec)
    texts = [
        (path, value)
        for path, value in leaves(spec)
        if isinstance(value, str) and path not in kinds and path[0] in _BUILT_FROM
    ]
    everything = "\n".join(value.template if isinstance(value, Template) else str(value) for _, value in leaves(spec))
    everything += "\n".join(spec.templates.values())
    for path, value in texts:
        # a word alone may stand in a generator's own text
        if re.fullmatch(r"[A-Za-z0-9 .,:/_-]{12,60}", value) and re.search(r"[ /.:].*[ /.:]", value):
            if everything.count(value) > 1:
                continue
            yield path, value


_BUILT_FROM = ("services", "networks", "images", "models", "topology", "tenants", "secrets", "platform")
_OF_ANY_SPEC = "docs/architect/data.md"
"""Describes what a spec may hold, with examples."""


@pytest.mark.parametrize("name", ["starter", "overridden", "shipped"])
def test_a_line_that_holds_a_value_names_its_place(name: str) -> None:
    spec = shape(name)
    build = built(spec)
    values = list(_values(spec))
    assert len(values) >= 5
    unnamed = []
    for file, artifact in build.items():
        if file == _OF_ANY_SPEC:
            continue
        lines = artifact.content.decode().split("\n")
        for path, value in values:
            if value not in artifact.content.decode():
                continue
            for number, line in enumerate(lines, 1):
                if value in line and not any(related(each.path.parts, path) for each in artifact.sources_of(number)):
                    unnamed.append(f"{file}:{number} holds {format_path(path)}: {value}")
    assert unnamed == []


_FROM_TEMPLATES = ("/scripts/", "/config/", "/cloud-init/", "/ansible/tasks/")
"""A line of a template names all that decides whether it stands there."""


@pytest.mark.parametrize("name", SHAPES)
def test_a_value_that_a_line_names_changes_it(name: str) -> None:
    """One of them at least: a line of a map that several places make together names all of these."""
    spec = shape(name)
    before, kinds = built(spec, DEPLOYED), kinds_of(spec)
    claims = [
        (file, source.first_line)
        for file, artifact in sorted(before.items())
        if not any(folder in file for folder in _FROM_TEMPLATES)
        for source in artifact.every_source()
        if not source.block and source.first_line == source.last_line and source.path.parts[0] != "artifacts"
    ]
    drawn, wrong, tried = random.Random(SEED), [], 0
    for file, line in drawn.sample(claims, min(2 * SAMPLES[name], len(claims))):
        places = [each.path.parts for each in before[file].sources_of(line) if each.last_line == each.first_line]
        if any(str(place[-1]) in before[file].content.decode().split("\n")[line - 1] for place in places):
            continue  # it says the id itself
        below = [leaf for place in places for leaf in _below(spec, place)]
        outcomes = list(_outcomes(spec, before[file], line, drawn.sample(below, len(below)), kinds))
        tried += bool(outcomes)
        if outcomes and not any(outcomes):
            wrong.append(f"{file}:{line} does not change with {[format_path(place) for place in places]}")
    assert not wrong, "\n".join(wrong)
    assert tried >= SAMPLES[name] / 3


def _below(spec: Spec, place: SpecPath) -> list[tuple[SpecPath, Any]]:
    return [(path, value) for path, value in leaves(spec) if path[: len(place)] == place] or [
        (place, value_at(spec, place))
    ]


def _outcomes(
    spec: Spec, before: Artifact, line: int, below: list[tuple[SpecPath, Any]], kinds: dict[SpecPath, str]
) -> Iterator[bool]:
    """For each other value that can be built: whether the line is another, or gone."""
    old = before.content.decode().split("\n")
    for path, value in below[:8]:
        for new in list(others(spec, path, value, kinds))[:2] if value is not None else ():
            try:
                after = built(with_value(spec, path, new), DEPLOYED)
            except Exception:  # any: no spec that a build takes
                continue
            if before.path not in after:
                yield True
                return
            fresh = after[before.path].content.decode().split("\n")
            equal = SequenceMatcher(None, old, fresh, autojunk=False).get_matching_blocks()
            differs = not any(block.a <= line - 1 < block.a + block.size for block in equal)
            yield differs
            if differs:
                return
