"""`plumb verify cloud` against a fake project: a clean one has no finding, and each kind of drift has exactly its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from generators.cloud.desired import desired_state
from plumbline.spec.loading import load_spec
from plumbline.spec.spec import Spec
from plumbline.spec.spec_files import read_spec_files
from tests.cloud import drifting
from tests.cloud.drifting import Provisioned
from tests.stack.conftest import DATA
from validators.cloud.leftovers import leftovers
from validators.cloud.rules import CLOUD_RULES
from validators.cloud.snapshot import CloudObject, Snapshot

SEEDS = 40
LEAST_KINDS = 160
GLOBEX = {"managed_by": "plumbline", "tenant_id": "globex"}


@pytest.fixture(scope="module")
def project(shipped: Spec, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provisioned]:
    """Both tenants of the shipped spec, provisioned."""
    with drifting.provisioned(shipped, tmp_path_factory.mktemp("journals")) as found:
        yield found


@pytest.mark.parametrize("name", drifting.names())
def test_drift_is_found_and_nothing_else(name: str, project: Provisioned) -> None:
    case = drifting.case(name)
    project.restore()
    for change in case["changes"]:
        project.change(change)
    assert drifting.lines(project.verify()) == sorted(case["found"])


def test_there_are_enough_kinds_of_drift_and_each_rule_has_one() -> None:
    cases = [drifting.case(name) for name in drifting.names()]
    assert len(cases) >= LEAST_KINDS
    assert {line.split(" ")[0] for case in cases for line in case["found"]} == set(CLOUD_RULES)


@pytest.mark.slow
def test_a_clean_project_has_no_finding_in_whatever_order_its_sets_come(project: Provisioned) -> None:
    for seed in range(SEEDS):
        project.restore(seed)
        report = project.verify()
        assert report.findings == ()
        assert report.count("matches") > 150
        assert report.count("differs") == report.count("not deployed") == 0


def test_what_the_api_never_gives_back_is_not_taken_for_fine(project: Provisioned) -> None:
    project.restore()
    unread = [check for check in project.verify("acme").checks if check.outcome == "unreadable"]
    assert sorted(check.attribute for check in unread) == ["delegation", "ssh_keys", "ssh_keys", "ssh_keys"]
    for change in drifting.case("server-user-data-unknown")["changes"]:
        project.change(change)
    unread = [check for check in project.verify("acme").checks if check.outcome == "unreadable"]
    assert [check.subject for check in unread if check.attribute == "user_data"] == ["server tenant-acme-worker-1"]


def test_each_kind_is_listed_once_however_many_tenants_there_are(project: Provisioned) -> None:
    project.restore()
    counts = []
    for tenants in ((), ("acme",)):
        before = len(project.cloud.calls)
        project.verify(*tenants)
        calls = project.cloud.calls[before:]
        assert {call.method for call in calls} == {"GET"}
        assert not any("label_selector" in call.query for call in calls)
        assert len({call.path for call in calls}) == len(calls)
        counts.append(len(calls))
    assert counts == [14, 14]


def test_one_tenants_drift_is_not_anothers(project: Provisioned) -> None:
    project.restore()
    for change in drifting.case("server-stopped")["changes"]:
        project.change(change)
    assert project.verify("globex").findings == ()
    assert len(project.verify("acme").findings) == 1


def test_a_finding_leads_to_the_line_of_the_spec(project: Provisioned) -> None:
    project.restore()
    for change in drifting.case("server-type-other")["changes"]:
        project.change(change)
    (finding,) = project.verify().findings
    assert finding.location is not None
    assert finding.location.line == project.spec.at("topology.online.roles.worker.server_type").line


def test_of_a_tenant_that_is_gone_nothing_may_be_left(project: Provisioned) -> None:
    project.restore()
    files = dict(read_spec_files(DATA))
    text = files["tenants.yaml"]
    files["tenants.yaml"] = text.replace("octet: 2, state: ACTIVE", "octet: 2, state: DEPROVISIONED")
    spec, _ = load_spec(files)
    assert spec and files["tenants.yaml"] != text
    for change in drifting.case("certificate-ended")["changes"]:
        project.change({**change, "body": {**change["body"], "labels": GLOBEX}} if "body" in change else change)
    gone = Provisioned(spec, project.cloud, project.clean)
    found = gone.verify().findings
    assert {finding.rule for finding in found} == {"PLB972", "PLB977"}
    objects = desired_state(spec, "online", "globex")["objects"]
    assert len(found) == len([want for want in objects if want["kind"] != "ssh_key"]) + 2


def test_a_known_tenants_address_is_not_taken_for_another_tenants() -> None:
    """`tenant-big-corp-…` begins with what the address of a tenant `big` would begin with."""
    files = dict(read_spec_files(DATA))
    files["tenants.yaml"] = files["tenants.yaml"].replace("  acme:", "  big-corp:")
    spec, _ = load_spec(files)
    assert spec
    for name, known in (("tenant-big-corp-db-1", True), ("tenant-big-db-1", False), ("tenant-big-x-1", True)):
        address = CloudObject("primary_ip", {"name": name, "labels": {}, "ip": "192.0.2.1", "assignee_id": None})
        snapshot = Snapshot((address,))
        assert (list(leftovers(spec, "online", snapshot)) == []) is known, name


def test_addresses_in_another_spelling_are_no_drift(tmp_path: Path) -> None:
    """IPv6 in capitals and with zeros, several peers out of order, servers that are protected and not spread."""
    files = dict(read_spec_files(DATA))
    text = files["topology/online.yaml"]
    for old, new in {
        "peers: [{template: \"{{ address_of('bastion') }}\"}]}": 'peers: ["2001:DB8:0:0::/32", 203.0.113.0/24, 198.51.100.0/24]}',
        "spread_servers: true": "spread_servers: false",
        "protected: [network, volume]": "protected: [network, volume, server]",
        "type: A, ttl_s: 300, target: control, address: api-gateway": "type: AAAA, ttl_s: 60, target: control, address: six",
        "  addresses:": '  addresses:\n    six: "2001:DB8:0::10/128"',
    }.items():
        assert old in text
        text = text.replace(old, new)
    spec, findings = load_spec({**files, "topology/online.yaml": text})
    assert spec, findings
    with drifting.provisioned(spec, tmp_path) as project:
        for seed in range(5):
            project.restore(seed)
            assert project.verify().findings == ()
