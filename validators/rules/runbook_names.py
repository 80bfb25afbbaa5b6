"""PLB848…: what runbooks call by name: services of a compose project, other runbooks, scripts of an installation, steps."""

import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from itertools import pairwise

from generators.offline.scripts import SCRIPTS
from plumbline.effective.deployment import services_of
from plumbline.runbook.rendering import runbook_texts
from plumbline.runbook.shell_inside import calls_of
from plumbline.runbook.shell_syntax import Call
from plumbline.spec.paths import PathText, path_of
from plumbline.spec.spec import Spec
from schema.runbook import Runbook
from validators.rules.compose_calls import services_called
from validators.rules.plumb_commands import PLUMB, command_of, unknown_option
from validators.rules.registry import Violation, rule
from validators.rules.runbook_reading import ReadStep, steps
from validators.rules.runbook_scripts import PLAIN, example
from validators.rules.written import blank


def _hint(name: str, known: Sequence[str]) -> str | None:
    close = get_close_matches(name, known, n=1)
    return f"did you mean `{close[0]}`?" if close else None


def runbook_calls(spec: Spec) -> Iterator[tuple[ReadStep, PathText, Call]]:
    """Every command of every script, with its step and its spec path."""
    for each in steps(spec):
        for part, script in each.scripts.items():
            for call in calls_of(script):
                yield each, path_of(each.path, part.removesuffix("_commands")), call


@rule(
    "PLB848",
    title="Compose call for a service that does not run there",
    why="`docker compose` says «no such service», and the procedure stops half-way.",
    fix="Name a service of that node, or do the step at the place where it runs.",
    failing=example("docker compose stop wbe", PLAIN),
    passing=example("docker compose stop web", PLAIN),
)
def not_running_there(spec: Spec) -> Iterator[Violation]:
    for each, path, call in runbook_calls(spec):
        raw = str(getattr(each.runbook.steps[_index(path)], str(path.parts[-1])))
        # what an expression names is the spec's own
        called = [name for name in services_called(call) if name in blank(raw)]
        if not called or _leads_elsewhere(spec, each.step.place.id):
            continue
        there = _services_at(spec, each.runbook, each.step.place.id)
        everywhere = {name for mode in each.runbook.modes if mode in spec.topology for name in services_of(spec, mode)}
        for name in called:
            if name in everywhere and name not in there:
                yield Violation(path, f"`{name}` does not run at place {each.step.place.id}", observed=name)
            elif name not in everywhere:
                message = f"no service `{name}` runs in mode {' and '.join(each.runbook.modes)}"
                yield Violation(path, message, _hint(name, sorted(there)), observed=name)


def _index(path: PathText) -> int:
    return next(part for part in path.parts if isinstance(part, int))


def _leads_elsewhere(spec: Spec, place: str) -> bool:
    """Whether a place is said to be one role's and leads to another's: PLB226 says so."""
    known = spec.platform.places.get(place)
    servers = re.findall(r"server_name\(\s*['\"]([\w-]+)", (known and known.shell) or "")
    return bool(known and known.role and servers and known.role not in servers)


def _services_at(spec: Spec, runbook: Runbook, place: str) -> set[str]:
    """Services of the compose projects that a place can have, in any of the runbook's modes."""
    role = spec.platform.places[place].role if place in spec.platform.places else None
    found: set[str] = set()
    for mode in runbook.modes:
        if mode not in spec.topology:
            continue
        roles = spec.topology[mode].roles
        if role in roles:
            found |= set(roles[role].services) | set(roles.get(roles[role].variant_of or "", roles[role]).services)
        else:
            found |= set(services_of(spec, mode))
    return found


@rule(
    "PLB849",
    title="Invalid plumb command",
    why="The command ends with «no such command», or asks for a value that the step does not give.",
    fix="Write the command as `plumb --help` shows it. Pass all parameters of a runbook with `--set NAME=VALUE`.",
    failing=example("plumb runbook run sampel", PLAIN),
    passing=example("plumb runbook run sample", PLAIN),
)
def wrong_call_of_plumb(spec: Spec) -> Iterator[Violation]:
    for _, path, call in runbook_calls(spec):
        if call.program == "plumb" and (problem := _wrong(spec, [*call.words])):
            yield Violation(path, *problem)


def _wrong(spec: Spec, words: list[str]) -> tuple[str, str | None] | None:
    while words[:1] == ["--spec"]:
        words = words[2:]
    if not words or words[0].startswith(("-", "$", "completion")):
        return None
    if command_of(words) is None:
        called = " ".join(words[:2])
        return f"plumb has no command `{called}`", _hint(called, tuple(PLUMB))
    if problem := unknown_option(words):
        return problem
    mode = words[words.index("--mode") + 1] if "--mode" in words[:-1] else "$"
    if mode not in spec.topology and not mode.startswith("$"):
        return f"there is no mode `{mode}`", _hint(mode, spec.modes)
    if words[:2] in (["runbook", "run"], ["runbook", "show"]):
        return _wrong_runbook(spec, words)
    return None


