"""What provisioning never does: renames, strangers, half-made objects, other people's locks, changed projects."""

from pathlib import Path
from typing import Any

import pytest

from plumbline.provisioning.calls import Failed, Lacking, Misused, Refused, connect
from plumbline.provisioning.firewall_rules import opens_wider
from plumbline.provisioning.guard import BY_WORD, Effect, check_words
from plumbline.provisioning.journal import ProvisionJournal
from plumbline.provisioning.plan import read_plan, write_plan
from tests.cloud.cloud import client, desired, ids, names, project, run_of
from tests.cloud.test_provision import changed, marks, without
from tests.fake_hcloud import ApiFault

pytestmark = pytest.mark.slow

DB, DATA, NET = "tenant-acme-db-1", "tenant-acme-data", "tenant-acme-private"


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """Where a test's journal is."""
    return tmp_path / "journal"


def named(cloud: Any, kind: str, name: str) -> dict[str, Any]:
    """An object of the fake by name."""
    found: dict[str, Any] = next(it for it in cloud.objects(kind).values() if it["name"] == name)
    return found


def provisioned(cloud: Any, journal: Path) -> dict[str, set[int]]:
    """Provision acme; the ids of what there is."""
    assert run_of(cloud, desired(), journal).apply() == []
    return ids(cloud)


@pytest.mark.parametrize(
    ("kind", "name"), [("servers", DB), ("volumes", DATA), ("networks", NET), ("firewalls", "tenant-acme-fw")]
)
def test_what_was_renamed_is_renamed_back_and_nothing_else_is_done(kind: str, name: str, journal: Path) -> None:
    with project() as cloud:
        before = provisioned(cloud, journal)
        named(cloud, kind, name)["name"] = "elsewhere"
        (step,) = run_of(cloud, desired(), journal).plan()
        assert (step.mark, step.what.split(" (#")[0]) == ("~", "rename elsewhere")
        assert run_of(cloud, desired(), journal).apply() == []
        assert named(cloud, kind, name)
        assert ids(cloud) == before


def test_objects_of_an_older_version_are_adopted_by_their_names(journal: Path) -> None:
    with project() as cloud:
        before = provisioned(cloud, journal)
        for kind in before:
            for it in cloud.objects(kind).values():
                it["labels"] = {key: value for key, value in it["labels"].items() if key != "plumbline_object"}
        assert {step.what for step in run_of(cloud, desired(), journal).plan()} >= {f"mark as {DATA}"}
        assert run_of(cloud, desired(), journal).apply() == []
        assert ids(cloud) == before


def test_two_that_claim_to_be_one_are_named_and_left_alone(journal: Path) -> None:
    with project() as cloud:
        before = provisioned(cloud, journal)
        volume = named(cloud, "volumes", DATA)
        client(cloud).volumes.create(size=10, name="copy", location=_nbg1(), labels=volume["labels"])
        with pytest.raises(Refused, match=rf"#{volume['id']} \(tenant-acme-data\) and #\d+ \(copy\) both claim"):
            run_of(cloud, desired(), journal).apply()
        assert before["volumes"] < ids(cloud)["volumes"]


def test_a_volume_that_first_boot_was_not_told_is_an_error_that_names_both(journal: Path) -> None:
    with project() as cloud:
        provisioned(cloud, journal)
        old = named(cloud, "volumes", DATA)["id"]
        cloud.remove("volumes", old)
        with pytest.raises(Refused, match=f"{DB} was given volume #{old}, which is gone"):
            run_of(cloud, desired(), journal).apply()
        assert not cloud.objects("volumes")
        (left,) = run_of(cloud, desired(), journal, [DATA]).apply()
        (new,) = cloud.objects("volumes")
        assert left.mark == "!"
        assert f"its first boot was given volume #{old}, but {DATA} is #{new}" in left.what


def test_a_strangers_volume_server_and_load_balancer_are_never_torn_away(journal: Path) -> None:
    with project() as cloud:
        before = provisioned(cloud, journal)
        scratch = client(cloud).volumes.create(size=10, name="scratch", location=_nbg1()).volume
        cloud.finish_actions()
        client(cloud).volumes.attach(scratch, client(cloud).servers.get_by_name(DB), automount=False)
        cloud.finish_actions()
        kept = run_of(cloud, desired(), journal, [DATA, NET]).destroy()
        assert f"volume #{scratch.id}, which is not this tenant's, is on it" in kept[0].what
        assert {step.name for step in kept} >= {DB, NET, "tenant-acme-fw"}
        assert named(cloud, "servers", DB)["id"] in before["servers"]
        assert cloud.objects("volumes")[scratch.id]["server"] == named(cloud, "servers", DB)["id"]


