"""Tamperings: what is done to a running stack, which findings must come of it, and which may.

A file in `tamperings/` is a case; it is tried on each of its `services`. `override` and `reset` are fields of a third compose
file for the service, `docker` and `undo` are docker commands, `host` and `undo_host` are lines of a shell in the namespaces of
the engine's host, which its files are in at /proc/1/root. `found` must be found, `also` may be. SERVICE in a subject is the
service, PROJECT the compose project. In a command {project}, {container}, {folder} (the project's) and {pid} (that of the
service's first process) are replaced; in a line they are variables of the shell.
"""

import json
import shlex
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from plumbline.fact import Check
from tests.stack.waiting import until
from validators.stack.engine import Engine
from validators.stack.probing import probe_container
from validators.stack.report import finding_of
from validators.stack.settling import patient_look
from validators.stack.stack import Stack

_SETTLE_S = 10
FOLDER = Path(__file__).parent / "tamperings"


@dataclass(frozen=True)
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


def firsts() -> list[Tampering]:
    """Every case once."""
    once: dict[str, Tampering] = {}
    for tampering in catalogue():
        once.setdefault(tampering.name, tampering)
    return list(once.values())


def failing(checks: list[Check]) -> list[Check]:
    """The checks that do not match."""
    return [check for check in checks if check.outcome != "matches"]


def faults(stack: Stack, tampering: Tampering, found: list[Check]) -> list[str]:
    """What is wrong with what was found: a finding that is missing, or one that is false."""
    text = json.dumps(tampering.case).replace("SERVICE", tampering.service).replace("PROJECT", stack.projects[0].name)
    case = json.loads(text)
    rules = [finding_of(stack.spec, stack.projects[0].deployment.mode, check).rule for check in found]
    pairs = list(zip(rules, found, strict=True))
    missing = [
        f"not found: {wanted['rule']} {wanted['subject']} {wanted['attribute']} {wanted['observed']}"
        for wanted in case["found"]
        if not any(_is(wanted, rule, check) for rule, check in pairs)
    ]
    allowed = [(wanted["rule"], wanted["attribute"]) for wanted in case["found"]] + case.get("also", [])
    false = [
        f"false: {rule} {check.subject} {check.difference}"
        for rule, check in pairs
        if not any(rule == known and check.attribute.startswith(start) for known, start in allowed)
    ]
    return missing + false


def _is(wanted: dict[str, str], rule: str, check: Check) -> bool:
    return (
        rule == wanted["rule"]
        and check.subject.startswith(wanted["subject"])
        and check.attribute == wanted["attribute"]
        and wanted["observed"] in str(check.observed)
    )


def seen(stack: Stack, tampering: Tampering) -> list[Check]:
    """What a look finds; once more with patience where a service that nobody touched may be late, on a busy machine."""
    found = failing(stack.look().checks)
    if faults(stack, tampering, found):
        look, _ = patient_look(stack, apart_from={tampering.service})
        found = failing(look.checks)
    return found


@contextmanager
def tampered(stack: Stack, tampering: Tampering, folder: Path) -> Iterator[None]:
    """Do it, and undo it."""
    case, service, project = tampering.case, tampering.service, stack.projects[0].name
    names = {"project": project, "container": f"{project}-{service}-1", "folder": stack.projects[0].folder}
    names["pid"] = stack.engine.run(["inspect", "--format", "{{.State.Pid}}", names["container"]]).stdout.strip()
    changes = [f"    {field}: {json.dumps(value)}" for field, value in case.get("override", {}).items()]
    changes += [f"    {field}: !reset null" for field in case.get("reset", []) if field not in case.get("override", {})]
    if changes:
        file = folder / "tampered.yaml"
        file.write_text("\n".join(["services:", f"  {service}:", *changes, ""]))
        recreate(stack, service, file)
        _settle(stack, service)
    try:
        for command in case.get("docker", []):
            docker(stack.engine, [word.format(**names) for word in command])
        on_host(stack, case.get("host", []), names)
        yield
    finally:
        for command in case.get("undo", []):
            docker(stack.engine, [word.format(**names) for word in command])
        on_host(stack, case.get("undo_host", []), names)
        if service:
            recreate(stack, service)
        until(lambda: not failing(stack.configured()), "the stack to be itself again")


def on_host(stack: Stack, lines: list[str], names: dict[str, str]) -> None:
    """Shell lines in the namespaces of the engine's host, as somebody with root there would type them."""
    if not lines:
        return
    variables = [f"{name}={shlex.quote(value)}" for name, value in names.items()]
    script = "\n".join(["set -e", *variables, *lines])
    done = probe_container(stack.engine, f"plumb-probe-{stack.run.id}", ["sh", "-c", script], b"", 60)
    assert done.returncode == 0, done.stderr.decode()


def recreate(stack: Stack, service: str, *extra: Path) -> None:
    """Have Compose make the service's container anew, whatever it thinks of the old one."""
    project = stack.projects[0]
    profiles = [f"--profile={name}" for name in (*project.profiles, "job")]
    up = [*profiles, "up", "--detach", "--no-deps", "--force-recreate", "--timeout=1", "--pull=never", service]
    docker(stack.engine, stack.compose(project, *up, extra=extra))
    if not extra and project.deployment.services[service].health:
        until(lambda: stack.engine.states([project.name]).get(service) == "healthy", f"{service} to be healthy")


def _settle(stack: Stack, service: str) -> None:
    """Wait until a container that was made anew is past its start, as far as it gets in ten seconds."""
    end = time.monotonic() + _SETTLE_S
    while time.monotonic() < end and stack.engine.states([stack.projects[0].name]).get(service) in (
        "created",
        "starting",
    ):
        time.sleep(0.1)


def docker(engine: Engine, arguments: list[str]) -> None:
    """A docker command that has to succeed."""
    done = engine.run(arguments, 60)
    assert done.returncode == 0, done.stderr
