"""The entry of the online mode as the spec generates it, run by its real program on loopback ports, before two backends."""

import http.client
import json
import os
import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from generators.compose.project import ComposeGenerator
from plumbline.spec.loading import load_spec
from plumbline.spec.spec import Spec
from plumbline.spec.spec_files import read_spec_files
from tests.gateway.backends import Backend, backend
from tests.gateway.binary import traefik
from tests.stack.waiting import HANG_S, until

DATA = Path(__file__).parents[2] / "data"
DOMAIN = "{tenant}.localhost"
"""Names below localhost are this machine to curl, whatever DNS says."""


@dataclass(frozen=True)
class Answer:
    """What a client got."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""

    @property
    def tenant(self) -> str:
        """Whose backend answered; empty where the gateway itself did."""
        return str(json.loads(self.body)["tenant"]) if self.status == 200 else ""


@dataclass(frozen=True)
class Gateway:
    """A gateway that stands."""

    folder: Path
    """The control node's folder, as on the node."""
    spec: Path
    """The spec that it was generated from."""
    ports: dict[str, int]
    backends: dict[str, Backend]
    trusted: Path
    """The tenants' certificates."""
    log: Path
    process: int
    """The program's number."""

    @property
    def routes(self) -> Path:
        """The folder that the gateway watches."""
        return self.folder / "config/traefik/routes"

    def connect(self, name: str, client: str = "127.0.0.1") -> http.client.HTTPSConnection:
        """A connection from an address of this machine that asks for a name in its handshake."""
        context = ssl.create_default_context(cafile=self.trusted)
        plain = socket.create_connection(("127.0.0.1", self.ports["https"]), 15, (client, 0))
        connection = http.client.HTTPSConnection(name, self.ports["https"], timeout=HANG_S)
        connection.sock = context.wrap_socket(plain, server_hostname=name)
        return connection

    def ask(self, host: str, path: str = "/", *, name: str = "", headers: dict[str, str] | None = None) -> Answer:
        """One request on a connection of its own, for a host; `name` is another one for the handshake."""
        connection = self.connect(name or host)
        try:
            return answer(connection, path, {"Host": host, **(headers or {})})
        finally:
            connection.close()


def listening(process: int) -> set[int]:
    """TCP ports that a process listens on, as the kernel has them."""
    own = set()
    for each in Path(f"/proc/{process}/fd").iterdir():
        with suppress(FileNotFoundError):  # one that was closed meanwhile listens on nothing
            own.add(str(each.readlink()))
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{process}/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and f"socket:[{fields[9]}]" in own:
                found.add(int(fields[1].rpartition(":")[2], 16))
    return found


def answer(connection: http.client.HTTPConnection, path: str, headers: dict[str, str]) -> Answer:
    """One request on an open connection."""
    connection.request("GET", path, headers=headers)
    got = connection.getresponse()
    return Answer(got.status, {key.lower(): value for key, value in got.getheaders()}, got.read().decode())


def host(tenant: str) -> str:
    """A tenant's host name."""
    return DOMAIN.replace("{tenant}", tenant)


@contextmanager
def gateway(
    folder: Path,
    changes: dict[str, dict[str, Any]] | None = None,
    *,
    ports: dict[str, int] | None = None,
    environment: dict[str, str] | None = None,
) -> Iterator[Gateway]:
    """The gateway, until the block ends. `changes` are merged into the spec's files, `environment` is its own."""
    ports = ports or entry_ports()
    node = folder / "node"
    written = write_spec(folder / "data", node, ports, changes or {})
    spec, findings = load_spec(written)
    assert spec, findings
    with ExitStack() as stack:
        backends = {tenant: stack.enter_context(backend(tenant)) for tenant in spec.tenants.tenants}
        generate(spec, node, backends)
        trusted = make_certificates(node / "certificates", list(backends))
        log = folder / "traefik.log"
        process = stack.enter_context(running(node / "config/traefik/traefik.yml", log, environment or {}))
        standing = Gateway(node, folder / "data", ports, backends, trusted, log, process.pid)
        own = [name for name, tenant in spec.tenants.tenants.items() if tenant.certificate == "own"]
        until(lambda: process.poll() is not None or _answers(standing, own), f"an answer; see {log}")
        assert process.poll() is None, log.read_text()[-2000:]
        yield standing


