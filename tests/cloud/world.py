"""A tenant's nodes as runbooks see them, beside a fake project: what answers by ssh, what runs there, and what a roll-out does.

A stub for each program hands its words to `World`, which looks at the project: a server that is off, gone or has no address
answers nobody, and stores start only where the tenant's volume is attached. Scripts for a node are run by a shell, in a folder
that stands for its disk.
"""

import os
import subprocess
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from generators.cloud.desired import desired_state
from generators.cloud.secrets_script import SecretsScriptGenerator, secrets_by_role
from plumbline.effective.deployment import deployments
from plumbline.provisioning.deliveries import record_deliveries
from plumbline.provisioning.first_boot import node_files_hash
from plumbline.provisioning.labels import LEAVING, NEW
from plumbline.spec.loading import load_spec
from plumbline.spec.spec import Spec
from plumbline.spec.spec_files import read_spec_files
from tests.calling import RUN, plumb
from tests.cloud.cloud import run_of
from tests.cloud.node_stubs import stubs_answered
from tests.fake_hcloud import FakeCloud

ROOT = Path(__file__).parents[2]
TENANT = "acme"


class NotReached(Exception):
    """Nobody answers."""


class World:
    """A project's folder with a spec, and the nodes."""

    def __init__(self, cloud: FakeCloud, folder: Path):
        self.cloud, self.folder = cloud, folder
        self.bin, self.project, self.disks = folder / "bin", folder / "project", folder / "disks"
        self.running: dict[str, set[str]] = {}
        """Services that run, by server."""
        self.happened: list[str] = []
        """What was done to nodes, in order."""
        self.fails_at_roll_out = False
        self.upgraded: set[str] = set()
        """Nodes with another engine."""
        self.restored = False
        self.refuses = ""
        """A service that does not start."""
        for each in (self.bin, self.project / "deploy/online/ansible", self.disks):
            each.mkdir(parents=True)
        self.change({})

    # --- the spec -------------------------------------------------------------------------------------------------

    def change(self, nodes: dict[str, Any], topology: tuple[str, str] = ("", "")) -> None:
        """Give the tenant other nodes in the spec, or put a text of the topology in another's place, as an operator does; and build."""
        import yaml

        for name, text in read_spec_files(ROOT / "data").items():
            file = self.project / "data" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text.replace(*topology) if name == "topology/online.yaml" and topology[0] else text)
        tenants = self.project / "data/tenants.yaml"
        known = yaml.safe_load(tenants.read_text())
        known["tenants"][TENANT]["nodes"] = nodes
        tenants.write_text(yaml.safe_dump(known, sort_keys=False))
        (script,) = SecretsScriptGenerator().generate(self.spec())
        (self.project / script.path).write_bytes(script.content)

    def spec(self) -> Spec:
        """The spec as it is now."""
        spec, findings = load_spec(read_spec_files(self.project / "data"))
        assert spec is not None, findings
        return spec

    def state(self) -> dict[str, Any]:
        """The desired state of the tenant."""
        return desired_state(self.spec(), "online", TENANT)

    # --- the servers ----------------------------------------------------------------------------------------------

    def servers(self) -> dict[str, dict[str, Any]]:
        """The tenant's servers by name, as the provider has them."""
        return {name: each for name, each in self.everyone().items() if each["labels"].get("tenant_id") == TENANT}

    def everyone(self) -> dict[str, dict[str, Any]]:
        """The servers of all tenants by name."""
        return {each["name"]: each for each in self.cloud.objects("servers").values()}

    def reach(self, name: str) -> dict[str, Any]:
        """A server that answers. Raises NotReached."""
        found = self.everyone().get(name)
        if found is None or found["status"] != "running" or not found["private_net"] or found.get("dead"):
            raise NotReached(f"ssh: connect to host {name} port 22: Connection timed out")
        return found

    def disk(self, name: str) -> Path:
        """The folder for a server's disk; another server of the same name has another."""
        disk = self.disks / f"{name}-{self.everyone()[name]['id']}"
        if not disk.exists():
            (disk / "opt/docpipe/backup").mkdir(parents=True)
            (disk / "opt/docpipe/secrets").mkdir()
            (disk / "etc/docpipe").mkdir(parents=True)
            (disk / "etc/docpipe/recipient").write_text("age1node\n")
        return disk

    def services(self, name: str) -> list[str]:
        """The services of a server's role."""
        role = self.servers()[name]["labels"]["role"]
        spec = self.spec()
        base = spec.topology["online"].roles[role].variant_of or role
        (found,) = (each for each in deployments(spec, "online") if each.role == base)
        return list(found.services)

    def has_volume(self, name: str) -> bool:
        """Whether the tenant's volume is attached to a server."""
        (volume,) = (each for each in self.cloud.objects("volumes").values() if each["name"] == f"tenant-{TENANT}-data")
        return bool(volume["server"] == self.servers()[name]["id"])

    def runs(self, role: str) -> bool:
        """Whether some server of a role, or of its variant, answers with all of its services."""
        for name, server in self.servers().items():
            base = self.spec().topology["online"].roles[server["labels"]["role"]].variant_of or server["labels"]["role"]
            if base == role and server["status"] == "running" and self.running.get(self._key(name)):
                return True
        return False

    def _key(self, name: str) -> str:
        return f"{name}-{self.servers()[name]['id']}"

    def stopped_with_their_server(self) -> None:
        """A server that is off, or has lost the volume, runs nothing."""
        for name, server in self.servers().items():
            role = server["labels"]["role"]
            if server["status"] != "running" or (role.startswith("db") and not self.has_volume(name)):
                self.running.pop(self._key(name), None)

    # --- programs -------------------------------------------------------------------------------------------------

    def answer(self, call: dict[str, Any]) -> dict[str, Any]:
        """What a program says."""
        self.cloud.finish_actions()
        self.stopped_with_their_server()
        verb = getattr(self, "_" + call["program"].replace("-", "_"))
        try:
            out = verb(call["words"], call["node"])
        except NotReached as error:
            return {"code": 255, "out": "", "err": f"{error}\n"}
        return out if isinstance(out, dict) else {"code": 0, "out": out, "err": ""}

    def _ssh(self, words: list[str], node: str) -> dict[str, Any]:
        words = list(words)
        while words[0].startswith("-"):
            words = words[2:]
        name = words[0].partition("@")[2]
        self.reach(name)
        disk, places = self.disk(name), ["/opt/docpipe", "/etc/docpipe"]
        command = " ".join(words[1:])
        for place in places:
            command = command.replace(place, f"{disk}{place}")
        environment = {"PATH": f"{self.bin}:/usr/bin:/bin", "NODE": name}
        more = {"command": command, "places": places, "disk": str(disk), "environment": environment}
        return {"code": 0, "out": "", "err": "", **more}

    def _cloud_init(self, words: list[str], node: str) -> str:
        return "......\nstatus: done\n"

    def _systemctl(self, words: list[str], node: str) -> str:
        disk = self.disk(node)
        subprocess.run(["tar", "-C", disk / "opt/docpipe/secrets", "-xf", disk / "opt/docpipe/secrets.age"], check=True)
        return ""

    def _docker(self, words: list[str], node: str) -> Any:
        known, now = self.services(node), self.running.setdefault(self._key(node), set())
        named = [word for word in words[2:] if word in known]
        up = [each for each in named or known if each in now]
        verb = words[1]
        if words[0] == "version":
            return "26.2\n"
        if verb == "config":
            return "".join(f"{each}\n" for each in known)
        if verb == "stop":
            self.happened.append(f"stop {','.join(named) or 'all'} on {node}")
            now -= set(named or known)
        elif verb == "up":
            return self._up(node, named, "--force-recreate" in words)
        elif verb == "ps":
            return _listed(up, words)
        elif "postgres" in words:
            return f"{int(self.restored)}\n"
        elif "redis" in words:
            return "".join(self._connected())
        else:
            self.happened.append(f"{verb} {words[-1]} on {node}")
        return ""

    def _up(self, node: str, named: list[str], again: bool) -> Any:
        known = self.services(node)
        if known == self.services_of("db") and not self.has_volume(node):
            return {"code": 1, "out": "", "err": "the volume is not there\n"}
        if self.refuses in named:
            return {"code": 1, "out": "", "err": f"{self.refuses} is unhealthy\n"}
        self.running[self._key(node)] |= set(named or known)
        if again:
            self.happened.append(f"restart {','.join(named)} on {node}")
        return ""

    def services_of(self, role: str) -> list[str]:
        """The services of a role."""
        (found,) = (each for each in deployments(self.spec(), "online") if each.role == role)
        return list(found.services)

    def _connected(self) -> Iterator[str]:
        for name, server in self.servers().items():
            if server["labels"]["role"] == "worker" and self.running.get(self._key(name)):
                yield f"id=5 addr={server['private_net'][0]['ip']}:40000 laddr=x fd=8 cmd=brpop\n"

    def _fleet(self) -> list[str]:
        """Servers in the inventory."""
        return [name for name, each in self.servers().items() if LEAVING not in each["labels"]]

    def _ansible_playbook(self, words: list[str], node: str) -> Any:
        silent = []
        for name in self._fleet():
            try:
                self.reach(name)
            except NotReached:
                silent.append(name)
        if self.fails_at_roll_out:
            return {"code": 2, "out": "Stopped: not every node of this stage came through\n", "err": ""}
        if silent:
            return {
                "code": 2,
                "out": f"Left out, and unchanged: {TENANT}: {', '.join(silent)} does not answer\n",
                "err": "",
            }
        wanted = secrets_by_role(self.spec(), "online")
        for name in self._fleet():
            home, role = self.disk(name) / "opt/docpipe", self.servers()[name]["labels"]["role"]
            if lacking := [each for each in wanted.get(role, []) if not (home / "secrets" / each).is_file()]:
                return {"code": 2, "out": f"{name}: {lacking[0]} is missing\n", "err": ""}
            if not (home / "rolled-out").exists():
                (home / ".env").write_text(f"TENANT={TENANT}\n")
                (home / "rolled-out").write_text("")
                (home / "backup/backup.sh").write_text(self._backup())
                (home / "backup/restore.sh").write_text("echo 'identity T'\necho 'minio T'\necho 'postgres T'\n")
                self.running[self._key(name)] = set(self.services(name))
        state = self.state()
        new = {
            want["name"]: node_files_hash(want["user_data"])
            for want in state["objects"]
            if want["kind"] == "server" and NEW in self.servers()[want["name"]]["labels"]
        }
        if new:
            record_deliveries(run_of(self.cloud, state, self.folder / "record.jsonl"), new)
        self.happened.append("roll-out")
        return "failed=0 unreachable=0\n"

    def _backup(self) -> str:
        from plumbline.effective.backups import kept_on

        return "".join(f"echo '{each.name}: kept as T, 5 bytes'\n" for each in kept_on(self.spec(), "online", "db"))

    def _ansible(self, words: list[str], node: str) -> str:
        names = [name for name in self._fleet() if words[0] in (name, f"tenant_{TENANT}")]
        if "--list-hosts" in words:
            return f"  hosts ({len(names)}):\n" + "".join(f"    {name}\n" for name in names)
        if "docker compose stop" in words[-1]:
            for name in names:
                self.running.pop(self._key(name), None)
        return "".join(f"{name} | CHANGED | rc=0 >>\n\n" for name in names)

    def _curl(self, words: list[str], node: str) -> Any:
        if self.runs("gateway") and self.runs("db") and self.runs("worker"):
            return '{"status": "ok"}\n'
        return {"code": 22, "out": "", "err": "curl: (22) The requested URL returned error: 503\n"}

    def _plumb(self, words: list[str], node: str) -> dict[str, Any]:
        # what `plumb build` writes is not in this folder
        if words == ["check"]:
            return {"code": 0, "out": "no finding\n", "err": ""}
        done = plumb("--spec", self.project / "data", *words, cwd=self.project, environment=self.environment())
        return {"code": done.returncode, "out": done.stdout, "err": done.stderr}

    def _apt_get(self, words: list[str], node: str) -> str:
        if "install" in words and "--simulate" not in words:
            self.upgraded.add(node)
            self.happened.append(f"upgrade {node}")
        return "0 upgraded, 0 newly installed\n" if node in self.upgraded else "Inst docker.io [26.1] (26.2)\n"

    def _ansible_inventory(self, words: list[str], node: str) -> str:
        return '{"role_db": {}}\n'

    def _ssh_keygen(self, words: list[str], node: str) -> str:
        return ""

    # --- runs -----------------------------------------------------------------------------------------------------

    def answering(self) -> AbstractContextManager[None]:
        """While this holds, the stubs are answered."""
        return stubs_answered(self.bin, self.folder / "line", self.answer)

    def environment(self) -> dict[str, str]:
        """What an operator's shell has."""
        return {
            "PATH": f"{self.bin}:{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "HOME": str(self.folder),
            "HCLOUD_ENDPOINT": self.cloud.endpoint,
            "HCLOUD_TOKEN": self.cloud.token,
            "HCLOUD_POLL_SECONDS": "0",
            "XDG_STATE_HOME": str(self.folder),
        }

    def follow(self, runbook: str, *words: str, **values: str) -> "subprocess.CompletedProcess[str]":
        """Run a runbook as an operator does, on this machine where plumb is."""
        begun = [f"--set={name}={value}" for name, value in values.items()]
        if not {"--resume", "--undo"} & set(words):
            places = {step.where for step in self.spec().runbooks[runbook].steps}
            begun += [f"--at={place}=" for place in ("admin", "bastion-ansible") if place in places]
            begun += ["--yes"] + (["--confirm", TENANT] if "tenant" in values else [])
        return subprocess.run(
            [*RUN, "--spec", str(self.project / "data"), "runbook", "run", runbook, *begun, *words],
            cwd=self.project,
            env=self.environment(),
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
            timeout=300,
        )


def _listed(up: list[str], words: list[str]) -> str:
    """What `docker compose ps` says of services, of which these run."""
    if "-q" in words:
        return "".join(f"{each}\n" for each in up)
    if up or "--all" not in words:
        return "".join('{"State":"running","Health":"healthy"}\n' for _ in up)
    return '{"State":"exited","Health":""}\n'
