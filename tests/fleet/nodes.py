"""Containers that play nodes, and the playbook run on them through Ansible's own ssh connection, whose ssh is `docker exec`."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from itertools import groupby
from pathlib import Path
from uuid import uuid4

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
IMAGE = "plumbline-test-node"
HOME = "/opt/docpipe"
STARTED = "up --detach --wait --wait-timeout 300 --no-deps"
"""What a node is asked for each service that is made anew."""
_RUN_SECONDS = 300


@dataclass(frozen=True)
class PlaybookOutcome:
    """How a run of the playbook ended."""

    code: int
    text: str

    @property
    def changed(self) -> int:
        """Tasks that changed something, all nodes together."""
        return sum(int(count) for count in re.findall(r"changed=(\d+)", self.text))


class NodeFleet:
    """Nodes by (tenant, role), and the project folder that is rolled out to them."""

    def __init__(self, run: str, project: Path, nodes: list[tuple[str, str]], collections: Path | None):
        self.project = project
        self._collections = collections
        self._names = {(tenant, role): f"{run}-{tenant}-{role}" for tenant, role in nodes}
        hosts = {
            f"tenant-{tenant}-{role}": {
                "ansible_host": name,
                "tenant": tenant,
                "node_role": role,
                "private_address": "127.0.0.1",
                **({"ansible_connection": "community.docker.docker", "ansible_user": "root"} if collections else {}),
            }
            for (tenant, role), name in self._names.items()
        }
        groups: dict[str, dict[str, dict[str, None]]] = {}
        for tenant, role in nodes:
            groups.setdefault(f"role_{role}", {"hosts": {}})["hosts"][f"tenant-{tenant}-{role}"] = None
        inventory = {"all": {"hosts": hosts, "children": groups}}
        (project / "nodes.json").write_text(json.dumps(inventory))

    def roll_out(self, *options: str, playbook: str = "roll-out.yaml") -> PlaybookOutcome:
        """Run the committed playbook."""
        call = [str(Path(sys.executable).parent / "ansible-playbook"), "--inventory", str(self.project / "nodes.json")]
        done = subprocess.run(
            [*call, *options, playbook],
            cwd=self.project / "ansible",
            env={
                **os.environ,
                "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
                "ANSIBLE_SSH_EXECUTABLE": str(HERE / "ssh"),
                "ANSIBLE_HOME": str(self.project / ".ansible"),
                "ANSIBLE_NOCOLOR": "1",
                **({"ANSIBLE_COLLECTIONS_PATH": str(self._collections)} if self._collections else {}),
            },
            capture_output=True,
            text=True,
            timeout=_RUN_SECONDS,
            check=False,
        )
        return PlaybookOutcome(done.returncode, done.stdout + done.stderr)

    def inside(self, tenant: str, role: str, command: str) -> str:
        """What a shell command says in a node."""
        return _docker("exec", self._names[tenant, role], "sh", "-c", command)

    def stop(self, tenant: str, role: str) -> None:
        """Nobody reaches this node."""
        _docker("stop", "--time", "0", self._names[tenant, role])

    def revive(self, tenant: str, role: str) -> None:
        """Start a node that stopped, and take away what stopped it."""
        _docker("start", self._names[tenant, role])
        self.inside(tenant, role, "rm -f /node/fragile")

    def compose_file(self, tenant: str, role: str) -> str:
        """The compose file that runs on a node."""
        return self.inside(tenant, role, f"cat {HOME}/compose.yaml")

    def release(self, name: str, *roles: str) -> None:
        """A release that differs in these roles' compose files, by a comment with its name, and in what its facts say of them."""
        for role in roles:
            with (self.project / role / "compose.yaml").open("a") as file:
                file.write(f"# {name}\n")
            facts = self.project / role / "release.json"
            entry = sha256(name.encode()).hexdigest()
            facts.write_text(re.sub(r'"entry": "[0-9a-f]{64}"', f'"entry": "{entry}"', facts.read_text()))

    def calls(self, word: str) -> list[tuple[str, str, str]]:
        """(tenant, role, call) of every call that holds a word, on all nodes, in the order of time."""
        seen = []
        for tenant, role in self._names:
            for line in self.inside(tenant, role, "cat /node/calls 2> /dev/null || true").splitlines():
                time, call = line.split(" ", 1)
                if word in f" {call} ":
                    seen.append((float(time), tenant, role, call))
        return [(tenant, role, call) for _, tenant, role, call in sorted(seen)]

    def forget_calls(self) -> None:
        """Begin anew with what is written down."""
        for tenant, role in self._names:
            self.inside(tenant, role, "rm -f /node/calls")


@contextmanager
def fleet(
    project: Path,
    nodes: list[tuple[str, str]],
    artifacts: Mapping[str, bytes] | None = None,
    collections: Path | None = None,
) -> Iterator[NodeFleet]:
    """Nodes, standing; `artifacts` are what is rolled out (absent: what is committed), copied to `project`.

    With a folder of collections the connection is community.docker's, otherwise ssh's with a program of our own for ssh.
    """
    if artifacts is None:
        shutil.copytree(ROOT / "deploy" / "online", project, dirs_exist_ok=True)
    for path, content in (artifacts or {}).items():
        target = project / Path(path).relative_to("deploy/online")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    run = f"plumbline-fleet-{uuid4().hex[:8]}"
    _docker("build", "--quiet", "--tag", IMAGE, str(HERE / "node"))
    try:
        for tenant, role in nodes:
            label = f"io.plumbline.test={run}"
            _docker("run", "--detach", "--init", "--label", label, "--name", f"{run}-{tenant}-{role}", IMAGE)
        yield NodeFleet(run, project, nodes, collections)
    finally:
        names = _docker("ps", "--all", "--quiet", "--filter", f"label=io.plumbline.test={run}").split()
        if names:
            _docker("rm", "--force", *names)


def _docker(*arguments: str) -> str:
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False, timeout=120)
    if done.returncode:
        raise RuntimeError(f"docker {' '.join(arguments)}: {done.stderr}")
    return done.stdout


def nodes_of(calls: list[tuple[str, str, str]]) -> list[tuple[str, str]]:
    """Tenant and role of the calls, one for several of a node in a row."""
    return [node for node, _ in groupby((tenant, role) for tenant, role, _ in calls)]
