"""The settings that services run with: answers to the spec's `running` queries, compared. Pure, but for `ask`."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from plumbline.expressions.rendering import value_text
from plumbline.report.fact import Check
from plumbline.stack.engine import Engine
from schema.service import RunningQuery
from validators.stack.expected import ExpectedService
from validators.stack.reach import RunningService

RUNNING = "running"
_TOGETHER = 8
_ANSWER = "an answer"


@dataclass(frozen=True)
class Asked:
    """A query in a container."""

    place: RunningService
    id: str
    query: RunningQuery
    declared: ExpectedService

    @property
    def command(self) -> list[str]:
        """Its command line."""
        return [value_text(word, self.declared.names) for word in self.query.run]

    @property
    def expected(self) -> dict[str, str]:
        """What the spec says, by name."""
        return {name: value_text(value, self.declared.names) for name, value in self.query.answers.items()}


def to_ask(
    places: Sequence[RunningService], all_declared: Mapping[str, ExpectedService], stubs: frozenset[str]
) -> list[Asked]:
    """Every query of the services that run. A contract stub (`stubs` are its images' ids) knows no settings."""
    return [
        Asked(place, id, query, all_declared[place.key])
        for place in places
        if all_declared[place.key].service.image not in stubs
        for id, query in all_declared[place.key].service.running.items()
    ]


def ask(engine: Engine, queries: Sequence[Asked]) -> list[Check]:
    """Ask them all, and compare."""
    with ThreadPoolExecutor(_TOGETHER) as pool:
        answers = pool.map(lambda each: engine.execute(each.place.container, each.command), queries)
        return [
            check for each, (code, text) in zip(queries, answers, strict=True) for check in checks_of(each, code, text)
        ]


def checks_of(asked: Asked, code: int, text: str) -> list[Check]:
    """A check for each name of either side: what is not expected is a difference too."""
    subject, where = f"services.{asked.place.service}", asked.place.project.node.name
    attribute = f"{RUNNING}.{asked.id}"
    if code:
        return [Check(subject, attribute, _ANSWER, f"exit code {code}: {text[-200:]}", where=where)]
    wanted, found = asked.expected, answers_in(text)
    return [
        Check(subject, f"{attribute}.{name}", wanted.get(name), found.get(name), where=where)
        for name in sorted(wanted.keys() | found.keys())
    ]


def answers_in(text: str) -> dict[str, str]:
    """`name=value` lines by name. A name that comes twice has both values; a line without `=` is a name without a value."""
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        if line.strip():
            name, _, value = line.partition("=")
            found.setdefault(name.strip(), []).append(value.strip())
    return {name: ", ".join(values) for name, values in found.items()}
