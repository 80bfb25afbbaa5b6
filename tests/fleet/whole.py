"""`make fleet`: the real inventory plugin on the fake API, and whole roll-outs over the real docker connection.

Both are in Ansible collections. As a package, those come only inside PyPI's `ansible`, of 51 MB, so this is no part of `make test`.
"""

import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml
from hcloud import Client

from generators.cloud.desired import cloud_tenants, desired_state
from generators.registry import generate
from plumbline.spec.loading import load_spec
from plumbline.spec.spec import Spec
from plumbline.spec.spec_files import read_spec_files
from tests.fake_hcloud import fake_cloud
from tests.fleet.nodes import ROOT, STARTED, fleet, nodes_of

WANTED = ("ansible_collections/hetzner/hcloud/", "ansible_collections/community/docker/")
ROLES = ("db", "worker", "gateway")


@pytest.fixture(scope="session")
def collections(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The collections, unpacked from a wheel that is downloaded and checked by hash."""
    folder = tmp_path_factory.mktemp("collections")
    call = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes", "--only-binary=:all:"]
    # files are taken out and nothing is installed, so the Python that it is for does not matter
    call += ["--python-version", "3.13", "--requirement", str(ROOT / "requirements/collections.txt")]
    subprocess.run([*call, "--dest", str(folder)], check=True)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder, [name for name in archive.namelist() if name.startswith(WANTED)])
    wheel.unlink()
    return folder


def spec_with(tenants: int) -> Spec:
    """The spec that ships, with further tenants up to a number, which are called t3, t4 and so on."""
    texts = dict(read_spec_files(ROOT / "data"))
    data = yaml.safe_load(texts["tenants.yaml"])
    for octet in range(len(data["tenants"]) + 1, tenants + 1):
        data["tenants"][f"t{octet}"] = {"title": f"Tenant {octet}", "octet": octet, "state": "ACTIVE"}
    texts["tenants.yaml"] = yaml.safe_dump(data)
    spec, findings = load_spec(texts)
    assert spec is not None, findings
    return spec


def test_the_inventory_is_what_was_provisioned(collections: Path, tmp_path: Path) -> None:
    spec = spec_with(0)
    with fake_cloud() as cloud:
        Client(cloud.token, api_endpoint=cloud.endpoint).zones.create(name="example.com", mode="primary")
        environment = {**os.environ, "HCLOUD_TOKEN": cloud.token, "HCLOUD_ENDPOINT": cloud.endpoint}
        for mode, tenant in cloud_tenants(spec):
            script = [sys.executable, str(ROOT / f"deploy/{mode}/provision.py"), "--tenant", tenant]
            subprocess.run([*script, "apply", "--yes"], env=environment, cwd=tmp_path, check=True)
        environment |= {
            "HCLOUD_TOKEN": cloud.read_only_token,
            "ANSIBLE_COLLECTIONS_PATH": str(collections),
            "ANSIBLE_HOME": str(collections),
        }
        done = subprocess.run(
            [str(Path(sys.executable).parent / "ansible-inventory"), "--list"],
            cwd=ROOT / "deploy/online/ansible",
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    # what comes from the API is marked, so that nobody there can have a template evaluated here
    found = json.loads(done.stdout, object_hook=lambda each: each.get("__ansible_unsafe", each))
    seen = {
        name: (each["tenant"], each["node_role"], each["private_address"], each["project"], each["ansible_user"])
        for name, each in found["_meta"]["hostvars"].items()
    }
    assert seen == {
        each["name"]: (tenant, each["role"], each["address"], each["role"], "ops")
        for mode, tenant in cloud_tenants(spec)
        for each in desired_state(spec, mode, tenant)["objects"]
        if each["kind"] == "server"
    }
    assert sorted(found["tenant_acme"]["hosts"]) == sorted(name for name, each in seen.items() if each[0] == "acme")
    assert {f"role_{role}" for role in ROLES} | {"tenant_globex", "environment_production"} <= found.keys()


@pytest.mark.live
def test_two_tenants_over_the_docker_connection(lab: dict[str, str], collections: Path, tmp_path: Path) -> None:
    nodes = [(tenant, role) for tenant in ("acme", "globex") for role in ROLES]
    with fleet(tmp_path, nodes, collections=collections) as standing:
        first = standing.roll_out()
        assert first.code == 0, first.text
        assert nodes_of(standing.calls(STARTED)) == nodes
        again = standing.roll_out()
        assert (again.code, again.changed) == (0, 0), again.text


@pytest.mark.live
def test_six_tenants_in_batches_of_which_one_fails(lab: dict[str, str], collections: Path, tmp_path: Path) -> None:
    """Of acme and five others the order is acme; globex; t3 and t4; t5 and t6. t4 fails: t3 goes back with it, the last two never know."""
    artifacts = {each.path: each.content for each in generate(spec_with(6)) if each.path.startswith("deploy/online/")}
    tenants = ["acme", "globex", "t3", "t4", "t5", "t6"]
    with fleet(tmp_path, [(tenant, "gateway") for tenant in tenants], artifacts, collections=collections) as standing:
        first = standing.roll_out()
        assert first.code == 0, first.text
        started = list(dict.fromkeys(tenant for tenant, _, _ in standing.calls(STARTED)))
        assert [started[:1], started[1:2], sorted(started[2:4]), sorted(started[4:])] == [
            ["acme"],
            ["globex"],
            ["t3", "t4"],
            ["t5", "t6"],
        ]
        standing.forget_calls()
        standing.release("release two", "gateway")
        standing.inside("t4", "gateway", "echo 'release two' > /node/sick")
        second = standing.roll_out()
        assert second.code == 2, second.text
        runs = {tenant: "release two" in standing.compose_file(tenant, "gateway") for tenant in tenants}
        assert runs == {"acme": True, "globex": True, "t3": False, "t4": False, "t5": False, "t6": False}
        untouched = {call for tenant, _, call in standing.calls(" ") if tenant in ("t5", "t6")}
        assert untouched == {"compose version"}


@pytest.mark.live
def test_a_node_that_is_lost_half_way_is_named_and_the_others_are_put_back(lab: dict[str, str], tmp_path: Path) -> None:
    nodes = [("acme", role) for role in ROLES]
    with fleet(tmp_path, nodes) as standing:
        assert standing.roll_out().code == 0
        standing.release("release two", *ROLES)
        standing.inside("acme", "worker", "touch /node/fragile")
        second = standing.roll_out()
        assert "tenant-acme-worker did not come so far" in second.text and second.code, second.text
        for role in ("db", "gateway"):
            assert "release two" not in standing.compose_file("acme", role)
        standing.revive("acme", "worker")
        # it was lost with its lock, which only a person may take from it
        refused = standing.roll_out()
        assert refused.code == 2 and "another roll-out holds nodes" in refused.text, refused.text
        (run,) = set(re.findall("-e run=([0-9a-f]{16})", refused.text))
        assert f"-e run={run}" in second.text
        assert standing.roll_out("--extra-vars", f"run={run}", playbook="unlock.yaml").code == 0
        assert standing.roll_out().code == 0
        assert all("release two" in standing.compose_file(*node) for node in nodes)


@pytest.mark.live
def test_a_lost_node_leaves_out_its_tenant_and_a_limit_cuts_none(
    lab: dict[str, str], collections: Path, tmp_path: Path
) -> None:
    nodes = [(tenant, role) for tenant in ("acme", "globex") for role in ("db", "gateway")]
    with fleet(tmp_path, nodes, collections=collections) as standing:
        first = standing.roll_out()
        assert first.code == 0, first.text
        standing.release("release two", "db", "gateway")
        cut = standing.roll_out("--limit", "tenant-globex-gateway")
        assert cut.code == 2 and "is not among the nodes that --limit names" in " ".join(cut.text.split()), cut.text
        standing.stop("globex", "db")
        second = standing.roll_out()
        assert second.code == 2 and "tenant-globex-db does not answer" in " ".join(second.text.split()), second.text
        runs = {node: "release two" in standing.compose_file(*node) for node in nodes if node != ("globex", "db")}
        assert runs == {("acme", "db"): True, ("acme", "gateway"): True, ("globex", "gateway"): False}
        standing.revive("globex", "db")
        third = standing.roll_out()
        assert third.code == 0, third.text
        assert all("release two" in standing.compose_file(*node) for node in nodes)
