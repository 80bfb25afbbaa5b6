"""The offline stack on a real engine: clean, then tampered with in every way that a case in `tamperings/` describes."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from plumbline.fact import Check
from plumbline.spec import Spec
from tests.stack.waiting import until
from validators.stack.engine import Engine
from validators.stack.report import finding_of
from validators.stack.stack import Stack

pytestmark = pytest.mark.live
CASES = sorted((Path(__file__).parent / "tamperings").glob("*.json"))


def test_the_stack_comes_up_and_is_what_the_spec_says(offline: Stack) -> None:
    assert offline.trouble == []
    checks = offline.look().checks
    assert [check for check in checks if check.outcome != "matches"] == []
    assert len(checks) > 1000


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_a_tampering_is_found(offline: Stack, spec: Spec, case: Path, tmp_path: Path) -> None:
    tampering = json.loads(case.read_text().replace("PROJECT", offline.projects[0].name))
    with tampered(offline, tampering, tmp_path):
        found = failing(offline.look().checks)
    named = [finding_of(spec, "offline", check) for check in found]
    for wanted in tampering["found"]:
        matching = [
            (finding, check)
            for finding, check in zip(named, found, strict=True)
            if finding.rule == wanted["rule"] and check.attribute == wanted["attribute"]
        ]
        assert matching, [(finding.rule, finding.message) for finding in named]
        finding, check = matching[0]
        assert check.subject.startswith(wanted["subject"])
        assert wanted["observed"] in str(check.observed)
        assert finding.hint
    allowed = [(wanted["rule"], wanted["attribute"]) for wanted in tampering["found"]]
    allowed += [(rule, start) for rule, start in tampering.get("also", [])]
    for finding, check in zip(named, found, strict=True):
        known = any(finding.rule == rule and check.attribute.startswith(start) for rule, start in allowed)
        assert known, f"a false finding: {finding.rule} {finding.message}"


def failing(checks: list[Check]) -> list[Check]:
    """The checks that do not match."""
    return [check for check in checks if check.outcome != "matches"]


@contextmanager
def tampered(stack: Stack, tampering: dict[str, Any], folder: Path) -> Iterator[None]:
    """Do it, and undo it: `docker` are docker commands, `override` and `reset` are fields of a third compose file."""
    project, service = stack.projects[0].name, tampering.get("service", "")
    names = {"project": project, "container": f"{project}-{service}-1"}
    changes = [f"    {field}: {json.dumps(value)}" for field, value in tampering.get("override", {}).items()]
    changes += [f"    {field}: !reset null" for field in tampering.get("reset", [])]
    if changes:
        file = folder / "tampered.yaml"
        file.write_text("\n".join(["services:", f"  {service}:", *changes, ""]))
        recreate(stack, service, file)
    for command in tampering.get("docker", []):
        docker(stack.engine, [word.format(**names) for word in command])
    try:
        yield
    finally:
        for command in tampering.get("undo", []):
            docker(stack.engine, [word.format(**names) for word in command])
        if service:
            recreate(stack, service)
        until(lambda: not failing(stack.configured()), "the stack to be itself again", 30)


def recreate(stack: Stack, service: str, *extra: Path) -> None:
    """Have Compose make the service's container anew, whatever it thinks of the old one."""
    project = stack.projects[0]
    profiles = [f"--profile={name}" for name in (*project.profiles, "job")]
    up = [*profiles, "up", "--detach", "--no-deps", "--force-recreate", "--timeout=1", "--pull=never", service]
    docker(stack.engine, stack.compose(project, *up, extra=extra))
    container = f"{project.name}-{service}-1"
    if not extra and project.deployment.services[service].health:
        until(lambda: stack.engine.states([project.name]).get(service) == "healthy", f"{container} to be healthy", 30)


def docker(engine: Engine, arguments: list[str]) -> None:
    """A docker command that has to succeed."""
    done = engine.run(arguments, 60)
    assert done.returncode == 0, done.stderr
