"""A tenant goes whole or not at all, and the others go on; nodes that are taken by one roll-out are not changed by another."""

import re
import signal
import time
from pathlib import Path

import pytest

from tests.fleet.folders import FolderFleet

pytestmark = pytest.mark.slow
NODES = [("acme", "gateway"), ("globex", "db"), ("globex", "gateway"), ("umbra", "gateway")]


@pytest.fixture
def fleet(tmp_path: Path) -> FolderFleet:
    """Three tenants on whose nodes nothing runs yet, and release 1.0; acme is the canary."""
    return FolderFleet(tmp_path, NODES)


def reached(fleet: FolderFleet) -> set[str]:
    """Nodes that run the release."""
    return {name for name, runs in fleet.running().items() if runs}


def test_a_lost_node_leaves_out_its_tenant_and_no_other(fleet: FolderFleet) -> None:
    fleet.lose("globex", "db")
    code, said = fleet.roll_out()
    assert code == 2, said
    assert reached(fleet) == {"acme-gateway", "umbra-gateway"}, said
    assert "Left out, and unchanged: globex: globex-db does not answer." in " ".join(said.split()), said
    assert fleet.calls("globex", "gateway") == ["compose version"]
    assert fleet.locks() == {}
    fleet.find("globex", "db")
    code, said = fleet.roll_out()
    assert (code, set(fleet.running().values())) == (0, {"1.0"}), said


def test_without_a_canary_nobody_goes(fleet: FolderFleet) -> None:
    fleet.lose("acme", "gateway")
    code, said = fleet.roll_out()
    assert (code, reached(fleet), fleet.locks()) == (2, set(), {}), said
    assert "none of the canaries (acme) can go first. acme-gateway does not answer" in " ".join(said.split()), said


@pytest.mark.parametrize(
    ("limit", "goes", "code"),
    [
        ("globex-gateway", set(), 2),
        ("globex-gateway:umbra-gateway", {"umbra-gateway"}, 2),
        ("tenant_globex", {"globex-db", "globex-gateway"}, 0),
        ("role_gateway", {"acme-gateway", "umbra-gateway"}, 2),
    ],
)
def test_a_limit_cuts_no_tenant_in_two(fleet: FolderFleet, limit: str, goes: set[str], code: int) -> None:
    ended, said = fleet.roll_out("--limit", limit)
    assert (ended, reached(fleet), fleet.locks()) == (code, goes, {}), said
    assert code == 0 or "is not among the nodes that --limit names" in " ".join(said.split()), said


def test_a_stage_that_loses_its_only_node_lets_the_others_go(tmp_path: Path) -> None:
    fleet = FolderFleet(tmp_path, [("acme", "gateway"), ("globex", "gateway"), ("umbra", "gateway")])
    fleet.lose("acme", "gateway", after="compose --profile")
    code, said = fleet.roll_out()
    assert code in (2, 4), said
    assert set(fleet.running().values()) == {""}
    assert set(fleet.locks()) == {"acme-gateway/roll-out.lock"}, said


def test_a_stage_that_stops_is_the_last_and_holds_nothing(fleet: FolderFleet) -> None:
    (fleet.folder / "nodes/globex-gateway/sick").write_text("1.0")
    code, said = fleet.roll_out()
    assert (code, reached(fleet), fleet.locks()) == (2, {"acme-gateway"}, {}), said
    assert "Stopped: not every node of this stage came through" in said


def test_a_second_roll_out_refuses_and_names_the_first(fleet: FolderFleet) -> None:
    first = fleet.start()
    try:
        until_held(fleet, len(NODES))
        held = fleet.locks()
        # by its effect: it takes no node, lets none go, and changes nothing
        code, said = fleet.roll_out("--limit", "tenant_umbra")
        words = " ".join(said.split())
        (holder,) = set(held.values())
        assert code == 2 and f"another roll-out holds nodes ({holder})" in words, said
        assert f"process {first.pid}," in holder
        run = holder.split()[1].strip(",")
        assert f"ansible-playbook unlock.yaml -e run={run}" in words
        code, said = fleet.roll_out("--extra-vars", f"run={run}", playbook="unlock.yaml")
        assert code == 2 and "is at work on this host" in said, said
    finally:
        said, _ = first.communicate(timeout=900)
    assert (first.returncode, set(fleet.running().values()), fleet.locks()) == (0, {"1.0"}, {}), said


def test_what_a_killed_roll_out_holds_is_let_go_by_its_id(fleet: FolderFleet) -> None:
    first = fleet.start()
    until_held(fleet, len(NODES))
    first.send_signal(signal.SIGKILL)
    first.communicate(timeout=60)
    (holder,) = set(fleet.locks().values())
    code, said = fleet.roll_out()
    assert code == 2 and holder in " ".join(said.split()), said
    code, said = fleet.roll_out("--extra-vars", "run=0123456789abcdef", playbook="unlock.yaml")
    assert (code, len(fleet.locks())) == (2, len(NODES)) and "No node that answers is held by" in said, said
    run = re.findall("run ([0-9a-f]{16}),", holder)[0]
    code, said = fleet.roll_out("--extra-vars", f"run={run}", playbook="unlock.yaml")
    assert (code, fleet.locks()) == (0, {}), said
    code, said = fleet.roll_out()
    assert (code, set(fleet.running().values()), fleet.locks()) == (0, {"1.0"}, {}), said


def until_held(fleet: FolderFleet, nodes: int) -> None:
    """A minute at most."""
    for _ in range(1200):
        if len([name for name in fleet.locks() if name.endswith("/roll-out.lock")]) == nodes:
            return
        time.sleep(0.05)
    raise AssertionError(f"held: {fleet.locks()}")
