"""A stack that an operator started by plain Compose, from the committed files, is looked at where it stands."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from generators.compose.waits import called_jobs
from plumbline.spec.spec import Spec
from plumbline.stack.attach import as_started
from plumbline.stack.engine import Engine
from plumbline.stack.layout import binding_of, nodes_of
from plumbline.stack.project import override
from plumbline.stack.run import new_run
from plumbline.stack.stack import Stack
from plumbline.stack.starting import prepare
from tests.stack.conftest import DATA, Plumb, SilentWatch
from tests.stack.tampering import docker
from tests.stack.waiting import HANG_S
from validators.stack.kinds import TRIED, Takes, tried_with

NAME = "docpipe-offline"
"""The name that the generated compose file gives its project."""


@pytest.fixture
def by_hand(engine: Engine, spec: Spec, tmp_path: Path) -> Iterator[None]:
    """The deployment's folder as an operator has it (with stand-ins for images that can't be had), and what they would type."""
    folder = tmp_path / "deployment"
    with new_run(engine) as run:
        stack = Stack(spec, engine, run, SilentWatch())
        prepare(stack, DATA, "offline", list(spec.tenants.tenants))
        (project,) = stack.projects
        shutil.copytree(project.folder, folder)
        # what is done for a look alone: a resolver, and other ranges where this host has a route to those of the spec
        (folder / "override.yaml").write_text(override(replace(project, resolver="", moved={})))
    files = ["--file", str(folder / "compose.yaml"), "--file", str(folder / "override.yaml")]
    compose = ["compose", *files, *(f"--profile={profile}" for profile in project.profiles)]
    try:
        docker(engine, [*compose, "up", "--detach", "--wait", "--pull=never"])
        docker(engine, ["compose", *files, "--profile=job", "up", "--no-deps", "--pull=never", *project.jobs])
        yield
    finally:
        docker(engine, [*compose, "--profile=job", "down", "--volumes", "--timeout=1"])


@pytest.mark.live
def test_a_stack_started_by_hand_passes_and_is_left_alone(
    plumb: Plumb, engine: Engine, by_hand: None, tmp_path: Path
) -> None:
    before = {each["Id"] for each in engine.containers(NAME)}
    process = plumb("--mode", "offline", "--attach", NAME)
    out, err = process.communicate(timeout=HANG_S)
    assert process.returncode == 0, out + err
    assert " 0 differ, 0 not deployed" in out
    words = {check["attribute"].partition(".")[0] for check in checks_of(tmp_path)}
    assert said_untried(out, Takes.OWN_STACK)
    assert {word for word, trial in TRIED.items() if trial.takes is not Takes.NOTHING} & words == set()
    assert {word for word, trial in TRIED.items() if trial.takes is Takes.NOTHING} <= words
    assert {each["Id"] for each in engine.containers(NAME)} == before
    docker(engine, ["stop", "--time=1", f"{NAME}-redis-1"])
    process = plumb("--mode", "offline", "--attach", NAME)
    out, _ = process.communicate(timeout=HANG_S)
    assert process.returncode == 1
    assert "PLB910 services.redis" in out


def checks_of(folder: Path) -> list[dict[str, Any]]:
    """Those of the report."""
    return list(json.loads((folder / "reports" / "stack-offline.json").read_text())["checks"])


def said_untried(out: str, takes: Takes) -> bool:
    """Whether each trial that takes this is named as left out."""
    untried = [line for line in out.splitlines() if line.startswith("not tried: ")]
    return all(any(title in line and takes.value in line for line in untried) for title in tried_with(takes))


@pytest.mark.live
def test_a_project_that_does_not_run_is_named(plumb: Plumb, engine: Engine) -> None:
    process = plumb("--mode", "offline", "--attach", "nobody")
    out, err = process.communicate(timeout=HANG_S)
    assert process.returncode == 2
    assert "PLB909" in out + err and "no compose project nobody runs here" in out + err


def label(service: str, **more: str) -> dict[str, Any]:
    """A container of a service, by its labels."""
    return {"Config": {"Labels": {"com.docker.compose.service": service, **more}}}


def test_what_nobody_asked_for_is_not_expected(spec: Spec) -> None:
    (node,) = nodes_of(spec, "offline", [])
    services = node.deployment.services
    always = [name for name, each in services.items() if name not in called_jobs(services) and not each.profile]
    containers = [label(name) for name in always]
    bare, left_out = as_started(node, containers)
    assert sorted(bare.deployment.services) == sorted(always)
    assert sorted(left_out) == ["grafana", "migrate", "prometheus"]
    of_the_profile, left_out = as_started(node, [*containers, label("grafana"), label("migrate")])
    assert (sorted(of_the_profile.deployment.services), left_out) == (sorted(services), [])
    one_off = label("migrate", **{"com.docker.compose.oneoff": "True"})
    assert "migrate" in as_started(node, [*containers, one_off])[1]


def test_a_service_that_is_always_there_is_missed(spec: Spec) -> None:
    (node,) = nodes_of(spec, "offline", [])
    assert "redis" in as_started(node, [label("postgres")])[0].deployment.services


def test_on_the_node_itself_every_interface_is_published_as_the_spec_says(spec: Spec) -> None:
    node = next(each for each in nodes_of(spec, "online", ["acme"]) if "traefik" in each.deployment.services)
    https = node.deployment.services["traefik"].publish["https"]
    assert binding_of(node, https) == (node.address, 443)
    assert binding_of(replace(node, is_played=False), https) == ("0.0.0.0", 443)
