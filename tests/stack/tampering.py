"""Tamperings: what is done to a running stack, which findings must come of it, and which may.

A file in `tamperings/` is a case; it is tried on each of its `services`. `override` and `reset` are fields of a third compose
file for the service, `docker` and `undo` are docker commands, `host` and `undo_host` are lines of a shell in the namespaces of
the engine's host, which has the project's folder at /project. `found` must be found, `also` may be. SERVICE in a subject is the
service, PROJECT the compose project, GATEWAY and FAR are the first and a high address of the segment etl-internal, which has another range where
this host has a route there. In a command {project}, {container}, {folder} (the project's), {subnet} (of the network
scan) and {pid} (of the service's first process) are replaced; in a line they are variables of the shell. `touches` are services
whose containers must be made anew afterwards, too. `own_only` says why somebody who looks at a stack that they did not start
can't find it.
"""

import json
import shlex
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from ipaddress import ip_network
from pathlib import Path
from typing import Any

from plumbline.report.fact import Check
from plumbline.stack.attach import attach
from plumbline.stack.engine import Engine
from plumbline.stack.probing import probe_container
from plumbline.stack.project import subnets
from plumbline.stack.stack import Stack
from tests.stack.waiting import until
from validators.stack.inspection import engine_checks, inspect_stack
from validators.stack.kinds import TRIED, Takes
from validators.stack.patient_inspection import inspect_patiently
from validators.stack.report import finding_of

_SETTLE_S = 10
_HEALS_S, _ATTEMPTS = 60, 3
_AT_ONCE = 9
_SEGMENT = "etl-internal"
_SAY_THE_SAME = ("PLB954", "PLB955", "PLB956")
"""What a container that was made otherwise is, said once more by the engine's own fields and by the kernel."""
OWN = tuple(f"{word}." for word, trial in TRIED.items() if trial.takes is not Takes.NOTHING)
"""Facts about a stack that was started for a look."""
MISSED = "not found"
FOLDER = Path(__file__).parent / "tamperings"


@dataclass(frozen=True, eq=False)
class Tampering:
    """A case on one service; the service is empty where it is about the project."""

    name: str
    service: str
    case: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.name} {self.service}".strip()


def catalogue() -> list[Tampering]:
    """Every case on every one of its services."""
    found: list[Tampering] = []
    for file in sorted(FOLDER.glob("*.json")):
        case = json.loads(file.read_text())
        found += [Tampering(file.stem, service, case) for service in case.get("services", [""])]
    return found


def kinds(tampering: Tampering) -> set[tuple[str, str]]:
    """The kinds of facts that it makes wrong: rule, and what of a subject."""
    return {(each["rule"], each["attribute"].partition(".")[0]) for each in tampering.case["found"]}


def samples() -> list[Tampering]:
    """Some that make each kind of fact wrong once, on services that are not taken yet where there is a choice."""
    chosen: list[Tampering] = []
    found: set[tuple[str, str]] = set()
    taken: Counter[str] = Counter()
    every = catalogue()
    wanted = set[tuple[str, str]]().union(*map(kinds, every))
    while found < wanted:
        best = max(every, key=lambda each: (bool(kinds(each) - found), *_worth(each, found, taken)))
        chosen.append(best)
        found |= kinds(best)
        taken[best.service] += 1
    return sorted(chosen, key=lambda each: (bool(each.case.get("alone")), str(each)))


def _worth(tampering: Tampering, found: set[tuple[str, str]], taken: Counter[str]) -> tuple[bool, int, int]:
    """How much it adds for the time that it takes."""
    return not tampering.case.get("alone"), -taken[tampering.service], len(kinds(tampering) - found)


def batches(tamperings: Sequence[Tampering]) -> list[list[Tampering]]:
    """As many at once as touch different services; those that touch more (`alone`) by themselves."""
    found: list[list[Tampering]] = []
    for each in tamperings:
        fits = (
            batch
            for batch in found
            if len(batch) < _AT_ONCE
            and not each.case.get("alone")
            and not any(other.case.get("alone") or other.service == each.service for other in batch)
        )
        batch = next(fits, None)
        if batch is None:
            found.append([each])
        else:
            batch.append(each)
    return found


def failing(checks: list[Check]) -> list[Check]:
    """The checks that do not match."""
    return [check for check in checks if check.outcome != "matches"]


