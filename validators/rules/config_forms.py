"""PLB140 to PLB142: configuration files that their own format, or their order, does not allow."""

import ast
import json
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

import yaml

from plumbline.spec.location import Location
from plumbline.spec.paths import path_of
from plumbline.spec.spec import Spec
from validators.rules.effective_services import Placed, once
from validators.rules.registry import Violation, rule
from validators.rules.written import Where, WrittenText, file_of, of_services, written_texts
from validators.rules.yaml_texts import ask_form

_READERS: Mapping[str, Callable[[str], object]] = {
    ".json": json.loads,
    ".py": lambda text: compile(text, "config", "exec", ast.PyCF_ONLY_AST),
    ".toml": tomllib.loads,
    ".yaml": ask_form,
    ".yml": ask_form,
}
"""What reads a file of a format, by the ending of its name; it raises where it can't."""
_CONFIG = """
config/web.yml: "{0}"
services/web.yaml: {{config: [{{source: config/web.yml, target: /etc/web.yml}}]}}
"""


@rule(
    "PLB140",
    title="Configuration file with a syntax error",
    why="The program exits at start with the same error, on the first host where it starts.",
    fix="Correct the file so that its generated form is valid.",
    failing=_CONFIG.format("a: [1"),
    passing=_CONFIG.format("a: [1]"),
)
def unreadable(spec: Spec) -> Iterator[Violation]:
    """Files, as they are generated, that no reader of YAML, JSON, TOML or Python takes."""
    yield from once(found for text in written_texts(spec) if text.where == Where.CONFIG for found in _unreadable(text))


def _unreadable(text: WrittenText) -> Iterator[Violation]:
    read = _READERS.get(PurePosixPath(text.name.removesuffix(".j2")).suffix)
    if read is None or not text.shown:
        return
    try:
        read(text.shown)
    except (yaml.YAMLError, ValueError, SyntaxError) as error:
        line, problem = _error(error)
        shown = (
            (text.shown.splitlines() or [""])[min(line, max(text.shown.count("\n"), 0))].strip() if line >= 0 else ""
        )
        position = text.literal.find(shown) if len(shown) > 3 else -1
        if position < 0:
            position = sum(len(each) + 1 for each in text.literal.split("\n")[: max(line, 0)])
        yield Violation(
            text.path, f"line {line + 1} of the generated {text.name}: {problem}", location=text.at(position)
        )


def _error(error: Exception) -> tuple[int, str]:
    """The line, from 0, and what is wrong there."""
    if isinstance(error, yaml.MarkedYAMLError):
        mark = error.problem_mark or error.context_mark
        return (mark.line if mark else 0), str(error.problem or error.context)
    if isinstance(error, json.JSONDecodeError):
        return error.lineno - 1, error.msg
    if isinstance(error, SyntaxError):
        return (error.lineno or 1) - 1, error.msg
    found = re.search(r"at line (\d+)", str(error))
    return (int(found[1]) - 1 if found else 0), str(error).splitlines()[0]


@rule(
    "PLB141",
    title="Unused configuration file",
    why="Edits to it change nothing, or the line that mounts it was removed by mistake.",
    fix="Name it in `config` of a service, or delete it.",
    failing='config/web.yml: "a: 1"',
    passing=_CONFIG.format("a: 1"),
)
def unused_file(spec: Spec) -> Iterator[Violation]:
    """Files below `config/` that no service mounts in any mode, and no other file takes in."""
    sources = {file.source for service in spec.services.values() for file in service.config}
    overrides = [each for service in spec.services.values() for each in service.modes.values()]
    sources |= {file.source for each in overrides for file in each.config or ()}
    texts = [text for name, text in spec.templates.items()]
    for name in spec.templates:
        own = PurePosixPath(name)
        taken_in = any(own.name in text or own.stem in re.findall(r"(?:import|from)\s+(\w+)", text) for text in texts)
        if name not in sources and not taken_in and not own.name.upper().startswith(("README", "LICEN")):
            where = file_of(spec, name)
            yield Violation(path_of("services"), f"no service mounts {name}", location=Location(where, 1, 1, 1, 1))


@dataclass(frozen=True)
class _Migration:
    """A migration of Alembic."""

    text: WrittenText
    revision: str
    before: tuple[str, ...]


_ONE = 'revision = \\"1\\"\\ndown_revision = None\\n'
_TWO = 'revision = \\"2\\"\\ndown_revision = \\"%s\\"\\n'
_CHAIN = f"""
config/m/1.py: "{_ONE}"
config/m/2.py: "{_TWO}"
services/web.yaml:
  config: [{{source: config/m/1.py, target: /m/1.py}}, {{source: config/m/2.py, target: /m/2.py}}]
"""


