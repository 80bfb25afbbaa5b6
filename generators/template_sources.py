"""Sources of the lines of a file that a template makes. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

from jinja2 import Environment

from plumbline.expressions.template_lines import Known, rendered_lines, spoken_of
from plumbline.project.artifact import Source
from plumbline.spec.paths import path_of


def template_sources(
    environment: Environment, name: str, source: str, names: Mapping[str, Any], known: Known, first: int = 1
) -> Iterator[Source]:
    """What each line of the text speaks of, which begins at line `first` of the file; nothing where lines can't be told."""
    lines = rendered_lines(environment, name, source, names) or []
    texts = {each: source if each == name else _read(environment, each) for each in {each for each, _ in lines}}
    spoken = {each: spoken_of(environment, text, known) for each, text in texts.items()}
    for number, (each, line) in enumerate(lines, first):
        for place in spoken[each].get(line, ()):
            yield Source(number, number, place)


def own_lines(environment: Environment, name: str, source: str, names: Mapping[str, Any]) -> Iterator[Source]:
    """The line of a template of the spec behind each line of its text."""
    for number, (each, line) in enumerate(rendered_lines(environment, name, source, names) or [], 1):
        yield Source(number, number, path_of("templates", each, line))


def _read(environment: Environment, name: str) -> str:
    if environment.loader is None:
        raise LookupError(name)
    return environment.loader.get_source(environment, name)[0]
