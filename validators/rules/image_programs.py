"""PLB316: programs that the spec calls in an image, by what the image's contract says of its programs."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from plumbline.expressions.rendering import without_expressions
from plumbline.runbook.shell_syntax import Script, parse_scripts
from plumbline.spec.paths import PathText, path_of
from plumbline.spec.spec import Spec
from schema.types import Value
from validators.rules.effective_services import Placed, once, placed_services, raw
from validators.rules.program_sets import BUILTINS, SETS
from validators.rules.registry import Violation, rule

_SHELLS = {"sh", "bash", "ash", "dash"}
_TAKES_SCRIPT = re.compile(r"-[a-z]*c")
"""An option of a shell, alone or with others, behind which its script stands."""
_CONTRACT = 'contracts/postgres.yaml: {read: {tag: "16.15-alpine"}, programs: [busybox, pg_isready]}\n'


@dataclass(frozen=True)
class Called:
    """A command that runs in a container of a service."""

    service: str
    image: str
    path: PathText
    what: str
    words: tuple[str, ...]


@rule(
    "PLB316",
    title="Command with a program that the image lacks",
    why="It fails at each call: a health check never passes, a probe gets no answer, an export is empty.",
    fix="Use a program that the image has, or correct `programs` in its contract.",
    failing=_CONTRACT + 'services/db.yaml: {health: {command: [sh, -c, "curl -sf http://127.0.0.1/"]}}\n',
    passing=_CONTRACT + 'services/db.yaml: {health: {command: [sh, -c, "wget -q http://127.0.0.1/"]}}\n',
)
def lacking_program(spec: Spec) -> Iterator[Violation]:
    """Programs of commands, of scripts in them, and of health checks by HTTP."""
    yield from once(found for found in _clients(spec))
    called = list(_called(spec))
    scripts = iter(parse_scripts(tuple(text for each in called if (text := _script(each.words)) is not None)))
    for each in called:
        script = next(scripts) if _script(each.words) is not None else None
        contract = spec.contracts[each.image]
        missing = [name for name in _programs(each.words, script) if not has(contract.programs or (), name)]
        for name in dict.fromkeys(missing):
            also = ((path_of("contracts", each.image, "programs"), "the programs of the image"),)
            yield Violation(
                each.path, f"{each.what} of {each.service} calls `{name}`, which image {each.image} lacks", also=also
            )


def has(programs: Iterable[str], name: str) -> bool:
    """Whether an image with these programs has the one that is called, by its name or its path."""
    known = {each for program in programs for each in (program, *SETS.get(program, ()))}
    return name in known or name.rpartition("/")[2] in {each.rpartition("/")[2] for each in known}


def _clients(spec: Spec) -> Iterator[Violation]:
    """Clients of health checks by HTTP, which images.yaml names."""
    for placed in placed_services(spec):
        image, contract = spec.images.images.get(placed.service.image), spec.contracts.get(placed.service.image)
        health = placed.service.health
        if not (image and health and health.http) or contract is None or contract.programs is None:
            continue
        if image.http_client != "none" and not has(contract.programs, image.http_client):
            name, at = placed.service.image, path_of("contracts", placed.service.image, "programs")
            message = f"the health check of {placed.id} calls `{image.http_client}`, which image {name} lacks"
            hint = "name a client that the image has, or write the check as a `command`"
            also = ((at, "the programs of the image"),)
            yield Violation(path_of("images", name, "http_client"), message, hint, also=also)


def _called(spec: Spec) -> Iterator[Called]:
    """Every command in a container whose image has a contract that lists programs, once."""
    seen: set[tuple[PathText, tuple[str, ...]]] = set()
    for placed in placed_services(spec):
        contract = spec.contracts.get(placed.service.image)
        if contract is None or contract.programs is None:
            continue
        for path, what, values in (*_of_service(placed), *_of_backups(placed), *_of_parity(placed)):
            words = tuple(_without_expressions(word) for word in values or ())
            if words and (path, words) not in seen:
                seen.add((path, words))
                yield Called(placed.id, placed.service.image, path, what, words)


def _without_expressions(word: Value) -> str:
    """A word with something in place of what its expressions write."""
    return word if isinstance(word, str) else without_expressions(raw(word), lambda _: "0")


_Command = tuple[PathText, str, Iterable[Value] | None]


def _of_service(placed: Placed) -> Iterator[_Command]:
    service, base = placed.service, path_of("services", placed.id)
    if service.entrypoint:
        yield placed.path("entrypoint"), "the entry point", (*service.entrypoint, *(service.command or ()))
    if service.health:
        yield path_of(placed.path("health"), "command"), "the health check", service.health.command
    if service.state_test:
        yield path_of(base, "state_test", "write"), "the state test", service.state_test.write
        yield path_of(base, "state_test", "read"), "the state test", service.state_test.read
    for name, test in service.self_tests.items():
        yield path_of(base, "self_tests", name, "run"), f"self-test {name}", test.run
    for name, query in service.running.items():
        yield path_of(base, "running", name, "run"), f"query {name}", query.run
    for index, each in enumerate(service.exports):
        yield path_of(base, "exports", index, "command"), f"export {each.file}", each.command
        yield path_of(base, "exports", index, "restore"), f"restore of {each.file}", each.restore


def _of_backups(placed: Placed) -> Iterator[_Command]:
    """What takes, restores and looks at what is kept of the service."""
    store, base = placed.spec.backups.stores.get(placed.id), path_of("backups", "stores", placed.id)
    if store:
        yield path_of(base, "take"), "the backup", store.take
        yield path_of(base, "restore"), "the restore", store.restore
        yield path_of(base, "look"), "the look at what is kept", store.look


def _of_parity(placed: Placed) -> Iterator[_Command]:
    """Probes and preparations that run in the service's container."""
    parity = placed.spec.parity
    for name, feature in parity.features.items():
        for index, probe in enumerate(feature.probes):
            if probe.command and probe.command.service == placed.id:
                path = path_of("parity", "features", name, "probes", index, "command", "run")
                yield path, "a probe", probe.command.run
    for index, each in enumerate(parity.prepare):
        if each.service == placed.id:
            yield path_of("parity", "prepare", index, "run"), "a preparation", each.run


def _script(words: tuple[str, ...]) -> str | None:
    """The script that a command hands to a shell."""
    if words[0].rpartition("/")[2] in _SHELLS:
        return next((text for option, text in pairwise(words[1:]) if _TAKES_SCRIPT.fullmatch(option)), None)
    return None


def _programs(words: tuple[str, ...], script: object) -> Iterator[str]:
    """Programs that a command calls, as far as they stand there in full."""
    if not words[0].startswith("$"):
        yield words[0]
    if isinstance(script, Script):
        functions = {each["Name"]["Value"] for each in script.nodes if each.get("Type") == "FuncDecl"}
        for call in script.calls:
            if call.program and "$" not in call.program and call.program not in functions | BUILTINS:
                yield call.program
