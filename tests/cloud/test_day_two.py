"""Runbooks that change a tenant's nodes, followed to the letter on a fake project: what serves goes on serving, or says its pause."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cloud.cloud import desired, project, run_of
from tests.cloud.world import TENANT, World

pytestmark = pytest.mark.slow
WORKER, DB, HEAVY = "tenant-acme-worker-1", "tenant-acme-db-1", "tenant-acme-db-heavy-1"
LARGER = {"db": {"count": 0}, "db-heavy": {"count": 1}}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A tenant that was provisioned, and serves."""
    with project(action_polls=0) as cloud:
        assert run_of(cloud, desired(), tmp_path / "first.jsonl").apply() == []
        made = World(cloud, tmp_path)
        secrets = made.project / ".secrets/tenants" / TENANT
        secrets.mkdir(parents=True)
        (secrets / "key.age").write_text("AGE-SECRET-KEY-")
        (secrets / "secrets.yaml.age").write_text(
            "".join(f"{name}: old-{name}\n" for name in made.spec().secrets.secrets)
        )
        with made.answering():
            for name, server in made.servers().items():
                given = ["sh", "deploy/online/give-secrets.sh", TENANT, server["labels"]["role"], f"ops@{name}"]
                done = _shell(made, given)
                assert done.returncode == 0, done.stderr
            assert isinstance(made._ansible_playbook([], ""), str)
            yield made


def _shell(world: World, words: list[str]) -> Any:
    import subprocess

    return subprocess.run(
        words, cwd=world.project, env=world.environment(), capture_output=True, text=True, check=False
    )


def ids(world: World) -> dict[str, int]:
    """Ids of the tenant's servers by name."""
    return {name: each["id"] for name, each in world.servers().items()}


def deletions(world: World) -> list[str]:
    """Servers that were deleted."""
    return [call.path for call in world.cloud.calls if call.method == "DELETE" and call.path.startswith("/servers/")]


def test_another_worker_takes_work_and_an_undo_takes_it_away(world: World) -> None:
    before, new = ids(world), "tenant-acme-worker-2"
    refused = world.follow("online-scale-out", tenant=TENANT, new=new)
    assert refused.returncode == 1, "the spec has no second worker yet"
    world.change({"worker": {"count": 2}})
    done = world.follow("online-scale-out", tenant=TENANT, new=new)
    assert done.returncode == 0, done.stdout + done.stderr
    assert ids(world).keys() == {*before, new}
    assert world.running[world._key(new)] == set(world.services(new))
    assert deletions(world) == []
    undone = world.follow("online-scale-out", "--undo", "--yes")
    assert undone.returncode == 1 and "lower the count" in undone.stdout + undone.stderr
    world.change({})
    undone = world.follow("online-scale-out", "--undo", "--yes", "--half-done", "undo")
    assert undone.returncode == 0, undone.stdout + undone.stderr
    assert ids(world) == before


def test_a_worker_goes_when_it_has_finished_its_documents(world: World) -> None:
    world.change({"worker": {"count": 2}})
    assert world.follow("online-scale-out", tenant=TENANT, new="tenant-acme-worker-2").returncode == 0
    before = ids(world)
    world.change({})
    done = world.follow("online-scale-in", tenant=TENANT, old="tenant-acme-worker-2")
    assert done.returncode == 0, done.stdout + done.stderr
    assert ids(world) == {name: id for name, id in before.items() if name != "tenant-acme-worker-2"}
    drained = "stop parse-worker,policy-engine,embed-worker on tenant-acme-worker-2"
    assert drained in world.happened


def test_a_worker_that_is_not_the_last_is_not_drained(world: World) -> None:
    world.change({"worker": {"count": 2}})
    assert world.follow("online-scale-out", tenant=TENANT, new="tenant-acme-worker-2").returncode == 0
    world.change({})
    assert world.follow("online-scale-in", tenant=TENANT, old=WORKER).returncode == 1
    assert not [each for each in world.happened if each.startswith("stop")]
    assert deletions(world) == []


