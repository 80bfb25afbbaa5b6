"""The machines that the runbooks name, played by a standing stack: `plumb runbook run` on real Compose, database and gateway."""

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import yaml

from plumbline.stack.project import HOST_FOLDER, ComposeProject
from plumbline.stack.stack import Stack
from tests.gateway.standing import make_certificates, merged
from tests.stack.conftest import DATA

_CURL = """#!/bin/sh
# runbooks read no operator's settings (-q); those that lead to the stack are given after that
[ "$1" != -q ] || shift
exec {real} -q --config {settings} "$@"
"""
_PSQL = """\
#!/bin/sh
# The control database is in a container; the address that comes first is left out.
[ "$1" != -X ] || shift
shift
exec docker exec {container} sh -c 'PGPASSWORD=$(cat /run/secrets/postgres_password) exec psql -h 127.0.0.1 -U docpipe -d docpipe "$@"' psql "$@"
"""
_DOCKER = """\
#!/bin/sh
COMPOSE_FILE=compose.yaml:override.yaml
[ ! -e compose.override.yaml ] || COMPOSE_FILE=$COMPOSE_FILE:compose.override.yaml
export COMPOSE_FILE
exec {real} "$@"
"""


class Machines:
    """One tenant's nodes and the control node, with a spec whose places lead to them."""

    def __init__(self, stack: Stack, tenant: str, folder: Path):
        self.stack, self.tenant, self.folder = stack, tenant, folder
        self.nodes = {each.node.deployment.role: each for each in stack.projects if each.node.tenant in ("", tenant)}
        self.host = stack.spec.platform.domain.replace("{tenant}", tenant)
        self._spec()
        self._admin()
        self._certificate()

    def run(self, name: str, *options: str) -> "subprocess.CompletedProcess[str]":
        """A runbook, carried out by the command as users have it."""
        call = [
            sys.executable,
            "-m",
            "plumbline",
            "--spec",
            str(self.folder / "data"),
            "runbook",
            "run",
            name,
            *options,
        ]
        call += ["--journals", str(self.folder / "journals"), "--yes"]
        environment = {
            **os.environ,
            "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}",
            "CURL_HOME": str(self.folder),
            "DOCPIPE_CONTROL_DB_URL": "postgresql://docpipe@control/docpipe",
        }
        return subprocess.run(call, capture_output=True, text=True, timeout=300, env=environment, check=False)

    def admin(self, command: str) -> "subprocess.CompletedProcess[str]":
        """A step's command on the admin machine."""
        environment = {
            **os.environ,
            "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}",
            "DOCPIPE_CONTROL_DB_URL": "postgresql://docpipe@control/docpipe",
        }
        return subprocess.run(["sh", "-c", command], capture_output=True, text=True, env=environment, check=False)

    def on_node(self, role: str, command: str) -> "subprocess.CompletedProcess[str]":
        """What a hand, a start of the node or a roll-out does there."""
        place = self._place(self.nodes[role])
        return subprocess.run(
            shlex.split(place["shell"]),
            input=f"cd {shlex.quote(place['folder'])}\n{command}\n",
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    def sql(self, statement: str) -> str:
        """What the control database answers."""
        call = [self.folder / "bin/psql", "", "-At", "-c", statement]
        return subprocess.run(call, capture_output=True, text=True, check=True).stdout.strip()

    def status(self) -> str:
        """What the gateway answers a client of the tenant."""
        call = ["curl", "-s", "-m", "2", "-o", "/dev/null", "-w", "%{http_code}", f"https://{self.host}:443/health"]
        environment = {**os.environ, "CURL_HOME": str(self.folder)}
        return subprocess.run(call, capture_output=True, text=True, env=environment, check=False).stdout

    def _spec(self) -> None:
        shutil.copytree(DATA, self.folder / "data")
        places = {
            "control": self._place(self.nodes["control"]),
            "tenant-gateway": self._place(self.nodes["gateway"]),
            "tenant-worker": self._place(self.nodes["worker"]),
        }
        file = self.folder / "data/platform.yaml"
        file.write_text(yaml.safe_dump(merged(yaml.safe_load(file.read_text()), {"places": places})))

    def _place(self, project: ComposeProject) -> dict[str, str]:
        shell = f"env PATH={self._docker()}:{os.environ['PATH']} COMPOSE_PROJECT_NAME={project.name} sh"
        return {"shell": shell, "folder": project.folder}

    def _docker(self) -> Path:
        """A folder with a docker that reads the stack's own override too; Compose reads that of a suspension by itself."""
        program = self.folder / "bin-of-nodes/docker"
        program.parent.mkdir(exist_ok=True)
        program.write_text(_DOCKER.format(real=shutil.which("docker")))
        program.chmod(0o755)
        return program.parent

    def _admin(self) -> None:
        psql = self.folder / "bin/psql"
        psql.parent.mkdir()
        psql.write_text(_PSQL.format(container=f"{self.nodes['db'].name}-postgres-1"))
        psql.chmod(0o755)
        address = self.nodes["control"].node.address
        settings = self.folder / ".curlrc"
        settings.write_text(f'insecure\nconnect-to = "{self.host}:443:{address}:443"\n')
        curl = self.folder / "bin/curl"
        curl.write_text(_CURL.format(real=shutil.which("curl"), settings=settings))
        curl.chmod(0o755)

    def _certificate(self) -> None:
        """The tenant's own, put on the control node by hand; the route is written anew, so that it is read."""
        control = Path(self.nodes["control"].folder)
        made = self.folder / "made"
        make_certificates(made, [self.tenant], self.stack.spec.platform.domain)
        for file in made.glob(f"{self.tenant}.*"):
            shutil.copy(file, control / HOST_FOLDER / "etc/docpipe/certificates")
            (control / HOST_FOLDER / "etc/docpipe/certificates" / file.name).chmod(0o644)
        route = control / f"config/traefik/routes/{self.tenant}.yml"
        shutil.copy(route, control / "config/traefik/routes/new")
        (control / "config/traefik/routes/new").replace(route)