def _wrong_runbook(spec: Spec, words: Sequence[str]) -> tuple[str, str | None] | None:
    name = next((word for word in words[2:3] if not word.startswith("-")), "$")
    if "$" in name:
        return None
    if name not in spec.runbooks:
        return f"there is no runbook `{name}`", _hint(name, sorted(spec.runbooks))
    wanted = spec.runbooks[name].parameters
    given = {after.partition("=")[0] for word, after in pairwise(words) if word == "--set"}
    given |= {word.removeprefix("--set=").partition("=")[0] for word in words if word.startswith("--set=")}
    for each in sorted(given - wanted.keys()):
        return f"runbook {name} has no parameter `{each}`", _hint(each, sorted(wanted))
    missing = sorted(wanted.keys() - given)
    return (f"runbook {name} needs `{missing[0]}`, which is not given", None) if words[1] == "run" and missing else None


_SCRIPT = re.compile(r"(?<![\w.-])/opt/(?P<folder>[\w.-]+)/scripts/(?P<name>[\w.-]+)")


@rule(
    "PLB850",
    title="Script that no installation has",
    why="The shell says «No such file», in the middle of the procedure.",
    fix=f"Name one of the bundle's scripts: {', '.join(f'{name}.sh' for name in SCRIPTS)}.",
    failing=example("sh /opt/sample/scripts/verfy.sh", PLAIN),
    passing=example("sh /opt/sample/scripts/verify.sh", PLAIN),
)
def missing_script(spec: Spec) -> Iterator[Violation]:
    """Paths of the installation's scripts, with another name or in another folder."""
    files = [f"{name}.sh" for name in SCRIPTS]
    for _, path, call in runbook_calls(spec):
        for found in _SCRIPT.finditer(" ".join(call.words)):
            if found["folder"] == spec.platform.name and found["name"] not in files:
                yield Violation(path, f"there is no script {found['name']}", _hint(found["name"], files))
            elif found["folder"] != spec.platform.name and found["name"] in files:
                right = f"/opt/{spec.platform.name}/scripts/{found['name']}"
                yield Violation(path, f"`{found[0]}` belongs to another installation", f"write {right}")


_SECRET = re.compile(r"(?<![\w.-])(?P<folder>/run/|(?<![/\w])|\./)secrets/(?P<name>[a-z][a-z0-9_]*)")


@rule(
    "PLB854",
    title="Unknown secret in a runbook",
    why="The file does not exist. The command fails, or continues with an empty password.",
    fix="Name a secret of secrets.yaml.",
    failing=example("docker compose exec -T db cat /run/secrets/db_pasword", PLAIN),
    passing=example("docker compose exec -T db cat /run/secrets/db_password", PLAIN),
)
def missing_secret(spec: Spec) -> Iterator[Violation]:
    """Files of secrets in containers, and such files of a deployment's folder as have nearly the name of one."""
    known = sorted(spec.secrets.secrets)
    for each in steps(spec):
        for part, script in each.scripts.items():
            for found in _SECRET.finditer(script.text):
                close = get_close_matches(found["name"], known, n=1, cutoff=0.85)
                if found["name"] not in known and (close or found["folder"] == "/run/"):
                    yield Violation(
                        path_of(each.path, part.removesuffix("_commands")),
                        f"there is no secret `{found['name']}`",
                        f"did you mean `{close[0]}`?" if close else None,
                        observed=found["name"],
                    )


_STEP = re.compile(r"\b[Ss]tep (?P<number>\d{1,3})\b(?! of (?!this\b))")


@rule(
    "PLB851",
    title="Reference to a step that does not exist",
    why="The operator looks for a step that was removed, or undoes the wrong one.",
    fix="Correct the number; steps count from 1.",
    failing=example(rest="expect: what step 2 needs;; undo: nothing"),
    passing=example(rest="expect: what step 1 needs;; undo: nothing"),
)
def missing_step(spec: Spec) -> Iterator[Violation]:
    for name, runbook in spec.runbooks.items():
        for inner, text in runbook_texts(runbook):
            for found in _STEP.finditer(text):
                if not 1 <= int(found["number"]) <= len(runbook.steps):
                    path = path_of("runbooks", name, inner)
                    yield Violation(path, f"there is no step {found['number']}; the last is {len(runbook.steps)}")


_SECONDS: Mapping[str, frozenset[str]] = {
    "docker": frozenset({"--timeout", "-t", "--wait-timeout"}),
    "curl": frozenset({"--max-time", "-m", "--retry-max-time"}),
    "sleep": frozenset(),
}
"""Options by which a program is told for how long it may wait; without any, its first word."""


@rule(
    "PLB852",
    title="Step timeout shorter than its command's wait",
    why="The step counts as failed while the command is still working, and the command is killed half-way.",
    fix="Raise `timeout_s` above the longest wait in the script.",
    failing=example("docker compose stop --timeout 600", PLAIN),
    passing=example("docker compose stop --timeout 600", PLAIN + ";; timeout_s: 900"),
)
def too_short(spec: Spec) -> Iterator[Violation]:
    for each, path, call in runbook_calls(spec):
        longest = max(_waits(call), default=0)
        if longest >= each.step.timeout_s:
            message = f"`{call.program}` may wait for {longest} s, but the step ends after {each.step.timeout_s} s"
            yield Violation(path, message, expected=f"more than {longest}", observed=str(each.step.timeout_s))


def _waits(call: Call) -> Iterator[int]:
    options = _SECONDS.get(call.program)
    if options is None:
        return
    if not options:
        yield from (int(word) for word in call.words[:1] if word.isdecimal())
    for word, after in zip(call.words, (*call.words[1:], ""), strict=True):
        name, _, value = word.partition("=")
        if name in options and (value or after).isdecimal():
            yield int(value or after)
