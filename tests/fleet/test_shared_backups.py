"""Every backup that is generated is brought by some play; that of a shared node by its own, which puts back what was there."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from generators.backup.scripts import BackupGenerator
from generators.rollout.playbook import RollOutGenerator
from generators.rollout.shared import INVENTORY, PLAYBOOK
from plumbline.spec.loading import load_spec
from plumbline.spec.spec import Spec
from plumbline.spec.spec_files import read_spec_files
from tests.fleet.folders import FolderFleet
from tests.fleet.test_generated import ROOT

ADDRESS = "192.0.2.10"


@pytest.fixture(scope="module")
def spec() -> Spec:
    """The spec that ships."""
    loaded, findings = load_spec(read_spec_files(ROOT / "data"))
    assert loaded is not None, findings
    return loaded


_INSTALL = """#!/bin/sh
echo "0 install VERSION $*" >> "$NODE/calls"
[ ! -e "$NODE/full" ] || [ VERSION != "$(cat "$NODE/full")" ]
"""


def brought(spec: Spec) -> Iterator[str]:
    """Folders whose backups the plays bring: that of each group of a roll-out that is in a stage, and of each shared node."""
    made = {
        each.path: yaml.safe_load(each.content) for each in RollOutGenerator().generate(spec) if _is_data(each.path)
    }
    for path, data in made.items():
        folder = path.partition("/ansible/")[0]
        plays = made.get(path.rpartition("/")[0] + f"/{PLAYBOOK}", [])
        if "/group_vars/role_" in path:
            name = path.rpartition("/role_")[2].removesuffix(".yaml")
            order = made[path.rpartition("/")[0] + "/all.yaml"]["role_order"]
            if name in {role.replace("-", "_") for roles in order for role in roles}:
                yield f"{folder}/{data['project']}"
        elif path.endswith(f"/{INVENTORY}"):
            for group, each in data.items():
                if group in {play["hosts"] for play in plays}:
                    yield from (f"{folder}/{host['project']}" for host in each["hosts"].values())


def _is_data(path: str) -> bool:
    return path.endswith((".yaml", ".yml")) and "/tasks/" not in path


def test_every_backup_that_is_generated_is_brought(spec: Spec) -> None:
    made = {each.path.rpartition("/backup/")[0] for each in BackupGenerator().generate(spec)}
    assert made and made <= set(brought(spec))
    assert any(spec.topology["online"].roles[each.rpartition("/")[2]].scope == "shared" for each in made)


def test_the_shared_node_encrypts_to_keys_that_it_does_not_have(spec: Spec) -> None:
    script = (ROOT / "deploy/online/control/backup/backup.sh").read_text()
    assert all(f"--recipient {each}" in script for each in spec.backups.recipients.values())
    assert "AGE-SECRET-KEY" not in script and "--identity" not in script
    assert list((ROOT / "deploy/online/control/backup/units").glob("*.timer"))


class SharedNode(FolderFleet):
    """The control node, as a folder, at the address that the spec has."""

    def __init__(self, folder: Path):
        super().__init__(folder, [])
        self.node = folder / "nodes" / ADDRESS
        self.at = self.node / "home"
        (self.at / "secrets").mkdir(parents=True)
        (self.at / "compose.yaml").write_text("# runs\n")
        for name in ("backup_access_key", "backup_secret_key"):
            (self.at / "secrets" / name).write_text(name)

    def bring(self, version: str) -> tuple[int, list[str], str]:
        """Exit code, what was put in place, what Ansible says."""
        scripts = self.project / "control/backup"
        scripts.mkdir(parents=True, exist_ok=True)
        (scripts / "install.sh").write_text(_INSTALL.replace("VERSION", version))
        (self.node / "calls").write_text("")
        code, said = self.roll_out(
            *("--inventory", str(self.project / "ansible" / INVENTORY)),
            playbook=PLAYBOOK,
            home=str(self.at),
            ansible_become=False,
            ansible_user="root",
            ansible_python_interpreter=sys.executable,
        )
        lines = (self.node / "calls").read_text().splitlines()
        return code, [line.partition(" ")[2].strip() for line in lines if " install " in line], said

    def has(self) -> str:
        """The scripts that its timers call."""
        return (self.at / "backup/install.sh").read_text()


@pytest.fixture
def control(tmp_path: Path) -> SharedNode:
    """With the backups of release 1.0."""
    found = SharedNode(tmp_path)
    code, installs, said = found.bring("1.0")
    assert (code, installs, found.locks()) == (0, ["install 1.0"], {}), said
    return found


@pytest.mark.slow
def test_it_is_brought_once_and_again_where_it_changes(control: SharedNode) -> None:
    code, installs, said = control.bring("1.0")
    assert (code, installs, "changed=0" in said) == (0, [], True), said
    code, installs, said = control.bring("1.1")
    assert (code, installs, (control.at / "compose.yaml").read_text()) == (0, ["install 1.1"], "# runs\n"), said


@pytest.mark.slow
def test_one_that_can_not_be_put_in_place_leaves_what_was_there(control: SharedNode) -> None:
    (control.node / "full").write_text("1.1")
    code, installs, said = control.bring("1.1")
    assert (code, installs, control.locks()) == (2, ["install 1.1", "install 1.0"], {}), said
    assert "1.0" in control.has() and "keeps the backups that it had" in said


@pytest.mark.slow
def test_without_the_keys_of_the_destination_nothing_changes(control: SharedNode) -> None:
    (control.at / "secrets/backup_secret_key").unlink()
    code, installs, said = control.bring("1.1")
    assert (code, installs, control.locks()) == (2, [], {}), said
    assert "secrets/backup_secret_key is missing" in " ".join(said.split()) and "1.0" in control.has()


@pytest.mark.slow
def test_a_node_that_another_run_holds_or_nobody_reaches_is_an_error(control: SharedNode) -> None:
    (control.at / "roll-out.lock").mkdir()
    (control.at / "roll-out.lock/holder").write_text("run 0123456789abcdef, by ops@bastion, process 7, since then\n")
    code, installs, said = control.bring("1.1")
    assert code == 2 and not installs and "-e run=0123456789abcdef" in " ".join(said.split()), said
    (control.at / "roll-out.lock/holder").unlink()
    (control.at / "roll-out.lock").rmdir()
    (control.node / "lost").write_text("")
    code, installs, said = control.bring("1.1")
    assert code and not installs, said