def test_stores_move_to_a_larger_node_and_the_old_one_goes_last(world: World) -> None:
    volume = next(iter(world.cloud.objects("volumes")))
    old = ids(world)[DB]
    world.change(LARGER)
    done = world.follow("online-larger-database", tenant=TENANT, old=DB, new=HEAVY)
    assert done.returncode == 0, done.stdout + done.stderr
    assert HEAVY in ids(world) and DB not in ids(world)
    assert world.cloud.objects("volumes")[volume]["server"] == ids(world)[HEAVY]
    assert deletions(world) == [f"/servers/{old}"]
    assert world.runs("db") and world.runs("gateway") and world.runs("worker")
    # the last roll-out came before the deletion, which the plan itself demands
    assert world.happened[-1] == "roll-out"


def test_an_undo_gives_the_stores_back_to_the_old_node(world: World) -> None:
    before = ids(world)
    world.change(LARGER)
    broken = world.cloud.objects("servers")
    world.fails_at_roll_out = True
    failed = world.follow("online-larger-database", tenant=TENANT, old=DB, new=HEAVY)
    assert failed.returncode == 1, failed.stdout
    assert {DB, HEAVY} <= set(ids(world)), "the old one is still there"
    assert broken[before[DB]]["status"] == "off"
    world.fails_at_roll_out = False
    world.change({})
    undone = world.follow("online-larger-database", "--undo", "--yes", "--half-done", "undo")
    assert undone.returncode == 0, undone.stdout + undone.stderr
    assert ids(world) == before
    assert world.has_volume(DB) and world.runs("db") and world.runs("gateway")


@pytest.mark.parametrize(("name", "role"), [(WORKER, "worker"), (DB, "db"), ("tenant-acme-gateway-1", "gateway")])
@pytest.mark.parametrize("gone", [False, True], ids=["broken", "gone"])
def test_a_lost_server_is_replaced(world: World, name: str, role: str, gone: bool) -> None:
    before = ids(world)
    volume = next(iter(world.cloud.objects("volumes")))
    if gone:
        world.cloud.remove("servers", before[name])
    else:
        world.cloud.objects("servers")[before[name]]["dead"] = True
    done = world.follow("online-replace-node", tenant=TENANT, role=role, new=name)
    assert done.returncode == 0, done.stdout + done.stderr
    after = ids(world)
    assert after.keys() == before.keys()
    assert {each for each in before if before[each] != after[each]} == {name}
    assert world.cloud.objects("volumes")[volume]["server"] == after[DB]
    assert world.runs(role)


def secret_on(world: World, name: str, secret: str) -> str:
    """What a node has of a secret."""
    return (world.disk(name) / "opt/docpipe/secrets" / secret).read_text()


def test_a_secret_of_a_store_is_replaced_everywhere_and_put_back(world: World) -> None:
    nodes = [DB, WORKER, "tenant-acme-gateway-1"]
    done = world.follow("online-rotate-secret", tenant=TENANT, secret="redis_password")
    assert done.returncode == 0, done.stdout + done.stderr
    (new,) = {secret_on(world, name, "redis_password") for name in nodes}
    assert len(new) == 32 and new not in done.stdout
    assert secret_on(world, DB, "qdrant_api_key") == "old-qdrant_api_key"
    assert world.happened[1:] == [
        f"restart redis on {DB}",
        f"restart parse-worker,policy-engine,embed-worker on {WORKER}",
        "restart intake-gateway on tenant-acme-gateway-1",
    ]
    assert [each.name for each in (world.project / ".secrets/tenants/acme").iterdir() if "before" in each.name] == []