def faults(stack: Stack, tamperings: Sequence[Tampering], found: list[Check]) -> list[str]:
    """What is wrong with what was found after some tamperings: a finding that is missing, or one that is false."""
    return [line for each in tamperings for line in missing(stack, each, found)] + false_ones(stack, tamperings, found)


def missing(stack: Stack, tampering: Tampering, found: list[Check]) -> list[str]:
    """Findings that should have come of a tampering."""
    pairs = _with_rules(stack, found)
    return [
        f"{MISSED}: {wanted['rule']} {wanted['subject']} {wanted['attribute']} {wanted['observed']}"
        for wanted in _case(stack, tampering)["found"]
        if not any(_is(wanted, rule, check) for rule, check in pairs)
    ]


def false_ones(stack: Stack, tamperings: Sequence[Tampering], found: list[Check]) -> list[str]:
    """Findings that none of the tamperings explains."""
    cases = [_case(stack, each) for each in tamperings]
    allowed = [(wanted["rule"], wanted["attribute"]) for case in cases for wanted in case["found"]]
    allowed += [(rule, attribute) for case in cases for rule, attribute in case.get("also", [])]
    made_otherwise = {f"services.{each.service}" for each in tamperings if _changes(each.case)}
    return [
        f"false: {rule} {check.subject} {check.difference}"
        for rule, check in _with_rules(stack, found)
        if not any(rule == known and check.attribute.startswith(start) for known, start in allowed)
        and not (rule in _SAY_THE_SAME and check.subject in made_otherwise)
    ]


def _with_rules(stack: Stack, found: list[Check]) -> list[tuple[str, Check]]:
    mode = stack.projects[0].deployment.mode
    return [(finding_of(stack.spec, mode, check).rule, check) for check in found]


def _case(stack: Stack, tampering: Tampering) -> dict[str, Any]:
    project = stack.projects[0]
    segment = ip_network(project.moved.get(_SEGMENT) or subnets(stack.spec, project.deployment)[_SEGMENT])
    words = {
        "SERVICE": tampering.service,
        "PROJECT": project.name,
        "GATEWAY": str(segment[1]),
        "FAR": str(segment[-6]),
    }
    text = json.dumps(tampering.case)
    for word, value in words.items():
        text = text.replace(word, value)
    return dict(json.loads(text))


def _is(wanted: dict[str, str], rule: str, check: Check) -> bool:
    return (
        rule == wanted["rule"]
        and check.subject.startswith(wanted["subject"])
        and check.attribute == wanted["attribute"]
        and wanted["observed"] in str(check.observed)
    )


def seen(stack: Stack, *tamperings: Tampering) -> list[Check]:
    """What a look finds; once more with patience where a service that nobody touched may be late, on a busy machine."""
    found = failing(inspect_stack(stack).checks)
    if faults(stack, tamperings, found):
        look, _ = inspect_patiently(stack, apart_from={each.service for each in tamperings})
        found = failing(look.checks)
    return found


@contextmanager
def as_another(stack: Stack, folder: Path) -> Iterator[Stack]:
    """The same stack as `--attach` sees it. It was given other ranges, ports and a resolver, which an operator's was not."""
    names = [project.name for project in stack.projects]
    mode = stack.projects[0].deployment.mode
    with attach(stack.engine, stack.spec, folder, mode, stack.watch, names=names) as other:
        other.projects = [
            replace(
                seen,
                moved=own.moved,
                resolver=own.resolver,
                hosts=own.hosts,
                node=replace(seen.node, ports=own.node.ports, is_played=own.node.is_played),
            )
            for seen, own in zip(other.projects, stack.projects, strict=True)
        ]
        yield other


def to_another(tampering: Tampering) -> Tampering:
    """The case for somebody who did not start the stack: nothing is asked of them that they can't see."""
    found = [each for each in tampering.case["found"] if not each["attribute"].startswith(OWN)]
    case = {**tampering.case, "found": [] if "own_only" in tampering.case else found}
    return replace(tampering, case=case)