@rule(
    "PLB142",
    title="Broken chain of migrations",
    why=(
        "Alembic stops if there are two heads, or if a revision is missing or duplicated. No database then reaches the "
        "new schema."
    ),
    fix=(
        "Set each `down_revision` to the previous migration, mount all of them, and list them in update.yaml in "
        "their order."
    ),
    failing=_CHAIN % "0",
    passing=_CHAIN % "1",
)
def broken_chain(spec: Spec) -> Iterator[Violation]:
    """Alembic's migrations of a service with a lost, double or second last revision; and what the spec says of them elsewhere."""
    yield from once(_broken(spec))


def _broken(spec: Spec) -> Iterator[Violation]:
    for placed, texts in of_services(spec):
        yield from _lost_folders(placed, texts)
        chain = [found for text in texts if text.name.endswith(".py") and (found := _migration(text))]
        by_revision: dict[str, _Migration] = {}
        for each in chain:
            if each.revision in by_revision:
                yield _at(
                    each, "revision", f"revision {each.revision} is also in {by_revision[each.revision].text.name}"
                )
            by_revision.setdefault(each.revision, each)
        for each in chain:
            for before in each.before:
                if before not in by_revision:
                    yield _at(each, "down_revision", f"revision {each.revision} follows {before}, which does not exist")
        heads = [each for each in chain if not any(each.revision in other.before for other in chain)]
        if len(heads) > 1 and all(before in by_revision for each in chain for before in each.before):
            names = " and ".join(each.revision for each in heads)
            yield _at(heads[-1], "down_revision", f"{names} are both heads: no migration follows them")
        elif len(heads) == 1 and len(by_revision) == len(chain):
            yield from _another_last(spec, set(by_revision), heads[0].revision)
            yield from _another_list(placed, by_revision, heads[0])


_FOLDERS = re.compile(
    r"^(?P<key>script_location|version_locations)[ \t]*=[ \t]*(?P<path>/[\w./-]+)[ \t]*$", re.MULTILINE
)


def _lost_folders(placed: Placed, texts: tuple[WrittenText, ...]) -> Iterator[Violation]:
    """Folders in alembic.ini that none of its files is mounted in, where they are mounted elsewhere."""
    folders = [PurePosixPath(file.target).parent for file in placed.service.config if file.target.endswith(".py")]
    for text in texts:
        if folders and text.where == Where.CONFIG and PurePosixPath(text.name).name.startswith("alembic.ini"):
            for found in _FOLDERS.finditer(text.literal):
                if PurePosixPath(found["path"]) not in folders:
                    message = f"`{found['key']}` is {found['path']}, where no migration is mounted"
                    yield Violation(text.path, message, observed=found["path"], location=text.at(found.start()))


def _migration(text: WrittenText) -> _Migration | None:
    try:
        tree = ast.parse(text.shown)
    except (SyntaxError, ValueError):
        return None
    values: dict[str, object] = {}
    for node in tree.body:
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        for target in targets:
            if isinstance(target, ast.Name) and node.value is not None:  # type: ignore[attr-defined]
                try:
                    values[target.id] = ast.literal_eval(node.value)  # type: ignore[attr-defined]
                except ValueError:
                    continue
    if not isinstance(values.get("revision"), str) or "down_revision" not in values:
        return None
    before = values["down_revision"]
    several = before if isinstance(before, (list, tuple)) else [before] if before else []
    return _Migration(text, str(values["revision"]), tuple(map(str, several)))


def _at(each: _Migration, name: str, message: str) -> Violation:
    found = re.search(rf"^{name}\b", each.text.literal, re.MULTILINE)
    return Violation(each.text.path, message, location=each.text.at(found.start() if found else 0))


def _another_list(placed: Placed, chain: dict[str, _Migration], last: _Migration) -> Iterator[Violation]:
    """What update.yaml lists of a job's migrations, held against its chain, where that is one line."""
    listed = [each.revision for each in placed.spec.update.migrations.get(placed.id, ())]
    found = [last]
    while len(found[-1].before) == 1 and found[-1].before[0] in chain and len(found) <= len(chain):
        found.append(chain[found[-1].before[0]])
    order = [each.revision for each in reversed(found)]
    if len(order) != len(chain) or not listed or listed == order:
        return
    at = next(
        (index for index, pair in enumerate(zip(listed, order, strict=False)) if len({*pair}) > 1), len(listed) - 1
    )
    message = f"`{placed.id}` mounts the revisions {', '.join(order)}, in this order"
    path = path_of("update", "migrations", placed.id, at, "revision")
    yield Violation(path, message, expected=" ".join(order), observed=" ".join(listed))


def _another_last(spec: Spec, known: set[str], last: str) -> Iterator[Violation]:
    for id, service in spec.services.items():
        for name, query in service.running.items():
            said = query.answers.get("revision")
            if isinstance(said, str) and said in known and said != last:
                path = path_of("services", id, "running", name, "answers", "revision")
                yield Violation(path, f"the last migration is {last}", expected=last, observed=said)