def test_a_destroy_keeps_a_group_that_a_stranger_is_in_and_needs_no_zone(journal: Path) -> None:
    with project() as cloud:
        provisioned(cloud, journal)
        named(cloud, "servers", DB)["labels"] = {}
        (zone,) = cloud.objects("zones")
        cloud.remove("zones", zone)
        kept = run_of(cloud, desired(), journal, [DATA, NET]).destroy()
        assert {step.name for step in kept} == {"tenant-acme-spread", "tenant-acme-fw", NET, DATA}
        assert list(cloud.objects("servers").values()) == [named(cloud, "servers", DB)]
        assert named(cloud, "servers", DB)["placement_group"]
        with pytest.raises(Failed, match="no DNS zone"):
            run_of(cloud, desired(), journal).plan()


def test_a_destroy_with_another_projects_token_is_no_success(journal: Path) -> None:
    with project() as ours, project() as other:
        provisioned(ours, journal)
        for zone in list(other.objects("zones")):
            other.remove("zones", zone)
        with pytest.raises(Refused, match=r"SSH key admin, zone .*right project"):
            run_of(other, desired(), journal, [DATA, NET]).destroy()
        assert run_of(ours, desired(), journal, [DATA, NET]).destroy() == []
        # once more, when only what stays is left: nothing to do
        assert run_of(ours, desired(), journal, [DATA, NET]).destroy() == []


def test_a_server_whose_creation_failed_is_half_made_and_replaced_by_word(journal: Path) -> None:
    with project() as cloud:
        cloud.inject(ApiFault("action_error", method="POST", path="^/servers$"))
        with pytest.raises(Failed, match="is half created"):
            run_of(cloud, desired(), journal).apply()
        (half,) = cloud.objects("servers")
        name = cloud.objects("servers")[half]["name"]
        steps = run_of(cloud, desired(), journal).plan()
        assert [step.mark for step in steps if step.name == name] == ["!"]
        run_of(cloud, desired(), journal).apply()
        assert cloud.objects("servers")[half]["status"] == "off"
        assert run_of(cloud, desired(), journal, [name]).apply() == []
        assert half not in cloud.objects("servers")


def test_a_replacement_that_cannot_be_had_leaves_the_old_one_running(journal: Path) -> None:
    other = changed(desired(), DB, user_data="#cloud-config\npackages: [jq]\n")
    with project() as cloud:
        before = provisioned(cloud, journal)
        cloud.inject(ApiFault("before", method="POST", path="^/servers$", code="resource_limit_exceeded", times=9))
        with pytest.raises(Failed, match="limit reached"):
            run_of(cloud, other, journal, [DB]).apply()
        server = named(cloud, "servers", DB)
        assert (server["status"], ids(cloud)) == ("running", before)
        assert "plumbline_leaving" not in server["labels"]


def test_what_the_spec_protects_stays_though_somebody_lifted_it(journal: Path) -> None:
    with project() as cloud:
        provisioned(cloud, journal)
        named(cloud, "networks", NET)["protection"]["delete"] = False
        kept = run_of(cloud, desired(), journal).destroy()
        assert {step.name for step in kept} == {DATA, NET}
        assert named(cloud, "networks", NET)


def test_the_lock_keeps_another_away_says_who_and_is_broken_by_word(journal: Path) -> None:
    with project() as cloud:
        run = run_of(cloud, desired(), journal)
        with run.lock.hold("apply"):
            with pytest.raises(Refused, match=r"locked by .+ since \d{8}T\d{6}Z for apply .+ unlock --tenant acme"):
                run_of(cloud, desired(), journal).apply()
            assert list(names(cloud)) == ["placement_groups tenant-acme-lock"]
            assert "locked by" in run_of(cloud, desired(), journal).unlock()
        assert not names(cloud)
        provisioned(cloud, journal)
        assert "placement_groups tenant-acme-lock" not in names(cloud)


@pytest.mark.parametrize("mode", ["after", "timeout"])
def test_a_lock_whose_answer_was_lost_is_ours(mode: Any, journal: Path) -> None:
    with project() as cloud:
        cloud.inject(ApiFault(mode, method="POST", path="^/placement_groups$"))
        provisioned(cloud, journal)
        assert "placement_groups tenant-acme-lock" not in names(cloud)


