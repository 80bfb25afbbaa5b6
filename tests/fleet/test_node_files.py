"""The program that delivers the node's own files, and the roll-out's tasks with it, on a folder that stands for a node."""

import json
import os
import subprocess
import sys
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any

import pytest

from generators.rollout import node_files as program
from plumbline.provisioning.first_boot import DELIVERED_FROM, DELIVERED_TO, node_files_hash
from tests.fleet.test_generated import ROOT
from tests.fleet.test_one_node import OneNode, shop

pytestmark = pytest.mark.slow
ACME = ROOT / "deploy/online/acme/cloud-init"
NFT, UNIT = "/etc/docpipe/private-network.nft", "/etc/systemd/system/docpipe-firewall.service"
SSHD = "/etc/ssh/sshd_config.d/10-docpipe.conf"


class StandingFiles:
    """A root that has what first boot wrote; `systemctl` and what first boot ends with write down that they were called."""

    def __init__(self, folder: Path, user_data: Path = ACME / "gateway.yaml"):
        self.root, self.calls, self.bin = folder / "root", folder / "calls", folder / "bin"
        self.packed = json.loads(b64decode(program.pack(str(user_data))))
        for file in self.packed["files"]:
            self.at(file["path"]).parent.mkdir(parents=True, exist_ok=True)
            self.at(file["path"]).write_text(file["text"])
            self.at(file["path"]).chmod(file["mode"])
        self.bin.mkdir()
        for name in ("systemctl", "finish"):
            stub = self.bin / name
            stub.write_text(f'#!/bin/sh\necho "{name} $*" >> {self.calls}\n! grep -q REFUSED {self.root}{NFT}\n')
            stub.chmod(0o755)
        self.calls.write_text("")

    def at(self, path: str) -> Path:
        """A path on the node."""
        return self.root / path.lstrip("/")

    def edited(self, path: str, old: str, new: str) -> None:
        """Change a file of the delivery, and with it the hash."""
        (file,) = [each for each in self.packed["files"] if each["path"] == path]
        assert old in file["text"]
        file["text"] = file["text"].replace(old, new)
        self.packed["hash"] = f"{new.strip()}".ljust(32, "0")[:32]

    def call(self, verb: str) -> tuple[int, str, str]:
        """Exit code, what it says, and what it did."""
        words = [str(self.root)]
        words += [] if verb == "compare" else ["/etc/docpipe"]
        words += [] if verb in ("compare", "settle") else [str(self.bin / "finish"), "docpipe-firewall.service"]
        done = subprocess.run(
            [sys.executable, program.__file__, verb, *words],
            input=b64encode(json.dumps(self.packed).encode()).decode(),
            env={**os.environ, "PATH": f"{self.bin}:{os.environ['PATH']}"},
            capture_output=True,
            text=True,
            check=False,
        )
        calls = self.calls.read_text()
        self.calls.write_text("")
        return done.returncode, done.stdout.strip(), calls


DONE = "finish \nsystemctl reload-or-restart docpipe-firewall.service\n"


@pytest.fixture
def node(tmp_path: Path) -> StandingFiles:
    """As first boot left it."""
    return StandingFiles(tmp_path)


def test_the_part_and_its_hash_are_those_of_the_label() -> None:
    assert (program.FROM, program.TO) == (DELIVERED_FROM, DELIVERED_TO)
    for file in ACME.glob("*.yaml"):
        packed: dict[str, Any] = json.loads(b64decode(program.pack(str(file))))
        assert packed["hash"] == node_files_hash(file.read_text())
        assert {NFT, UNIT, SSHD, "/usr/local/sbin/docpipe-stack"} <= {each["path"] for each in packed["files"]}


def test_a_node_as_first_boot_left_it_is_the_same(node: StandingFiles) -> None:
    assert node.call("compare") == (0, f"same {node.packed['hash']}", "")


def test_what_differs_is_delivered_and_the_system_told(node: StandingFiles) -> None:
    node.edited(NFT, "accept", "accept # new")
    node.at(UNIT).chmod(0o600)
    inode = node.at(SSHD).stat().st_ino
    assert node.call("compare")[1].startswith("differs")
    assert node.call("deliver") == (0, f"delivered {node.packed['hash']}", DONE)
    assert "accept # new" in node.at(NFT).read_text() and program.mode_of(node.at(UNIT)) == 0o644
    # what is the same is not written anew
    assert node.at(SSHD).stat().st_ino == inode
    assert node.call("compare")[1].startswith("same")
    assert json.loads(node.at("/etc/docpipe/node-files").read_text())["hash"] == node.packed["hash"]


def test_what_the_system_refuses_is_put_back_and_not_recorded(node: StandingFiles) -> None:
    before = node.at(NFT).read_text()
    node.edited(NFT, "accept", "REFUSED")
    code, said, calls = node.call("deliver")
    assert (code, said, calls.count("finish")) == (1, "", 2)
    assert node.at(NFT).read_text() == before
    assert not node.at("/etc/docpipe/node-files").exists()


