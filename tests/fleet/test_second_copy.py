"""A roll-out to a node with a real engine: its services change behind a second copy, and clients without pause lose no request."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.bundle.answering_releases import AnsweringReleases, installed, left, load, memory
from tests.bundle.host import SealedHost
from tests.fleet.test_generated import BIN, FOLDER

pytestmark = pytest.mark.live


def roll_out(host: SealedHost, files: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """The committed tasks of a stage, on the host itself."""
    folder.mkdir()
    shutil.copytree(FOLDER / "tasks", folder / "tasks")
    shutil.copytree(files, folder / "files" / "host")
    (folder / "files" / "acme" / "cloud-init").mkdir(parents=True)
    shutil.copy(FOLDER.parent / "acme/cloud-init/worker.yaml", folder / "files/acme/cloud-init/host.yaml")
    # the host's own files are delivered to a folder, and its services are not those of a node
    (folder / "bin").mkdir()
    shutil.copy("/bin/true", folder / "bin" / "systemctl")
    (folder / "files" / "acme" / "host.env").write_text((host.home / ".env").read_text())
    variables = yaml.safe_load((FOLDER / "group_vars" / "all.yaml").read_text()) | {
        "ansible_connection": "local",
        "ansible_become": False,
        "ansible_python_interpreter": sys.executable,
        "home": str(host.home),
        "node_root": str(folder / "root"),
        "first_boot_end": "/bin/true",
        "artifacts": str(folder / "files"),
        "role_order": [["host"]],
        "project": "host",
        "node_role": "host",
        "tenant": "acme",
        "private_address": "127.0.0.1",
        "reached": "nothing",
        "drained": [],
        "jobs": [],
        "health_urls": ["http://127.0.0.1:8000/", "http://127.0.0.1:8001/"],
    }
    del variables["ansible_user"]
    (folder / "nodes.json").write_text(json.dumps({"all": {"hosts": {"one": {}}, "vars": variables}}))
    stage = {"crew": ["one"], "earlier": []}
    play = [{"hosts": "all", "gather_facts": False, "vars": stage, "tasks": [{"import_tasks": "tasks/stage.yaml"}]}]
    (folder / "play.yaml").write_text(yaml.safe_dump(play))
    path = f"{folder}/bin:{host.environment['PATH']}"
    ansible = {
        "PATH": path,
        "ANSIBLE_HOME": str(folder / ".ansible"),
        "ANSIBLE_REMOTE_TMP": str(folder / ".ansible/tmp"),
    }
    call = [BIN / "ansible-playbook", "--inventory", folder / "nodes.json", folder / "play.yaml"]
    return host.run(*call, **ansible, ANSIBLE_NOCOLOR="1", LC_ALL="C.UTF-8")


def test_no_request_is_lost(answering: AnsweringReleases, tmp_path: Path) -> None:
    with installed(answering) as host:
        for release, limit in (("1.1", "72"), ("1.0", "64")):
            with load(host) as seen:
                done = roll_out(host, answering.files / release, tmp_path / release)
            print("ROLLED OUT", release, seen["asked"], len(seen["failed"]))
            assert done.returncode == 0, done.stdout + done.stderr
            assert seen["failed"] == [], (host.home / "roll-out.log").read_text()
            assert len(seen["asked"]) == 11 and all(count > 10 for count in seen["asked"].values())
            assert (memory(host, "web"), memory(host, "api"), left(host)) == (limit, limit, [])