def test_a_saved_plan_is_done_exactly_or_refused(journal: Path, tmp_path: Path) -> None:
    with project() as cloud:
        run = run_of(cloud, desired(), journal)
        write_plan(tmp_path / "plan", [run.plan_data(run.plan())])
        saved = read_plan(tmp_path / "plan")["acme"]
        again = run_of(cloud, desired(), journal)
        assert again.apply(again.check(saved)) == []
        with pytest.raises(Refused, match="changed since the plan"):
            run_of(cloud, desired(), journal).check(saved)
        run = run_of(cloud, without(desired(), "tenant-acme-worker-1"), journal)
        write_plan(tmp_path / "plan", [run.plan_data(run.plan())])
        saved = read_plan(tmp_path / "plan")["acme"]
        with pytest.raises(Refused, match="another desired state"):
            run_of(cloud, desired(), journal).check(saved)
        assert run.check(saved) == saved["steps"]
        with pytest.raises(Misused, match="is not a plan"):
            read_plan(journal)


@pytest.mark.parametrize("state", ["PENDING", "FAILED", "DEPROVISIONING", "DEPROVISIONED"])
def test_nothing_is_bought_for_a_tenant_that_is_not_to_be_there(state: str, journal: Path) -> None:
    with project() as cloud:
        gone = {**desired(), "state": state}
        assert run_of(cloud, gone, journal).plan() == []
        with pytest.raises(Refused, match=state):
            run_of(cloud, gone, journal).apply()
        assert not names(cloud)
        provisioned(cloud, journal)
        steps = run_of(cloud, gone, journal).plan()
        assert {mark.split()[0] for mark in marks(steps)} == {"!"}
        assert len(steps) == 8


@pytest.mark.parametrize("status", ["migrating", "unknown", "rebuilding", "deleting", "hovering"])
def test_what_cannot_be_read_is_said_and_not_changed(status: str, journal: Path) -> None:
    with project() as cloud:
        provisioned(cloud, journal)
        server = named(cloud, "servers", DB)
        server["status"], server["image"] = status, None
        named(cloud, "firewalls", "tenant-acme-fw")["rules"][0]["source_ips"] = ["192.0.2.10/32"]
        run = run_of(cloud, desired(), journal)
        assert run.plan() == []
        assert any(f"status {status}" in note for note in run.notes)
        assert any("image" in note for note in run.notes)
        assert run.apply() == []


def test_causes_are_told_apart(journal: Path) -> None:
    gone = changed(desired(), DB, types=["cx22"])
    with project() as cloud:
        (step,) = [step for step in run_of(cloud, gone, journal).plan() if step.name == DB]
        assert step.what.startswith("withdrawn in nbg1: cx22")
        for it in list(cloud.objects("server_types").values()):
            cloud.sold_out(it["name"])
        assert "location is down or full" in run_of(cloud, desired(), journal).plan()[5].what


def test_a_slip_in_a_name_is_an_error() -> None:
    with pytest.raises(Misused, match="did you mean tenant-acme-data"):
        check_words(["tenant-acme-dta"], [DATA, NET])
    assert BY_WORD["apply"] == frozenset(Effect)


def test_rules_that_open_wider_are_found() -> None:
    def rule(peers: list[str], port: str = "22", direction: str = "in") -> dict[str, Any]:
        return {"direction": direction, "protocol": "tcp", "port": port, "peers": peers, "description": ""}

    out = rule(["192.0.2.0/24"], "443", "out")
    narrow, wide = [rule(["192.0.2.20/32"]), out], [rule(["192.0.2.0/24"], "20-25"), out]
    assert opens_wider(wide, narrow) == []
    assert opens_wider(narrow, wide) == ["in tcp 20-25 192.0.2.0/24"]
    assert "out udp 0.0.0.0/0" in opens_wider(narrow, narrow[:1]), "no rule for it lets everything out"


def test_the_token_is_never_sent_in_clear() -> None:
    with pytest.raises(Misused, match="in clear"):
        connect("token", "http://192.0.2.1/v1")
    assert connect("token", "http://127.0.0.1:1/v1")._client._session.trust_env is False


def test_a_journal_that_cannot_be_written_stops_before_anything_is_done(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with project() as cloud:
        with pytest.raises(Lacking, match="cannot be written"):
            run_of(cloud, desired(), tmp_path / "file/journal").apply()
        assert not names(cloud)
    said: list[str] = []
    journal = ProvisionJournal(tmp_path, said.append)
    journal.write("create", name="x")
    assert any('"name": "x"' in line for line in said), "a line that cannot be written is said"


def _nbg1() -> Any:
    from hcloud.locations import Location

    return Location(name="nbg1")