@contextmanager
def all_tampered(stack: Stack, tamperings: Sequence[Tampering], folder: Path) -> Iterator[None]:
    """Do them, each to another service, and undo them."""
    tamperings = [replace(each, case=_case(stack, each)) for each in tamperings]
    touched = [name for each in tamperings for name in (each.service, *each.case.get("touches", ())) if name]
    changes = [line for each in tamperings if (lines := _changes(each.case)) for line in (f"  {each.service}:", *lines)]
    names = {each: _names(stack, each.service) for each in tamperings}
    try:
        if changes:
            file = folder / "tampered.yaml"
            file.write_text("\n".join(["services:", *changes, ""]))
            changed = [each.service for each in tamperings if _changes(each.case)]
            recreate(stack, changed, file)
            _settle(stack, changed)
        for each in tamperings:
            names[each] = _names(stack, each.service)
            _do(stack, each.case.get("docker", []), each.case.get("host", []), names[each])
        yield
    finally:
        for each in tamperings:
            with suppress(AssertionError):  # what could not be done can't be undone, and the stack is looked at below
                _do(stack, each.case.get("undo", []), each.case.get("undo_host", []), names[each])
        if touched:
            recreate(stack, touched)
        _heal(stack)


def _heal(stack: Stack) -> None:
    """Wait for the stack to be itself again. A service that ended of what was done to another counts that for good, and is made anew."""
    for _ in range(_ATTEMPTS):
        with suppress(AssertionError):
            until(lambda: not failing(engine_checks(stack)), "the stack to be itself again", _HEALS_S)
            return
        others = {check.subject.removeprefix("services.").partition(".")[0] for check in failing(engine_checks(stack))}
        recreate(stack, sorted(others & stack.projects[0].deployment.services.keys()))
    until(lambda: not failing(engine_checks(stack)), "the stack to be itself again")


def _changes(case: dict[str, Any]) -> list[str]:
    """Lines of a third compose file about a service."""
    override = case.get("override", {})
    changes = [f"    {field}: {json.dumps(value)}" for field, value in override.items()]
    return changes + [f"    {field}: !reset null" for field in case.get("reset", []) if field not in override]


def _names(stack: Stack, service: str) -> dict[str, str]:
    """What is replaced in commands."""
    project = stack.projects[0]
    container = f"{project.name}-{service}-1"
    subnet = ["network", "inspect", "--format", "{{(index .IPAM.Config 0).Subnet}}", f"{project.name}_scan"]
    pid = ["inspect", "--format", "{{.State.Pid}}", container]
    return {
        "project": project.name,
        "container": container,
        "folder": project.folder,
        "subnet": stack.engine.run(subnet).stdout.strip(),
        "pid": stack.engine.run(pid).stdout.strip(),
    }


def _do(stack: Stack, commands: list[list[str]], lines: list[str], names: dict[str, str]) -> None:
    for command in commands:
        docker(stack.engine, [word.format(**names) for word in command])
    on_host(stack, lines, names)


def on_host(stack: Stack, lines: list[str], names: dict[str, str]) -> None:
    """Shell lines in the namespaces of the engine's host, as somebody with root there would type them."""
    if not lines:
        return
    variables = [f"{name}={shlex.quote(value)}" for name, value in names.items()]
    script = "\n".join(["set -e", *variables, *lines])
    mounted = f"{stack.projects[0].folder}:/project"
    done = probe_container(stack.engine, f"plumb-probe-{stack.run.id}", ["sh", "-c", script], b"", 60, mounted)
    assert done.returncode == 0, done.stderr.decode()


def recreate(stack: Stack, services: Sequence[str], *extra: Path) -> None:
    """Have Compose make the services' containers anew, whatever it thinks of the old ones; each by itself, so that none waits."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        list(pool.map(lambda service: _recreate(stack, service, *extra), services))


def _recreate(stack: Stack, service: str, *extra: Path) -> None:
    project = stack.projects[0]
    profiles = [f"--profile={name}" for name in (*project.profiles, "job")]
    up = [*profiles, "up", "--detach", "--no-deps", "--force-recreate", "--timeout=1", "--pull=never", service]
    docker(stack.engine, stack.compose(project, *up, extra=extra))
    if not extra and project.deployment.services[service].health:
        until(lambda: stack.engine.states([project.name]).get(service) == "healthy", f"{service} to be healthy")


def _settle(stack: Stack, services: Sequence[str]) -> None:
    """Wait until containers that were made anew are past their start, as far as they get in ten seconds."""
    end = time.monotonic() + _SETTLE_S
    while time.monotonic() < end:
        states = stack.engine.states([stack.projects[0].name])
        if not any(states.get(service) in ("created", "starting") for service in services):
            return
        time.sleep(0.1)


def docker(engine: Engine, arguments: list[str]) -> None:
    """A docker command that has to succeed."""
    done = engine.run(arguments, 60)
    assert done.returncode == 0, done.stderr[-400:]
