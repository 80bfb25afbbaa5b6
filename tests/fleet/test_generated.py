"""What is generated for Ansible, without a node: order of roles, options of the inventory plugin, stages of a larger fleet."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from generators.rollout.playbook import RollOutGenerator
from generators.rollout.role_order import circles, role_order
from plumbline.spec.loading import load_spec
from plumbline.spec.spec import Spec
from plumbline.spec.spec_files import read_spec_files

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy/online/ansible"
BIN = Path(sys.executable).parent
OPTIONS = {
    *("plugin", "api_token", "api_endpoint", "group", "connect_with", "locations", "types", "images", "label_selector"),
    *("network", "status", "hostvars_prefix", "hostvars_suffix", "hostname"),
    # those of every plugin that composes
    *("strict", "compose", "groups", "keyed_groups", "use_extra_vars", "leading_separator"),
    *("cache", "cache_plugin", "cache_timeout", "cache_connection", "cache_prefix"),
}
"""Options of the inventory plugin hetzner.hcloud.hcloud 6.12.0, as its documentation has them."""


@pytest.fixture(scope="module")
def spec() -> Spec:
    """The spec that ships."""
    loaded, findings = load_spec(read_spec_files(ROOT / "data"))
    assert loaded is not None, findings
    return loaded


def made(spec: Spec, path: str) -> Any:
    """A generated file as data."""
    return next(
        yaml.safe_load(each.content) for each in RollOutGenerator().generate(spec) if each.path.endswith(f"/{path}")
    )


def test_stores_before_workers_before_the_entry(spec: Spec) -> None:
    assert role_order(spec, "online") == [["db", "db-heavy"], ["worker"], ["gateway"]]
    assert circles(spec, "online") == []


def test_the_inventory_has_options_that_the_plugin_knows(spec: Spec) -> None:
    inventory = made(spec, "inventory.hcloud.yml")
    assert set(inventory) <= OPTIONS
    assert inventory["label_selector"] == "managed_by=plumbline,tenant_id,environment=production,!plumbline_leaving"
    assert "HCLOUD_TOKEN" not in inventory and "api_token" not in inventory


def test_a_variant_gets_what_its_role_gets(spec: Spec) -> None:
    assert made(spec, "group_vars/role_db_heavy.yaml") == made(spec, "group_vars/role_db.yaml")
    assert made(spec, "group_vars/role_db.yaml")["jobs"] == [{"name": "migrate", "needs": ["postgres"]}]


def test_health_is_asked_at_what_a_node_publishes(spec: Spec) -> None:
    assert made(spec, "group_vars/role_gateway.yaml")["health_urls"] == ["http://{{ private_address }}:443/health"]


def test_ansible_reads_the_playbook(tmp_path: Path) -> None:
    """`--syntax-check` reads every file that is imported; those that are included when it runs are read by live tests."""
    done = _ansible("ansible-playbook", "--syntax-check", "--inventory", "node,", "roll-out.yaml", home=tmp_path)
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_six_tenants_go_in_four_stages(tmp_path: Path) -> None:
    """One canary; then of the five others, by name: 20 % are one, 60 % are three, all are five."""
    tenants = ["acme", "one", "two", "three", "four", "five"]
    (tmp_path / "docker").write_text("#!/bin/sh\n")
    (tmp_path / "docker").chmod(0o755)
    for tenant in tenants:
        (tmp_path / "files" / tenant).mkdir(parents=True)
        (tmp_path / "files" / tenant / "gateway.env").touch()
    (tmp_path / "files" / "gateway").mkdir()
    (tmp_path / "files" / "gateway" / "compose.yaml").touch()
    common = {
        "ansible_connection": "local",
        "ansible_become": False,
        "ansible_python_interpreter": sys.executable,
        "artifacts": str(tmp_path / "files"),
        "canaries": ["acme"],
        "batches_percent": [20, 60, 100],
        "project": "gateway",
        "node_role": "gateway",
        "private_address": "127.0.0.1",
    }
    hosts = {tenant: {"tenant": tenant, "home": str(tmp_path / "homes" / tenant)} for tenant in tenants}
    (tmp_path / "nodes.json").write_text(json.dumps({"all": {"hosts": hosts, "vars": common}}))
    groups = {"content": "{{ groups | to_json }}", "dest": str(tmp_path / "groups.json")}
    tasks = [{"import_tasks": f"{FOLDER}/tasks/before.yaml"}, {"copy": groups, "run_once": True}]
    play = [{"hosts": "all", "gather_facts": False, "tasks": tasks}]
    (tmp_path / "play.yaml").write_text(yaml.safe_dump(play))
    done = _ansible("ansible-playbook", "--inventory", f"{tmp_path}/nodes.json", f"{tmp_path}/play.yaml", home=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads((tmp_path / "groups.json").read_text())
    assert {name: sorted(nodes) for name, nodes in found.items() if name.startswith("stage_")} == {
        "stage_0": ["acme"],
        "stage_1": ["five"],
        "stage_2": ["four", "one"],
        "stage_3": ["three", "two"],
    }


def _ansible(program: str, *arguments: str, home: Path) -> "subprocess.CompletedProcess[str]":
    """Run a program of Ansible's; what it keeps goes to `home`, and programs there come first."""
    kept = {"ANSIBLE_HOME": str(home / ".ansible"), "ANSIBLE_REMOTE_TMP": str(home / ".ansible" / "tmp")}
    environment = {**os.environ, **kept, "PATH": f"{home}:{os.environ['PATH']}", "ANSIBLE_NOCOLOR": "1"}
    return subprocess.run(
        [str(BIN / program), *arguments],
        cwd=FOLDER,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_a_port_of_a_node_s_own_address_is_known_by_the_address_that_the_node_has(tmp_path: Path) -> None:
    shutil.copy(FOLDER.parent / "db" / "release.json", tmp_path)
    (tmp_path / ".env").write_text("TENANT=acme\nPRIVATE_ADDRESS=10.0.1.7\n")
    ask = f". {FOLDER}/tasks/facts.sh; . {FOLDER}/tasks/second_copy.sh; home={tmp_path}; copy_ports node-metrics"
    done = subprocess.run(["sh", "-euc", ask], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["10.0.1.7:12346:12346"]
