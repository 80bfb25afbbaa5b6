"""Plan, apply, destroy on a fake project: what they make, what they leave alone, what they refuse."""

import json
from pathlib import Path
from typing import Any

import pytest

from plumbline.provisioning.calls import Failed, Refused
from plumbline.provisioning.journal import ProvisionJournal
from plumbline.provisioning.run import ProvisionRun
from proofs.cloud_faults import ALL
from tests.cloud.cloud import client, desired, ids, names, no_pause, project, run_of
from tests.fake_hcloud.faults import ApiFault

pytestmark = pytest.mark.slow


def marks(steps: list[Any]) -> list[str]:
    """Mark, kind and name of each step."""
    return [f"{step.mark} {step.kind} {step.name}" for step in steps]


def without(state: dict[str, Any], *dropped: str) -> dict[str, Any]:
    """A desired state that lacks some objects."""
    return {**state, "objects": [want for want in state["objects"] if want["name"] not in dropped]}


def changed(state: dict[str, Any], name: str, /, **fields: Any) -> dict[str, Any]:
    """A desired state in which an object has other fields."""
    objects = [{**want, **fields} if want["name"] == name else want for want in state["objects"]]
    return {**state, "objects": objects}


def test_apply_makes_all_in_order_and_a_second_one_changes_nothing(tmp_path: Path) -> None:
    with project() as cloud:
        assert marks(run_of(cloud, desired(), tmp_path / "j").plan()) == [
            f"+ {want['kind']} {want['name']}" for want in desired()["objects"]
        ]
        assert run_of(cloud, desired(), tmp_path / "j").apply() == []
        for server in cloud.objects("servers").values():
            assert server["status"] == "running"
        before = len(cloud.changing_calls())
        assert run_of(cloud, desired(), tmp_path / "j").apply() == []
        assert run_of(cloud, desired(), tmp_path / "j").plan() == []
        assert len(cloud.changing_calls()) == before


def test_a_server_has_its_address_firewall_and_volume_before_it_boots(tmp_path: Path) -> None:
    with project() as cloud:
        run_of(cloud, desired(), tmp_path / "j").apply()
        calls = [(call.method, call.path) for call in cloud.changing_calls()]
        switched_on = next(place for place, (_, path) in enumerate(calls) if path.endswith("/poweron"))
        attached = next(place for place, (_, path) in enumerate(calls) if path.endswith("/attach_to_network"))
        assert attached < switched_on
        made = [call for call in cloud.calls if call.method == "POST" and call.path.endswith("/servers")]
        assert all(call.body["start_after_create"] is False and call.body["firewalls"] for call in made)


def test_a_strangers_object_of_the_same_name_is_refused_and_left_alone(tmp_path: Path) -> None:
    with project() as cloud:
        client(cloud).networks.create(name="tenant-acme-private", ip_range="10.9.0.0/16")
        with pytest.raises(Refused, match=r"tenant-acme-private: exists and is not ours \(#\d+\)"):
            run_of(cloud, desired(), tmp_path / "j").apply()
        assert names(cloud) == {"networks tenant-acme-private": 1}


def test_two_tenants_share_the_key_and_nothing_else(tmp_path: Path) -> None:
    with project() as cloud:
        for tenant in ("acme", "globex"):
            assert run_of(cloud, desired(tenant), tmp_path / tenant).apply() == []
        assert len(cloud.objects("ssh_keys")) == 1
        run_of(cloud, desired(), tmp_path / "acme", ALL).destroy()
        assert run_of(cloud, desired("globex"), tmp_path / "globex").plan() == []


def test_a_failure_undoes_nothing_lists_what_is_paid_for_and_goes_on(tmp_path: Path) -> None:
    said: list[str] = []
    with project() as cloud:
        cloud.inject(ApiFault("before", method="POST", path="/zones/.*/rrsets$", code="protected", times=1))
        run = ProvisionRun(client(cloud), desired(), ProvisionJournal(tmp_path / "j"), said.append, (), no_pause)
        with pytest.raises(Failed, match=r"record acme\.pipeline: injected"):
            run.apply()
        before = ids(cloud)
        assert [len(before[kind]) for kind in ("servers", "volumes", "placement_groups")] == [3, 1, 1]
        (volume,) = cloud.objects("volumes")
        (listed,) = [line for line in said if "tenant-acme-data" in line and "a month" in line]
        assert f"(#{volume}), 100 GB: 5.72 a month" in listed
        assert sum("server tenant-acme" in line and "5.49 a month" in line for line in said) == 3
        assert sum("ipv4 198.18." in line for line in said) == 3
        assert "together 23.69 EUR a month, net" in "".join(said)
        assert run_of(cloud, desired(), tmp_path / "j").apply() == []
        assert all(ids(cloud)[kind] == before[kind] for kind in before)


