"""What a roll-out delivers is no reason for a new server: two labels, what a plan says, and when a delivery is recorded."""

from pathlib import Path
from typing import Any

import pytest

from generators.cloud.first_boot import VOLUME_ID
from plumbline.provisioning.calls import Refused
from plumbline.provisioning.deliveries import record_deliveries
from plumbline.provisioning.first_boot import first_boot_hash, node_files_hash, split_user_data, whole_hash
from plumbline.provisioning.labels import NODE_FILES, USER_DATA
from proofs.cloud_faults import ALL
from tests.cloud.cloud import desired, ids, project, run_of

pytestmark = pytest.mark.slow
DB = "tenant-acme-db-1"
SERVERS = [want["name"] for want in desired()["objects"] if want["kind"] == "server"]


def with_text(state: dict[str, Any], old: str, new: str) -> dict[str, Any]:
    """A desired state whose servers' user data has another text."""
    objects = [
        {**want, USER_DATA: want[USER_DATA].replace(old, new)} if USER_DATA in want else want
        for want in state["objects"]
    ]
    assert objects != state["objects"]
    return {**state, "objects": objects}


def of_db(state: dict[str, Any]) -> str:
    """The user data of the database's node."""
    return str(next(want[USER_DATA] for want in state["objects"] if want["name"] == DB))


def labels(cloud: Any, name: str = DB) -> dict[str, str]:
    """The labels of a server, to read and to write."""
    found: dict[str, str] = next(each["labels"] for each in cloud.objects("servers").values() if each["name"] == name)
    return found


OTHER_FILES = with_text(desired(), "MaxAuthTries 3", "MaxAuthTries 4")
OTHER_BOOT = with_text(desired(), "  - nftables\n", "  - nftables\n  - jq\n")


def test_what_a_roll_out_delivers_has_nothing_of_volume_users_and_packages() -> None:
    kept, delivered = split_user_data(of_db(desired()))
    assert {"docpipe-firewall.service", "docpipe-stack", "10-docpipe.conf"} <= set(delivered.replace("/", "\n").split())
    assert VOLUME_ID not in delivered and VOLUME_ID in kept
    for word in (
        "users:",
        "packages:",
        "sbin/docpipe-volume",
        "path: /etc/systemd/system/var-lib-docker-volumes",
        "runcmd:",
    ):
        assert word in kept and word not in delivered, word
    assert kept.count("write_files:") == 1


def test_other_node_files_are_said_replace_nothing_and_leave_apply_content(tmp_path: Path) -> None:
    with project() as cloud:
        run_of(cloud, desired(), tmp_path / "j").apply()
        before, told = ids(cloud), dict(labels(cloud))
        run = run_of(cloud, OTHER_FILES, tmp_path / "j")
        assert run.apply() == []
        said = "its node files differ from the spec: the next roll-out delivers them, and nothing is replaced"
        assert run.notes == [f"server {name}: {said}" for name in SERVERS]
        # nothing was delivered, so nothing says that it was
        assert (ids(cloud), labels(cloud)) == (before, told)


def test_what_only_a_new_server_gets_still_means_a_new_server(tmp_path: Path) -> None:
    with project() as cloud:
        run_of(cloud, desired(), tmp_path / "j").apply()
        left = run_of(cloud, OTHER_BOOT, tmp_path / "j").apply()
        assert [(step.mark, step.name, step.replaces) for step in left] == [("!", name, True) for name in SERVERS]
        assert all(step.what.startswith("replace, for first boot;") for step in left)


