"""Everything that a service's own texts say: commands, checks, variables, configuration files, each as written and as rendered."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache
from typing import Any

from plumbline.effective.config_files import config_names
from plumbline.effective.expression_names import service_names
from plumbline.effective.per_spec import per_spec
from plumbline.expressions.rendering import ExpressionError, SharedNames, render, without_expressions
from plumbline.spec.location import Location
from plumbline.spec.paths import PathText, path_of
from plumbline.spec.spec import Spec
from plumbline.spec.spec_files import is_template
from schema.types import Value
from validators.rules.effective_services import Placed, placed_services, raw

BLANK = "\ufffc"
"""Stands in a text for what an expression writes there."""
_NAMING = ("port", "host", "address", "url")
"""Expressions that name a service, to connect to it."""


class Where(Enum):
    """What kind of text it is."""

    COMMAND = auto()
    """A word of the entry point or the command."""
    HEALTH = auto()
    """A word of the health check."""
    SCRIPT = auto()
    """A word of a state test, self-test or export."""
    VARIABLE = auto()
    """The value of an environment variable."""
    CONFIG = auto()
    """A configuration file."""


@dataclass(frozen=True)
class WrittenText:
    """A text of a service in one mode."""

    placed: Placed
    where: Where
    path: PathText
    """Its spec path; of a configuration file that of its entry in `config`."""
    literal: str
    """As it is written, each expression replaced by BLANK."""
    shown: str
    """With its expressions evaluated; empty where they do not resolve."""
    named: tuple[str, ...]
    """Services that its expressions name to connect to."""
    ports: tuple[tuple[str, str], ...] = ()
    """Services with the ports that its expressions name."""
    name: str = ""
    """The variable's name, or the configuration file's path below the spec's folder."""
    before: str = ""
    """The word before it, of a list of words."""
    resolves: bool = True
    """Whether its expressions do; nothing is to be concluded from what it does not say then."""

    def at(self, position: int) -> Location | None:
        """Where a position of `literal` stands in a configuration file; None elsewhere, where the spec path says it."""
        if self.where != Where.CONFIG:
            return None
        line = self.literal.count("\n", 0, position) + 1
        return Location(file_of(self.placed.spec, self.name), line, 1, line, 1)

    def at_word(self, word: str) -> Location | None:
        """Where a word stands in a configuration file: by itself, then as a part of another, then the beginning."""
        alone = re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", self.literal)
        return self.at(alone.start() if alone else max(0, self.literal.find(word)))


@lru_cache(maxsize=4096)
def without_comments(text: str) -> str:
    """A configuration file's text with each line empty that is a comment."""
    return "\n".join("" if line.lstrip().startswith(("#", ";", "//")) else line for line in text.split("\n"))


def file_of(spec: Spec, name: str) -> str:
    """A file of the spec's folder as locations name it."""
    return spec.at(("platform",)).file.removesuffix("platform.yaml") + name


@per_spec
def written_texts(spec: Spec) -> tuple[WrittenText, ...]:
    """Every text of every service of every mode, in the order of the services."""
    return tuple(text for _, texts in of_services(spec) for text in texts)


@per_spec
def of_services(spec: Spec) -> tuple[tuple[Placed, tuple[WrittenText, ...]], ...]:
    """The texts, service by service and mode by mode."""
    return tuple((placed, tuple(_of(placed))) for placed in placed_services(spec))


def _of(placed: Placed) -> Iterator[WrittenText]:
    service = placed.service
    yield from _words(placed, Where.COMMAND, placed.path("entrypoint"), service.entrypoint)
    yield from _words(placed, Where.COMMAND, placed.path("command"), service.command)
    if service.health:
        yield from _words(placed, Where.HEALTH, path_of(placed.path("health"), "command"), service.health.command)
    for name, value in service.environment.items():
        yield _written(placed, Where.VARIABLE, placed.path("environment", name), value, name=name)
    base = path_of("services", placed.id)
    if service.state_test:
        yield from _words(placed, Where.SCRIPT, path_of(base, "state_test", "write"), service.state_test.write)
        yield from _words(placed, Where.SCRIPT, path_of(base, "state_test", "read"), service.state_test.read)
    for name, test in service.self_tests.items():
        yield from _words(placed, Where.SCRIPT, path_of(base, "self_tests", name, "run"), test.run)
    for name, query in service.running.items():
        yield from _words(placed, Where.SCRIPT, path_of(base, "running", name, "run"), query.run)
    for index, each in enumerate(service.exports):
        yield from _words(placed, Where.SCRIPT, path_of(base, "exports", index, "command"), each.command)
        yield from _words(placed, Where.SCRIPT, path_of(base, "exports", index, "restore"), each.restore)
    yield from _files(placed)


def _words(placed: Placed, where: Where, path: PathText, words: tuple[Value, ...] | None) -> Iterator[WrittenText]:
    before = ""
    for index, word in enumerate(words or ()):
        yield _written(placed, where, path_of(path, index), word, before=before)
        before = blank_expressions(word)


def _files(placed: Placed) -> Iterator[WrittenText]:
    for index, file in enumerate(placed.service.config):
        template = placed.spec.templates.get(file.source, "")
        # one tenant's file is like another's
        for _, names in config_names(placed.spec, placed.mode, placed.id, file):
            path = path_of(placed.path("config"), index)
            rendered = is_template(file.source)
            shown, named, ports, resolves = _rendered(template, names) if rendered else (template, (), (), True)
            literal = blank(template) if rendered else template
            yield WrittenText(placed, Where.CONFIG, path, literal, shown, named, ports, file.source, resolves=resolves)
            break


def _written(
    placed: Placed, where: Where, path: PathText, value: Value, *, name: str = "", before: str = ""
) -> WrittenText:
    shown, named, ports, resolves = (
        (value, (), (), True)
        if isinstance(value, str)
        else _rendered(value.template, service_names(placed.spec, placed.mode, placed.id))
    )
    return WrittenText(placed, where, path, blank_expressions(value), shown, named, ports, name, before, resolves)


def _rendered(
    template: str, names: Mapping[str, Any]
) -> tuple[str, tuple[str, ...], tuple[tuple[str, str], ...], bool]:
    """The text, the services that it names, those with the port that it names too, and whether it resolves."""
    followed, called = noting_calls(names, _NAMING)
    resolves = True
    try:
        shown = render(template, followed)
        if isinstance(names, SharedNames):
            names.texts[template] = shown
    except ExpressionError:
        shown, resolves = "", False  # PLB107 says so
    named = tuple(dict.fromkeys(arguments[0] for _, *arguments in called if arguments))
    return shown, named, tuple(dict.fromkeys((each[1], each[2]) for each in called if len(each) == 3)), resolves


def noting_calls(names: Mapping[str, Any], functions: tuple[str, ...]) -> tuple[dict[str, Any], list[tuple[str, ...]]]:
    """The names with some functions' calls noted: a list that fills with (function, argument, …) as texts are rendered."""
    called: list[tuple[str, ...]] = []

    def noting(name: str) -> Any:
        def call(*arguments: Any) -> Any:
            called.append((name, *map(str, arguments)))
            return names[name](*arguments)

        return call

    return {**names, **{name: noting(name) for name in functions if name in names}}, called


def blank_expressions(value: Value) -> str:
    """A value as it is written, its expressions blank."""
    return value if isinstance(value, str) else blank(raw(value))


@lru_cache(maxsize=16_384)
def blank(template: str) -> str:
    """A text that may hold expressions, with those blank."""
    return without_expressions(template, lambda found: BLANK + "\n" * found.count("\n"))