def test_what_first_boot_wrote_goes_when_the_spec_has_it_no_more_and_nothing_else(node: StandingFiles) -> None:
    (first_boot,) = [each for each in node.packed["files"] if each["path"].endswith("-first-boot")]
    (line,) = [line for line in first_boot["text"].splitlines() if "node-files" in line and "printf" in line]
    script = line.replace("/etc/docpipe/node-files", str(node.at("/etc/docpipe/node-files")))
    for _ in range(2):
        subprocess.run(["sh", "-euc", script], check=True)
    paths = json.loads(node.at("/etc/docpipe/node-files").read_text())["paths"]
    assert sorted(paths) == sorted(each["path"] for each in node.packed["files"])
    strange = node.at("/etc/systemd/system/by-hand.service")
    strange.write_text("[Unit]\n")
    node.packed["files"] = [each for each in node.packed["files"] if each["path"] != SSHD]
    assert node.call("deliver")[0] == 0
    assert not node.at(SSHD).exists() and strange.exists()
    assert node.call("back")[1] == "back" and node.at(SSHD).exists()


def test_a_delivery_goes_back_until_it_is_settled(node: StandingFiles) -> None:
    before = node.at(NFT).read_text()
    node.edited(NFT, "accept", "accept # new")
    node.packed["files"].append({"path": "/etc/systemd/system/more.service", "mode": 0o644, "text": "[Unit]\n"})
    node.call("deliver")
    assert node.call("back") == (0, "back", DONE)
    assert node.at(NFT).read_text() == before and not node.at("/etc/systemd/system/more.service").exists()
    assert not node.at("/etc/docpipe/node-files").exists()
    node.call("deliver")
    node.call("settle")
    assert node.call("back") == (0, "nothing to put back", "")
    assert "accept # new" in node.at(NFT).read_text()


def test_a_file_that_is_delivered_no_more_goes(node: StandingFiles) -> None:
    node.packed["files"].append({"path": "/etc/systemd/system/more.service", "mode": 0o644, "text": "[Unit]\n"})
    node.call("deliver")
    node.call("settle")
    node.packed["files"].pop()
    node.edited(NFT, "accept", "accept # new")
    node.call("deliver")
    assert not node.at("/etc/systemd/system/more.service").exists()


@pytest.mark.parametrize("calls_before_the_kill", range(4))
def test_a_delivery_that_is_killed_is_done_by_the_next(node: StandingFiles, calls_before_the_kill: int) -> None:
    before = node.at(NFT).read_text()
    node.edited(NFT, "accept", "accept # new")
    code = (
        f"import os, runpy, sys\nfrom pathlib import Path\nleft = [{calls_before_the_kill}]\nhonest = Path.replace\n"
        "def replace(self, target):\n    left[0] -= 1\n    left[0] >= 0 or os._exit(9)\n    return honest(self, target)\n"
        f"Path.replace = replace\nsys.argv = sys.argv[1:]\nrunpy.run_path({program.__file__!r}, run_name='__main__')\n"
    )
    words = [str(node.root), "/etc/docpipe", str(node.bin / "finish"), "docpipe-firewall.service"]
    subprocess.run(
        [sys.executable, "-c", code, "node_files.py", "deliver", *words],
        input=b64encode(json.dumps(node.packed).encode()).decode(),
        env={**os.environ, "PATH": f"{node.bin}:{os.environ['PATH']}"},
        text=True,
        check=False,
    )
    assert node.at(NFT).read_text() in (before, before.replace("accept", "accept # new"))
    assert node.call("deliver")[0] == 0
    assert "accept # new" in node.at(NFT).read_text()
    node.call("back")
    assert node.at(NFT).read_text() == before


def test_a_roll_out_delivers_node_files_before_services_and_once(tmp_path: Path) -> None:
    node = OneNode(tmp_path)
    node.roll_out(shop("1.0"))
    node.user_data = node.user_data.replace("MaxAuthTries 3", "MaxAuthTries 4")
    code, _, said = node.roll_out(shop("1.0"))
    assert code == 0, said
    assert "MaxAuthTries 4" in (node.root / SSHD[1:]).read_text()
    assert node.told() == ["docpipe-first-boot", "systemctl reload-or-restart docpipe-firewall.service"]
    again = node.roll_out(shop("1.0"))
    assert (again[0], "changed=0" in again[2], node.told()) == (0, True, []), again[2]


def test_a_stage_that_does_not_come_through_puts_node_files_back(tmp_path: Path) -> None:
    node = OneNode(tmp_path)
    node.roll_out(shop("1.0"))
    (node.folder / "sick").write_text("1.1")
    node.user_data = node.user_data.replace("MaxAuthTries 3", "MaxAuthTries 4")
    code, _, said = node.roll_out(shop("1.1", ("web",)))
    assert code == 2 and "Stopped: not every node of this stage came through" in said, said
    assert "MaxAuthTries 3" in (node.root / SSHD[1:]).read_text()
    assert not (node.root / "etc/docpipe/node-files.before").exists()


def test_a_delivery_is_recorded_where_the_inventory_is_the_providers(tmp_path: Path) -> None:
    node = OneNode(tmp_path)
    node.variables["hcloud_labels"] = {}
    code, _, said = node.roll_out(shop("1.0"))
    assert code == 0, said
    assert node.recorded() == [f"--tenant acme record --delivered one={node_files_hash(node.user_data)}"]
    node.variables["hcloud_labels"] = {"plumbline_node_files": node_files_hash(node.user_data)}
    node.roll_out(shop("1.0"))
    assert node.recorded() == []
    node.variables["hcloud_labels"]["plumbline_new"] = "yes"
    node.roll_out(shop("1.0"))
    assert len(node.recorded()) == 1
    (node.folder / "sick").write_text("1.1")
    node.user_data = node.user_data.replace("MaxAuthTries 3", "MaxAuthTries 4")
    assert node.roll_out(shop("1.1", ("web",)))[0] == 2
    assert node.recorded() == []
