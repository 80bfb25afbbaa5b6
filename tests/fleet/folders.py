"""A fleet whose nodes are folders of this machine: Ansible reaches them by ssh, and that is a program of ours."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from generators.release_facts import text_of
from tests.fleet.test_generated import BIN, FOLDER
from tests.update.facts import release, service

HERE = Path(__file__).parent
_RUN_SECONDS = 900
_SSH = """#!/bin/sh
while [ $# -gt 0 ]; do
  case $1 in
    -o | -p | -l | -i | -F) shift 2 ;;
    -*) shift ;;
    *) break ;;
  esac
done
[ $# -gt 1 ] || exit 255
NODE=$NODES/$1
shift
export NODE
[ ! -e "$NODE/lost" ] || exit 255
exec sh -c "$*"
"""
_DOCKER = """#!/bin/sh
if [ -e "$NODE/fragile" ]; then
  case $* in *"$(cat "$NODE/fragile")"*) : > "$NODE/lost" ;; esac
fi
exec sh ENGINE "$@"
"""


class FolderFleet:
    """Nodes by (tenant, role), and the project folder that is rolled out to them."""

    def __init__(self, folder: Path, nodes: list[tuple[str, str]]):
        self.folder, self.nodes = folder, nodes
        self.project = folder / "project"
        shutil.copytree(FOLDER, self.project / "ansible")
        (folder / "bin").mkdir()
        engine = _DOCKER.replace("ENGINE", str(HERE / "node/docker"))
        for name, text in (("ssh", _SSH), ("docker", engine), ("systemctl", "#!/bin/sh\n")):
            (folder / "bin" / name).write_text(text)
            (folder / "bin" / name).chmod(0o755)
        groups: dict[str, dict[str, dict[str, None]]] = {}
        hosts = {}
        for tenant, role in nodes:
            name = f"{tenant}-{role}"
            (folder / "nodes" / name).mkdir(parents=True)
            hosts[name] = {
                "ansible_host": name,
                "ansible_become": False,
                "ansible_python_interpreter": sys.executable,
                "home": str(self.home(tenant, role)),
                "node_root": str(folder / "nodes" / name / "root"),
                "first_boot_end": "true",
                "tenant": tenant,
                "node_role": role,
                "private_address": "127.0.0.1",
            }
            for group in (f"role_{role}", f"tenant_{tenant}"):
                groups.setdefault(group, {"hosts": {}})["hosts"][name] = None
            (self.project / tenant / "cloud-init").mkdir(parents=True, exist_ok=True)
            shutil.copy(
                FOLDER.parent / "acme/cloud-init/worker.yaml", self.project / tenant / f"cloud-init/{role}.yaml"
            )
            (self.project / tenant / f"{role}.env").write_text(f"TENANT={tenant}\n")
        (folder / "nodes.json").write_text(json.dumps({"all": {"hosts": hosts, "children": groups}}))
        self.release("1.0")

    def home(self, tenant: str, role: str) -> Path:
        """Folder of the project on a node."""
        return self.folder / "nodes" / f"{tenant}-{role}" / "home"

    def release(self, version: str) -> None:
        """A release to roll out; each differs from every other in its web service."""
        entry = f"{int(version.replace('.', '')):064d}"
        for role in {role for _, role in self.nodes}:
            (self.project / role).mkdir(exist_ok=True)
            (self.project / role / "compose.yaml").write_text(f"# {version}\n")
            facts = release({"web": service(entry=entry)}, version=version, sealed=False)
            (self.project / role / "release.json").write_text(text_of(facts))

    def start(self, *options: str, playbook: str = "roll-out.yaml", **given: object) -> "subprocess.Popen[str]":
        """A playbook at work, with further variables."""
        call = [str(BIN / "ansible-playbook"), "--inventory", str(self.folder / "nodes.json")]
        given = {"health_urls": [], "jobs": [], "drained": [], "health_timeout_s": 30, **given}
        return subprocess.Popen(
            [*call, "--extra-vars", json.dumps(given), *options, playbook],
            cwd=self.project / "ansible",
            env={
                **os.environ,
                "PATH": f"{self.folder}/bin:{BIN}:{os.environ['PATH']}",
                "NODES": str(self.folder / "nodes"),
                "ANSIBLE_SSH_EXECUTABLE": str(self.folder / "bin/ssh"),
                "ANSIBLE_HOME": str(self.folder / ".ansible"),
                "ANSIBLE_REMOTE_TMP": str(self.folder / ".ansible" / "tmp"),
                "ANSIBLE_NOCOLOR": "1",
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def roll_out(self, *options: str, playbook: str = "roll-out.yaml", **given: object) -> tuple[int, str]:
        """Exit code of a playbook, and what it says."""
        run = self.start(*options, playbook=playbook, **given)
        said, _ = run.communicate(timeout=_RUN_SECONDS)
        return run.returncode, said

    def lose(self, tenant: str, role: str, after: str | None = None) -> None:
        """The node is not reached; or not after a call of its engine that holds some words."""
        node = self.folder / "nodes" / f"{tenant}-{role}"
        (node / "lost" if after is None else node / "fragile").write_text(after or "")

    def find(self, tenant: str, role: str) -> None:
        """It is reached again."""
        (self.folder / "nodes" / f"{tenant}-{role}" / "lost").unlink()

    def running(self) -> dict[str, str]:
        """What each node runs, by its name; nothing where nothing was rolled out."""
        files = {f"{tenant}-{role}": self.home(tenant, role) / "compose.yaml" for tenant, role in self.nodes}
        return {name: file.read_text()[2:].strip() if file.exists() else "" for name, file in files.items()}

    def calls(self, tenant: str, role: str) -> list[str]:
        """What a node's engine was asked."""
        file = self.folder / "nodes" / f"{tenant}-{role}" / "calls"
        return [line.partition(" ")[2] for line in file.read_text().splitlines()] if file.exists() else []

    def locks(self) -> dict[str, str]:
        """Who holds each node that is held; also what a run left beside a lock."""
        found = {}
        for each in sorted((self.folder / "nodes").glob("*/home/roll-out.lock*")):
            # a run at work may take or leave it at this moment
            with contextlib.suppress(FileNotFoundError):
                found[f"{each.parts[-3]}/{each.name}"] = (each / "holder").read_text().strip()
        return found