def test_a_delivery_is_recorded_for_the_servers_that_say_they_have_it(tmp_path: Path) -> None:
    hash = node_files_hash(of_db(OTHER_FILES))
    with project() as cloud:
        run_of(cloud, desired(), tmp_path / "j").apply()
        labels(cloud)["more"] = "by-hand"
        assert record_deliveries(run_of(cloud, OTHER_FILES, tmp_path / "j"), {DB: hash}) == [DB]
        assert labels(cloud)[NODE_FILES] == hash and labels(cloud)["more"] == "by-hand"
        assert labels(cloud)[USER_DATA] == first_boot_hash(of_db(desired()))
        run = run_of(cloud, OTHER_FILES, tmp_path / "j")
        run.plan()
        assert [note.partition(":")[0] for note in run.notes] == [f"server {name}" for name in SERVERS if name != DB]
        calls = len(cloud.changing_calls())
        assert record_deliveries(run_of(cloud, OTHER_FILES, tmp_path / "j"), {DB: hash}) == []
        assert len(cloud.changing_calls()) == calls
        assert not cloud.objects("placement_groups").keys() - ids(cloud)["placement_groups"]


@pytest.mark.parametrize(
    ("name", "hash", "says"),
    [
        (DB, node_files_hash(of_db(desired())), "has node files of another spec: roll out from this one first"),
        ("tenant-globex-db-1", node_files_hash(of_db(OTHER_FILES)), "is not one of tenant acme"),
    ],
)
def test_what_was_not_delivered_is_not_recorded(tmp_path: Path, name: str, hash: str, says: str) -> None:
    with project() as cloud:
        run_of(cloud, desired(), tmp_path / "j").apply()
        calls = len(cloud.changing_calls())
        with pytest.raises(Refused, match=says):
            record_deliveries(run_of(cloud, OTHER_FILES, tmp_path / "j"), {name: hash})
        assert len(cloud.changing_calls()) == calls


def made_before_the_two(cloud: Any, journal: Path) -> None:
    """A tenant whose servers have one label, of all of first boot."""
    run_of(cloud, desired(), journal).apply()
    for want in desired()["objects"]:
        if want["kind"] == "server":
            own = labels(cloud, want["name"])
            own[USER_DATA] = whole_hash(want[USER_DATA])
            del own[NODE_FILES]


def test_a_server_of_one_label_gets_two_where_it_is_as_desired(tmp_path: Path) -> None:
    with project() as cloud:
        made_before_the_two(cloud, tmp_path / "j")
        before = ids(cloud)
        steps = run_of(cloud, desired(), tmp_path / "j").plan()
        assert [(step.mark, step.what) for step in steps] == [("~", "label first boot and node files apart")] * 3
        assert run_of(cloud, desired(), tmp_path / "j").apply() == []
        assert labels(cloud)[USER_DATA] == first_boot_hash(of_db(desired()))
        assert labels(cloud)[NODE_FILES] == node_files_hash(of_db(desired()))
        assert ids(cloud) == before
        assert run_of(cloud, OTHER_FILES, tmp_path / "j").apply() == []


def test_a_server_of_one_label_that_differs_is_left_until_somebody_says_which(tmp_path: Path) -> None:
    with project() as cloud:
        made_before_the_two(cloud, tmp_path / "j")
        steps = run_of(cloud, OTHER_FILES, tmp_path / "j").apply()
        assert {step.mark for step in steps} == {"!"}
        assert all("apply once from the spec that it was made from" in step.what for step in steps)
        with pytest.raises(Refused, match="apply once from the spec that it was made from"):
            record_deliveries(run_of(cloud, OTHER_FILES, tmp_path / "j"), {DB: node_files_hash(of_db(OTHER_FILES))})
        assert run_of(cloud, desired(), tmp_path / "j").apply() == []
        assert run_of(cloud, OTHER_FILES, tmp_path / "j").apply() == []


def test_node_files_whose_label_is_gone_are_delivered_again(tmp_path: Path) -> None:
    with project() as cloud:
        run_of(cloud, desired(), tmp_path / "j").apply()
        del labels(cloud)[NODE_FILES]
        run = run_of(cloud, desired(), tmp_path / "j")
        assert run.plan() == []
        assert run.notes[0].startswith(f"server {DB}: its node files are unknown, because its label")
        hash = node_files_hash(of_db(desired()))
        assert record_deliveries(run, {DB: hash}) == [DB]
        run_of(cloud, desired(), tmp_path / "j", ALL).destroy()