def test_a_volume_is_never_deleted_or_replaced_unless_it_is_named(tmp_path: Path) -> None:
    smaller = changed(desired(), "tenant-acme-data", size_gb=50)
    with project() as cloud:
        run_of(cloud, desired(), tmp_path / "j").apply()
        assert marks(run_of(cloud, smaller, tmp_path / "j").apply()) == ["! volume tenant-acme-data"]
        assert run_of(cloud, desired(), tmp_path / "j").destroy() != []
        assert names(cloud)["volumes tenant-acme-data"] == 1
        assert run_of(cloud, desired(), tmp_path / "j", ALL).destroy() == []
        assert not names(cloud)


def test_a_dearer_type_is_bought_only_by_word_and_never_a_dearer_one_than_planned(tmp_path: Path) -> None:
    servers = [want["name"] for want in desired()["objects"] if want["kind"] == "server"]
    with project() as cloud:
        cloud.sold_out("cx23", "nbg1")
        steps = [step for step in run_of(cloud, desired(), tmp_path / "j").plan() if step.kind == "server"]
        assert {step.what for step in steps} == {"cx23 is sold out; cpx22 is 19.49 a month instead of 5.49"}
        assert {step.mark for step in steps} == {"?"}
        with pytest.raises(Refused, match="--allow tenant-acme-db-1"):
            run_of(cloud, desired(), tmp_path / "j").apply()
        assert not names(cloud)
        assert run_of(cloud, desired(), tmp_path / "j", servers).apply() == []
        assert {each["server_type"]["name"] for each in cloud.objects("servers").values()} == {"cpx22"}
        cloud.sold_out("cpx22", "nbg1")
        with pytest.raises(Refused, match="sold out in nbg1: cx23, cpx22"):
            run_of(cloud, desired("globex"), tmp_path / "g").apply()


def test_other_user_data_means_a_new_server_and_only_by_name(tmp_path: Path) -> None:
    name = "tenant-acme-worker-1"
    other = changed(desired(), name, user_data="#cloud-config\npackages: [jq]\n")
    with project() as cloud:
        run_of(cloud, desired(), tmp_path / "j").apply()
        (step,) = run_of(cloud, other, tmp_path / "j").apply()
        assert step.mark == "!"
        assert step.what == "replace, for first boot; a new cx23 is 5.49 a month at today's price"
        assert step.effects == ("replaces", "stops a server")
        assert run_of(cloud, other, tmp_path / "j", [name]).apply() == []
        assert run_of(cloud, other, tmp_path / "j").plan() == []


def test_a_removed_worker_goes_by_word_and_a_larger_database_node_takes_the_volume(tmp_path: Path) -> None:
    worker, db = "tenant-acme-worker-1", "tenant-acme-db-1"
    with project() as cloud:
        run_of(cloud, desired(), tmp_path / "j").apply()
        (volume,) = cloud.objects("volumes")
        assert marks(run_of(cloud, without(desired(), worker), tmp_path / "j").apply()) == [f"! server {worker}"]
        assert f"servers {worker}" in names(cloud)
        assert run_of(cloud, without(desired(), worker), tmp_path / "j", [worker]).apply() == []
        assert f"servers {worker}" not in names(cloud)
        larger = changed(desired(), db, name="tenant-acme-db-heavy-1", types=["cx33"])
        with pytest.raises(Refused, match=f"--allow {db}"):
            run_of(cloud, larger, tmp_path / "j").apply()
        assert f"servers {db}" in names(cloud)
        assert run_of(cloud, larger, tmp_path / "j", [db]).apply() == []
        assert list(cloud.objects("volumes")) == [volume]
        carrier = cloud.objects("servers")[cloud.objects("volumes")[volume]["server"]]
        assert (carrier["name"], carrier["status"]) == ("tenant-acme-db-heavy-1", "running")
        assert f"servers {db}" not in names(cloud)


def test_the_journal_says_every_step_and_no_secret(tmp_path: Path) -> None:
    with project() as cloud:
        run_of(cloud, desired(), tmp_path / "j").apply()
        text = (tmp_path / "j").read_text()
        steps = [json.loads(line) for line in text.splitlines()]
        assert [step["name"] for step in steps if step["step"] == "created"] == [
            w["name"] for w in desired()["objects"]
        ]
        assert steps[-1]["step"] == "end"
        assert cloud.token not in text
        assert (tmp_path / "j").stat().st_mode & 0o777 == 0o600


def test_a_token_that_may_only_read_plans_and_cannot_apply(tmp_path: Path) -> None:
    with project() as cloud:
        api = client(cloud, read_only=True)
        assert run_of(cloud, desired(), tmp_path / "j", api=api).plan()
        with pytest.raises(Failed, match="token_readonly"):
            run_of(cloud, desired(), tmp_path / "j", api=api).apply()