def write_spec(data: Path, node: Path, ports: dict[str, int], changes: dict[str, dict[str, Any]]) -> dict[str, str]:
    """The shipped spec with paths and ports of this machine, on the disk too; its files."""
    files = dict(read_spec_files(DATA))
    service = yaml.safe_load(files["services/traefik.yaml"])
    targets = [
        file | {"target": file["target"].replace("/etc/traefik", f"{node}/config/traefik")}
        for file in service["config"]
    ]
    fitted: dict[str, dict[str, Any]] = {
        "platform.yaml": {"domain": DOMAIN},
        "services/traefik.yaml": {
            "ports": ports,
            "publish": {name: {"address": "127.0.0.1", "port": ports[name]} for name in ("http", "https")},
            "config": targets,
            "volumes": {"certificates": str(node / "issued")},
        },
        "topology/online.yaml": {"entry": {"tls": {"own_certificates": str(node / "certificates")}}},
        "tenants.yaml": {"tenants": {"acme": {"certificate": "own"}, "globex": {"certificate": "own"}}},
    }
    for change in (fitted, changes):
        for name, part in change.items():
            files[name] = yaml.safe_dump(merged(yaml.safe_load(files[name]), part), sort_keys=False)
    for name, text in files.items():
        (data / name).parent.mkdir(parents=True, exist_ok=True)
        (data / name).write_text(text)
    (node / "issued").mkdir(parents=True)
    return files


def merged(value: Any, part: Any) -> Any:
    """A value with a part put over it, key by key."""
    if isinstance(value, dict) and isinstance(part, dict):
        return value | {key: merged(value.get(key), item) for key, item in part.items()}
    return part


def generate(spec: Spec, node: Path, backends: dict[str, Backend]) -> None:
    """The control node's configuration; the names of the tenants' nodes, which DNS has, become loopback addresses."""
    for artifact in ComposeGenerator().generate(spec):
        _, _, path = artifact.path.partition("deploy/online/control/")
        if path.startswith("config/"):
            text = artifact.content.decode()
            for tenant, server in backends.items():
                text = text.replace(f"http://tenant-{tenant}-gateway-1:443", server.url)
            (node / path).parent.mkdir(parents=True, exist_ok=True)
            (node / path).write_text(text)


def make_certificates(folder: Path, tenants: list[str], domain: str = DOMAIN) -> Path:
    """A certificate for each tenant that is its own authority; the file that holds them all."""
    folder.mkdir(parents=True)
    for tenant in tenants:
        subject = ["-subj", f"/CN={tenant}", "-addext", f"subjectAltName=DNS:{domain.replace('{tenant}', tenant)}"]
        call = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        call += [
            "-days",
            "2",
            *subject,
            "-keyout",
            str(folder / f"{tenant}.key"),
            "-out",
            str(folder / f"{tenant}.crt"),
        ]
        subprocess.run(call, capture_output=True, check=True)
    trusted = folder / "trusted.pem"
    trusted.write_text("".join((folder / f"{tenant}.crt").read_text() for tenant in tenants))
    return trusted


@contextmanager
def running(configuration: Path, log: Path, environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """The program, until the block ends."""
    with log.open("wb") as out:
        process = subprocess.Popen(
            [traefik(), f"--configFile={configuration}"],
            stdout=out,
            stderr=subprocess.STDOUT,
            env={**os.environ, "GOMAXPROCS": "2", **environment},
        )
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def entry_ports() -> dict[str, int]:
    """A free port for each of the gateway's."""
    return dict(zip(("http", "https", "ping"), free_ports(3), strict=True))


def free_ports(count: int) -> list[int]:
    """Ports of loopback that nobody has."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [int(each.getsockname()[1]) for each in sockets]


def _answers(standing: Gateway, tenants: list[str]) -> bool:
    try:
        return all(standing.ask(host(tenant), "/health").status == 200 for tenant in tenants)
    except OSError:
        return False
