"""The online mode with two tenants: every node's own project, and the walls between the tenants."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from plumbline.report.fact import Check
from plumbline.runbook.rendering import render_runbook
from plumbline.spec.spec import Spec
from plumbline.stack.engine import Engine
from plumbline.stack.stack import Stack
from plumbline.stack.starting import stack_up
from tests.stack.conftest import DATA, SilentWatch
from tests.stack.suspension import Machines
from tests.stack.tampering import docker, failing
from tests.stack.waiting import until
from validators.stack.inspection import inspect_stack
from validators.stack.patient_inspection import inspect_patiently
from validators.stack.report import finding_of


@pytest.fixture(scope="module")
def online(engine: Engine, spec: Spec) -> Iterator[Stack]:
    """The online mode, standing, for all tenants."""
    with stack_up(engine, spec, DATA, "online", SilentWatch()) as stack:
        yield stack


def found(spec: Spec, checks: list[Check]) -> set[tuple[str, str]]:
    """Node and rule of each finding."""
    return {(check.where, finding_of(spec, "online", check).rule) for check in failing(checks)}


@pytest.mark.live
def test_both_tenants_come_up_and_are_what_the_spec_says(online: Stack, spec: Spec) -> None:
    assert online.trouble == []
    assert {project.node.tenant for project in online.projects} == {"", *spec.tenants.tenants}
    look, _ = inspect_patiently(online)
    assert failing(look.checks) == []
    between = [row for row in look.table if row.source.split("-")[0] != row.target.split("-")[0]]
    assert len(between) > 100


@pytest.mark.live
def test_a_way_from_one_tenant_to_another_is_found(online: Stack, spec: Spec) -> None:
    first, second = list(spec.tenants.tenants)[:2]
    database = {
        project.node.tenant: project for project in online.projects if "postgres" in project.deployment.services
    }
    network, intruder = f"{database[first].name}_etl-internal", f"{database[second].name}-redis-1"
    docker(online.engine, ["network", "connect", network, intruder])
    try:
        checks = inspect_stack(online).checks
    finally:
        docker(online.engine, ["network", "disconnect", network, intruder])
    node = database[second].node.name
    assert (node, "PLB951") in found(spec, checks)
    reached = [check for check in failing(checks) if check.attribute.startswith("reach.") and check.where == node]
    assert any(f"{first}-" in check.attribute for check in reached)
    assert failing(inspect_patiently(online)[0].checks) == []


@pytest.mark.live
def test_a_tenant_that_lost_its_link_is_found(online: Stack, spec: Spec) -> None:
    """A node's address that is bound to nothing: what stands on other nodes of the same tenant can't reach it."""
    first = next(iter(spec.tenants.tenants))
    project = next(
        each for each in online.projects if each.node.tenant == first and "postgres" in each.deployment.services
    )
    docker(online.engine, ["stop", "--time=1", f"{project.name}-postgres-1"])
    try:
        rules = found(spec, inspect_stack(online).checks)
    finally:
        docker(online.engine, ["start", f"{project.name}-postgres-1"])
    assert (project.node.name, "PLB910") in rules


@pytest.mark.live
def test_a_tenant_is_suspended_and_resumed_by_the_runbooks(online: Stack, tmp_path: Path) -> None:
    """On real Compose projects, with the migrated database and the gateway's container. The tenant brings its certificate."""
    tenant = next(name for name, each in online.spec.tenants.tenants.items() if each.certificate == "own")
    machines = Machines(online, tenant, tmp_path)
    machines.sql(f"INSERT INTO tenants (id, title, state) VALUES ('{tenant}', '{tenant}', 'ACTIVE')")
    gateway, worker = machines.nodes["gateway"], machines.nodes["worker"]
    key = Path(gateway.folder, "secrets/tenant_api_key")
    before = key.read_text()
    workers = {f"{worker.name}-{name}-1" for name in online.spec.update.drain}

    def keys() -> tuple[str, str]:
        """The key on the node, and the one that the gateway's process reads."""
        inside = ["exec", f"{gateway.name}-intake-gateway-1", "cat", "/run/secrets/tenant_api_key"]
        return key.read_text(), online.engine.run(inside, 30).stdout

    def running() -> set[str]:
        return workers & {
            each["Name"].lstrip("/") for each in online.engine.containers(worker.name) if each["State"]["Running"]
        }

    until(lambda: machines.status() == "200", "the tenant's own certificate")
    done = machines.run("suspend-tenant", "--set", f"tenant={tenant}")
    assert done.returncode == 0, done.stdout + done.stderr
    assert machines.status() == "503"
    assert machines.sql(f"SELECT state FROM tenants WHERE id = '{tenant}'") == "SUSPENDED"
    assert running() == set()
    again = machines.on_node("worker", "docker compose up --detach --wait --remove-orphans")
    assert (again.returncode, running()) == (0, set()), again.stderr
    on_node, read = keys()
    assert on_node == read != before

    done = machines.run("resume-tenant", "--set", f"tenant={tenant}")
    assert done.returncode == 0, done.stdout + done.stderr
    assert machines.status() == "200"
    assert running() == workers
    assert keys() == (before, before)
    actions = machines.sql(f"SELECT action FROM audit_events WHERE tenant = '{tenant}' ORDER BY id")
    assert actions.splitlines() == ["TENANT_SUSPENDED", "TENANT_ACTIVE"]
    assert failing(inspect_patiently(online)[0].checks) == []


@pytest.mark.live
def test_the_control_database_takes_what_the_runbooks_write(online: Stack, tmp_path: Path) -> None:
    """From PENDING to DEPROVISIONED, with each step's own verification."""
    machines = Machines(online, next(iter(online.spec.tenants.tenants)), tmp_path)
    tenant = list(online.spec.tenants.tenants)[-1]
    machines.sql(f"DELETE FROM tenants WHERE id = '{tenant}'")
    for runbook in ("online-provision", "online-deprovision"):
        for step in render_runbook(online.spec, runbook, "online", {"tenant": tenant}).steps:
            for command in [line for line in step.run.splitlines() if line.startswith("psql")]:
                done = machines.admin(command)
                assert done.returncode == 0, f"{step.title}: {done.stderr}"
                for asked in [line for line in (step.verify or "").splitlines() if line.startswith("psql")]:
                    assert machines.admin(asked).returncode == 0, step.title
    assert machines.sql(f"SELECT state FROM tenants WHERE id = '{tenant}'") == "DEPROVISIONED"
