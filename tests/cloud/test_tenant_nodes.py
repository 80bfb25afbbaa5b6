"""A tenant with counts and server types of its own: nothing of the others changes, and everything of its own follows."""

from datetime import date
from typing import Any

import pytest
import yaml

from generators.cloud.desired import desired_state
from generators.registry import generate
from plumbline.effective.expression_names import tenant_names
from plumbline.runbook.rendering import render_runbook
from plumbline.spec.loading import load_spec
from plumbline.spec.spec import Spec
from plumbline.spec.spec_files import read_spec_files
from tests.stack.conftest import DATA, shipped_spec
from validators.rules import check_rules

TODAY = date(2026, 11, 27)
GROWN = {"worker": {"count": 3, "server_type": "cx33"}, "db": {"count": 0}, "db-heavy": {"count": 1}}


def spec_of(nodes: dict[str, Any]) -> Spec:
    """The shipped spec in which acme has these nodes."""
    texts = dict(read_spec_files(DATA))
    tenants = yaml.safe_load(texts["tenants.yaml"])
    tenants["tenants"]["acme"]["nodes"] = nodes
    texts["tenants.yaml"] = yaml.safe_dump(tenants, sort_keys=False)
    spec, findings = load_spec(texts)
    assert spec is not None, findings
    return spec


@pytest.fixture(scope="module")
def grown() -> Spec:
    """Three larger workers, and the larger database."""
    return spec_of(GROWN)


def servers(spec: Spec, tenant: str) -> dict[str, dict[str, Any]]:
    """The servers of a tenant by name."""
    objects = desired_state(spec, "online", tenant)["objects"]
    return {each["name"]: each for each in objects if each["kind"] == "server"}


def test_it_has_its_own_nodes(grown: Spec) -> None:
    assert check_rules(grown, TODAY) == []
    own = servers(grown, "acme")
    assert list(own) == [
        "tenant-acme-gateway-1",
        *(f"tenant-acme-worker-{number}" for number in (1, 2, 3)),
        "tenant-acme-db-heavy-1",
    ]
    assert own["tenant-acme-worker-2"]["types"] == ["cx33"]
    assert own["tenant-acme-db-heavy-1"]["volume"] == "tenant-acme-data"
    assert own["tenant-acme-db-heavy-1"]["address"] == servers(shipped_spec(), "acme")["tenant-acme-db-1"]["address"]


def test_other_tenants_are_as_they_were(grown: Spec) -> None:
    def of_globex(spec: Spec) -> dict[str, bytes]:
        return {each.path: each.content for each in generate(spec) if "globex" in each.path}

    assert of_globex(grown) == of_globex(shipped_spec())


def test_runbooks_lead_to_its_nodes(grown: Spec) -> None:
    def shells(tenant: str, runbook: str, place: str) -> list[str]:
        shown = render_runbook(grown, runbook, "online", {"tenant": tenant})
        (found,) = {each.place.shells for each in shown.steps if each.place.id == place}
        return [shell.partition("@")[2].split()[0] for shell in found]

    assert shells("acme", "suspend-tenant", "tenant-worker") == [f"tenant-acme-worker-{number}" for number in (1, 2, 3)]
    assert shells("globex", "suspend-tenant", "tenant-worker") == ["tenant-globex-worker-1"]
    assert shells("acme", "online-backup", "tenant-db") == ["tenant-acme-db-heavy-1"]
    assert shells("globex", "online-backup", "tenant-db") == ["tenant-globex-db-1"]


def test_the_larger_database_is_handed_the_same_secrets(grown: Spec) -> None:
    secrets = tenant_names(grown, "online", "acme", 1)["secrets_of"]
    assert secrets("db-heavy") == secrets("db") != []


def test_provisioning_shows_each_server_of_it(grown: Spec) -> None:
    shown = render_runbook(grown, "online-provision", "online", {"tenant": "acme"})
    (plan,) = [step.output for step in shown.steps if step.run.startswith("plumb provision plan")]
    made = [line.split()[2].rstrip(":") for line in (plan or "").splitlines() if line.startswith("+ server")]
    assert made == list(servers(grown, "acme"))


@pytest.mark.parametrize(
    ("nodes", "rule", "said"),
    [
        ({"worker": {"count": 9}}, "PLB557", "more than the `max_count` of role worker, 8"),
        ({"worker": {"count": 0}}, "PLB557", "worker would have no node"),
        ({"db": {"count": 0}}, "PLB557", "db and db-heavy would have no node"),
        ({"db-heavy": {"count": 1}}, "PLB557", "attached to one server, but db, db-heavy would be made"),
        ({"control": {"count": 2}}, "PLB557", "shared by all tenants"),
        ({"host": {"count": 2}}, "PLB557", "no mode with many tenants has the role host"),
        ({"worker": {"server_type": "cx22"}}, "PLB501", "no longer exists"),
        ({"db-heavy": {"server_type": "cx23"}}, "PLB558", "memory_mib 4096 instead of 8192"),
    ],
)
def test_what_it_cannot_have_is_one_finding(nodes: dict[str, Any], rule: str, said: str) -> None:
    (finding,) = check_rules(spec_of(nodes), TODAY)
    assert finding.rule == rule
    assert said in finding.message
    assert str(finding.location).startswith("tenants.yaml:")
