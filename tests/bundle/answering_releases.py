"""Two small services that answer without pause, in three releases, and the clients that see whether one is missed."""

import io
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bundle.host import SealedHost, scripts_of, sealed_host
from tests.bundle.keys import Key, end_agent, make_key
from tests.bundle.small_project import SPEC, SmallProject, small_project
from tests.lab.registry import local_registry

HERE = Path(__file__).parent
PYTHON, LIBRARY = Path("/usr/bin/python3"), Path("/usr/lib/python3")
_LEFT_OUT = {"test", "idlelib", "lib2to3", "ensurepip", "pydoc_data", "dist-packages"}
_API = """\
title: API
summary: Answers the web.
image: web
command: [python3, /srv/answering.py, "8000"]
user: "65532:65532"
ports: {http: 8000}
publish: {http: {address: 0.0.0.0, port: 8001}}
segments: [front]
health: {http: {port: http, path: /}}
limits: {memory_mib: 64, cpus: 0.5}
stop_grace_s: 6
"""
HOST, NEIGHBOUR = "198.51.100.1", "198.51.100.2"
"""Addresses of the network that the host shares with a client."""
FROM_THE_HOST = ("127.0.0.1:8000/new,new,kept,kept,slow,behind", "127.0.0.1:8001/new,kept", f"{HOST}:8001/new,kept")
FROM_BESIDE = (f"{HOST}:8001/new,kept,slow",)
_WEB = SPEC["services/web.yaml"].replace(
    'command: [httpd, -f, -p, "8000", -h, /srv]', 'command: [python3, /srv/answering.py, "8000", api]'
)
ANSWERING = SPEC | {
    "services/web.yaml": _WEB.replace("/index.html", "/") + "stop_grace_s: 6\nneeds: {api: http}\n",
    "services/api.yaml": _API,
    "topology/offline.yaml": SPEC["topology/offline.yaml"].replace("[web]", "[web, api]"),
    "images.yaml": SPEC["images.yaml"].replace("http_client: wget", "http_client: python3"),
}


@dataclass(frozen=True)
class AnsweringReleases:
    """Bundles: in the second everything changed, in the third one service more, which does not get well."""

    first: Path
    second: Path
    third: Path
    key: Key
    files: Path
    """Folders `1.0` and `1.1`: what a roll-out brings of the first and of the second."""


@contextmanager
def answering_releases(folder: Path) -> Iterator[AnsweringReleases]:
    """Two services, one of which asks the other."""
    ring = folder / "gnupg"
    key = make_key(ring, "release")
    try:
        with local_registry(folder) as registry:
            project = small_project(folder, registry, ANSWERING, python_layer())
            first = _bundle(project, "1.0", key, ring)
            files = folder / "files"
            shutil.copytree(folder / "deploy/offline", files / "1.0")
            for name in ("web", "api"):
                file = folder / "data" / "services" / f"{name}.yaml"
                file.write_text(file.read_text().replace("memory_mib: 64", "memory_mib: 72"))
            project.plumb("build")
            second = _bundle(project, "1.1", key, ring)
            shutil.copytree(folder / "deploy/offline", files / "1.1")
            file.write_text(file.read_text().replace("path: /}", "path: /ill}"))
            project.plumb("build")
            yield AnsweringReleases(first, second, _bundle(project, "1.2", key, ring), key, files)
    finally:
        end_agent(ring)


def _bundle(project: SmallProject, release: str, key: Key, ring: Path) -> Path:
    return project.bundle(
        release, project.folder, "--platform", "linux/amd64", "--sign", key.fingerprint, GNUPGHOME=str(ring)
    )


def python_layer() -> bytes:
    """The system's own Python with what it links to, and the service."""
    version = os.path.realpath(PYTHON).rpartition("python")[2]
    binary, library = Path(f"/usr/bin/python{version}"), Path(f"/usr/lib/python{version}")
    linked = re.findall(
        r"(/\S+) \(0x", subprocess.run(["ldd", binary], capture_output=True, text=True, check=True).stdout
    )
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT, dereference=True) as archive:
        archive.add(binary, "usr/bin/python3")
        for each in linked:
            archive.add(each, each.lstrip("/"))
        for each in sorted(library.iterdir()):
            left_out = each.name in _LEFT_OUT or each.name.startswith("config-")
            if not left_out and each.exists():
                archive.add(each, str(each).lstrip("/"))
        archive.add(HERE / "answering.py", "srv/answering.py")
    return out.getvalue()


@contextmanager
def neighbour(host: SealedHost) -> Iterator[list[str]]:
    """The beginning of a command on another computer of the host's network."""
    there = subprocess.Popen(
        ["unshare", "--net", "sh", "-c", "ip link set lo up; echo; exec sleep infinity"], stdout=-1
    )
    try:
        assert there.stdout and there.stdout.readline()
        inside = ["nsenter", "--target", str(there.pid), "--net"]
        host.run("ip", "link", "add", "shared", "type", "veth", "peer", "name", "shared", "netns", str(there.pid))
        for words, address in ((host.engine.inside, HOST), (inside, NEIGHBOUR)):
            for command in (("address", "add", f"{address}/24", "dev", "shared"), ("link", "set", "shared", "up")):
                subprocess.run([*words, "ip", *command], check=True)
        yield inside
    finally:
        # its end of the cable ends with its network
        there.kill()
        there.wait()


@contextmanager
def load(host: SealedHost) -> Iterator[dict[str, Any]]:
    """Clients on the host itself and on another computer; what they saw is there after the block."""
    end, seen = host.folder / "end", {"asked": {}, "failed": []}
    end.unlink(missing_ok=True)
    with neighbour(host) as beside, ExitStack() as clients:
        asking = [
            clients.enter_context(
                subprocess.Popen(
                    [*inside, sys.executable, HERE / "load.py", end, *places], stdout=subprocess.PIPE, text=True
                )
            )
            for inside, places in ((host.engine.inside, FROM_THE_HOST), (beside, FROM_BESIDE))
        ]
        try:
            time.sleep(1)
            yield seen
            time.sleep(4)
        finally:
            end.touch()
            for where, each in zip(("host", "beside"), asking, strict=True):
                told = json.loads(each.communicate(timeout=120)[0])
                seen["asked"] |= {f"{where}: {place}": count for place, count in told["asked"].items()}
                seen["failed"] += [f"{where}: {failed}" for failed in told["failed"]]


@contextmanager
def installed(releases: AnsweringReleases) -> Iterator[SealedHost]:
    """A sealed host with the first release."""
    with sealed_host(containerd=False) as host:
        script = scripts_of(releases.first, host.folder / "medium") / "install.sh"
        trust = ["--key", releases.key.public, "--fingerprint", releases.key.fingerprint]
        done = host.script(script, *trust, releases.first)
        assert done.returncode == 0, done.stdout + done.stderr
        yield host


def left(host: SealedHost) -> list[str]:
    """Copies and rules that are there."""
    found = host.run("docker", "ps", "--all", "--format", "{{.Names}}").stdout.split()
    rules = host.run("iptables", "-t", "nat", "-S").stdout.splitlines()
    return [each for each in (*found, *rules) if "copy" in each]


def memory(host: SealedHost, name: str) -> str:
    """The limit of a service's container, which tells the releases apart."""
    asked = host.run("docker", "inspect", "--format", "{{.HostConfig.Memory}}", f"small-offline-{name}-1")
    return str(int(asked.stdout) // 2**20)