def test_a_secret_is_put_back_when_a_service_does_not_start_with_it(world: World) -> None:
    world.refuses = "redis"
    failed = world.follow("online-rotate-secret", tenant=TENANT, secret="redis_password")
    assert failed.returncode == 1 and secret_on(world, DB, "redis_password") != "old-redis_password"
    world.refuses = ""
    undone = world.follow("online-rotate-secret", "--undo", "--yes", "--half-done", "undo")
    assert undone.returncode == 0, undone.stdout + undone.stderr
    assert secret_on(world, DB, "redis_password") == "old-redis_password"
    assert world.happened[-1] == f"restart redis on {DB}"


def test_the_password_of_dashboards_changes_without_a_pause_of_stores(world: World) -> None:
    done = world.follow("online-rotate-secret", tenant=TENANT, secret="grafana_admin_password")
    assert done.returncode == 0, done.stdout + done.stderr
    assert world.happened[1] == "restart grafana on tenant-acme-gateway-1"
    assert "reset-admin-password" in world.happened[2]
    assert len(world.happened) == 3


def test_what_a_third_party_issues_has_to_be_there(world: World) -> None:
    failed = world.follow("online-rotate-secret", tenant=TENANT, secret="openrouter_api_key")
    assert failed.returncode == 1 and "OPENROUTER_API_KEY: is issued by OpenRouter" in failed.stdout + failed.stderr
    assert world.happened == ["roll-out"]


def test_an_engine_is_upgraded_node_by_node_and_never_beside_the_stores(world: World) -> None:
    done = world.follow("online-engine-upgrade", tenant=TENANT)
    assert done.returncode == 0, done.stdout + done.stderr
    upgrades = [each for each in world.happened if each.startswith("upgrade")]
    assert upgrades == [f"upgrade {DB}", f"upgrade {WORKER}", "upgrade tenant-acme-gateway-1"]
    assert world.happened.index("stop intake-gateway on tenant-acme-gateway-1") < world.happened.index(upgrades[0])
    again = world.follow("online-engine-upgrade", tenant=TENANT)
    assert again.returncode == 1, "there is nothing to upgrade"
    assert world.happened[-1] == upgrades[-1]


def test_another_bastion_is_let_in_and_the_old_one_no_more(world: World) -> None:
    globex = desired("globex")
    assert run_of(world.cloud, globex, world.folder / "globex.jsonl").apply() == []
    world.change({}, ("192.0.2.20/32", "192.0.2.99/32"))
    done = world.follow("online-lost-bastion")
    assert done.returncode == 0, done.stdout + done.stderr
    peers = {
        peer
        for each in world.cloud.objects("firewalls").values()
        for rule in each["rules"]
        if rule["direction"] == "in"
        for peer in rule["source_ips"]
    }
    assert "192.0.2.99/32" in peers and "192.0.2.20/32" not in peers


def test_a_tenant_comes_back_in_another_location_and_the_old_volume_goes_last(world: World) -> None:
    (old,) = world.cloud.objects("volumes")
    before = ids(world)
    for each in before.values():
        world.cloud.objects("servers")[each]["dead"] = True
    world.change({}, ("location: nbg1", "location: fsn1"))
    waiting = world.follow("online-provider-outage", tenant=TENANT)
    assert waiting.returncode == 1 and "See that each store was restored" in waiting.stderr, (
        waiting.stdout + waiting.stderr
    )
    assert old in world.cloud.objects("volumes") and len(world.cloud.objects("volumes")) == 2
    assert not [path for path in deletions(world) if path.removeprefix("/servers/") in map(str, before.values())]
    world.restored = True
    done = world.follow("online-provider-outage", "--resume", "--yes", "--confirm", TENANT)
    assert done.returncode == 0, done.stdout + done.stderr
    assert old not in world.cloud.objects("volumes")
    (new,) = world.cloud.objects("volumes").values()
    assert new["location"]["name"] == "fsn1" and new["server"] == ids(world)[DB]
    assert not set(ids(world).values()) & set(before.values())
