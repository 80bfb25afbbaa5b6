"""The stage's tasks on one node whose engine is a stub: service by service, in the order of needs, and put back whole."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from generators.release_facts import text_of
from schema.release import ReleaseFacts
from tests.fleet.test_generated import BIN, FOLDER
from tests.update.facts import release, service

pytestmark = pytest.mark.slow
HERE = Path(__file__).parent
OLD, NEW = "0" * 64, "1" * 64
_PROVISION = """
import os, sys
open(os.environ["NODE"] + "/recorded", "a").write(" ".join(sys.argv[1:]) + "\\n")
"""
"""In the place of provisioning: writes down how it was called."""
UP = "compose up --detach --wait --wait-timeout 30 --no-deps"


class OneNode:
    """It, and the release that is rolled out to it."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.home = folder / "home"
        shutil.copytree(FOLDER / "tasks", folder / "tasks")
        (folder / "bin").mkdir()
        shutil.copy(HERE / "node" / "docker", folder / "bin" / "docker")
        (folder / "bin" / "docker").chmod(0o755)
        self.root = folder / "root"
        self.user_data = (FOLDER.parent / "acme/cloud-init/worker.yaml").read_text()
        for name in ("systemctl", "docpipe-first-boot"):
            stub = folder / "bin" / name
            stub.write_text(f'#!/bin/sh\necho "$(basename "$0") $*" >> {folder}/told\n')
            stub.chmod(0o755)
        common = yaml.safe_load((FOLDER / "group_vars" / "all.yaml").read_text())
        self.variables: dict[str, Any] = common | {
            "ansible_connection": "local",
            "ansible_become": False,
            "ansible_python_interpreter": sys.executable,
            "home": str(self.home),
            "node_root": str(self.root),
            "first_boot_end": "docpipe-first-boot",
            "artifacts": str(folder / "files"),
            "health_timeout_s": 30,
            "role_order": [["shop"]],
            "project": "shop",
            "node_role": "shop",
            "tenant": "acme",
            "private_address": "127.0.0.1",
            "reached": "nothing",
            "drained": ["worker"],
            "jobs": [{"name": "migrate", "needs": ["store"]}],
            "health_urls": [],
        }
        del self.variables["ansible_user"]
        stage = {"crew": ["one"], "earlier": []}
        play = [{"hosts": "all", "gather_facts": False, "vars": stage, "tasks": [{"import_tasks": "tasks/stage.yaml"}]}]
        (folder / "play.yaml").write_text(yaml.safe_dump(play))

    def roll_out(self, facts: ReleaseFacts, config: dict[str, str] | None = None) -> tuple[int, list[str], str]:
        """Exit code, what the engine was asked to do, and what Ansible says."""
        files = self.folder / "files"
        shutil.rmtree(files, ignore_errors=True)
        (files / "acme/cloud-init").mkdir(parents=True)
        (files / "acme/cloud-init/shop.yaml").write_text(self.user_data)
        (files / "provision.py").write_text(_PROVISION)
        (self.folder / "nodes.json").write_text(json.dumps({"all": {"hosts": {"one": {}}, "vars": self.variables}}))
        (files / "acme" / "shop.env").write_text("TENANT=acme\n")
        for name, text in {
            "compose.yaml": f"# {facts.version}\n",
            "release.json": text_of(facts),
            **(config or {}),
        }.items():
            (files / "shop" / name).parent.mkdir(parents=True, exist_ok=True)
            (files / "shop" / name).write_text(text)
        for kept in ("calls", "told", "recorded"):
            (self.folder / kept).write_text("")
        done = subprocess.run(
            [str(BIN / "ansible-playbook"), "--inventory", f"{self.folder}/nodes.json", f"{self.folder}/play.yaml"],
            env={
                **os.environ,
                "PATH": f"{self.folder}/bin:{os.environ['PATH']}",
                "NODE": str(self.folder),
                "ANSIBLE_HOME": str(self.folder / ".ansible"),
                "ANSIBLE_REMOTE_TMP": str(self.folder / ".ansible" / "tmp"),
                "ANSIBLE_NOCOLOR": "1",
            },
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        calls = [line.partition(" ")[2] for line in (self.folder / "calls").read_text().splitlines()]
        does = (" up ", " stop ", " run ", " down ", "rm ")
        return (
            done.returncode,
            [call for call in calls if any(word in f" {call} " for word in does)],
            done.stdout + done.stderr,
        )

    def told(self) -> list[str]:
        """What the system was told when node files were delivered, in the last roll-out."""
        return [line.strip() for line in (self.folder / "told").read_text().splitlines()]

    def recorded(self) -> list[str]:
        """What provisioning was asked to record, in the last roll-out."""
        return (self.folder / "recorded").read_text().splitlines()


def shop(version: str, changed: tuple[str, ...] = (), **fields: Any) -> ReleaseFacts:
    """A store with the job that owns its volume, a worker that is drained, an entry, a migration."""
    parts: dict[str, dict[str, Any]] = {
        "owner": {"kind": "job", "health": False},
        "store": {"needs": ("owner",), "volumes": ("data",)},
        "migrate": {"kind": "job", "called": True, "health": False, "needs": ("store",), "profiles": ("job",)},
        "worker": {"needs": ("store",), "drained": True},
        "web": {"needs": ("worker",)},
        "extra": {"profiles": ("more",)},
    }
    services = {name: service(**({"entry": NEW if name in changed else OLD} | each)) for name, each in parts.items()}
    return release(services, version=version, sealed=False, **fields)


@pytest.fixture
def node(tmp_path: Path) -> OneNode:
    """With release 1.0."""
    found = OneNode(tmp_path)
    code, calls, said = found.roll_out(shop("1.0"))
    assert code == 0, said
    assert calls[-3:] == [f"{UP} store", f"{UP} worker", f"{UP} web"], calls
    return found


def test_only_what_changed_is_made_anew_in_the_order_of_needs(node: OneNode) -> None:
    code, calls, said = node.roll_out(shop("1.1", ("web", "worker")))
    assert code == 0, said
    migrate = "compose run --rm --no-deps -T migrate"
    assert calls == ["compose stop worker", migrate, f"{UP} worker", f"{UP} web"]
    again = node.roll_out(shop("1.1", ("web", "worker")))
    assert (again[0], again[1], "changed=0" in again[2]) == (0, [], True), again[2]


def test_a_node_without_room_for_the_planned_copy_says_so(node: OneNode) -> None:
    facts = shop("1.1", ("web",))
    web = facts.services["web"].model_copy(update={"second_copy": (), "memory_mib": 2**30})
    code, calls, said = node.roll_out(facts.model_copy(update={"services": {**facts.services, "web": web}}))
    assert (code, calls[-1]) == (0, f"{UP} web"), said
    assert "warning: web is made anew in place" in said, said


def test_a_configuration_file_makes_its_service_anew(node: OneNode) -> None:
    code, calls, said = node.roll_out(shop("1.1"), {"config/web/a.conf": "b"})
    assert (code, calls[1:]) == (0, [f"{UP} --force-recreate web"]), said


def test_a_node_that_does_not_come_through_is_put_back(node: OneNode) -> None:
    (node.folder / "sick").write_text("1.1")
    code, calls, said = node.roll_out(shop("1.1", ("web", "worker")))
    assert code == 2 and "Stopped: not every node of this stage came through" in said, said
    assert calls[2:] == [f"{UP} worker", f"{UP} worker", f"{UP} web"]
    assert json.loads((node.home / "release.json").read_text())["version"] == "1.0"
    (node.folder / "sick").unlink()
    assert node.roll_out(shop("1.1", ("web", "worker")))[0] == 0


def test_what_is_gone_is_removed(node: OneNode) -> None:
    facts = shop("1.1")
    facts = facts.model_copy(
        update={"services": {name: each for name, each in facts.services.items() if name != "web"}}
    )
    code, calls, said = node.roll_out(facts)
    assert (code, calls[1:]) == (0, ["stop web", "rm web"]), said


def test_a_network_that_changes_stops_all(node: OneNode) -> None:
    node.roll_out(shop("1.1", networks={"main": OLD}))
    code, calls, said = node.roll_out(shop("1.2", networks={"main": NEW}))
    assert code == 0, said
    needed, migrate = "compose up --detach --wait --wait-timeout 30 store", "compose run --rm --no-deps -T migrate"
    assert calls == ["compose down", needed, migrate, f"{UP} worker", f"{UP} web"]
