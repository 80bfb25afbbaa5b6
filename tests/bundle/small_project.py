"""A whole project that is small: one service, one sealed mode, its image in a registry on loopback."""

import io
import os
import subprocess
import sys
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.lab.registry import LocalRegistry

ROOT = Path(__file__).parents[2]
BUSYBOX = Path("/bin/busybox")
SPEC = {
    "platform.yaml": """\
name: small
title: Small
summary: One service, to try bundles with.
version: "1.0"
domain: "{tenant}.example.com"
floors: {engine: "25", compose: "2.24"}
logs: {max_size_mib: 1, max_files: 1}
""",
    "networks.yaml": """\
networks:
  front:
    title: What the host publishes.
    modes: {offline: {subnet: 172.31.77.0/24, internal: false}}
""",
    "topology/offline.yaml": """\
title: Offline
summary: Everything on one host.
tenancy: one
egress: false
entry: {service: web}
roles:
  host:
    title: The host.
    scope: tenant
    size: {vcpus: 1, memory_mib: 256, disk_gb: 1, reserve_mib: 64}
    services: [web]
""",
    "services/web.yaml": """\
title: Web
summary: Answers.
image: web
command: [httpd, -f, -p, "8000", -h, /srv]
user: "65532:65532"
ports: {http: 8000}
publish: {http: {address: 127.0.0.1, port: 8000}}
segments: [front]
health: {http: {port: http, path: /index.html}}
limits: {memory_mib: 64, cpus: 0.5}
secrets: {word: {variable: WORD_FILE}}
""",
    "secrets.yaml": """\
folder: secrets/{tenant}
encryption: none
secrets:
  word: {title: A word, owner: tests, scope: tenant, length: 24, rotation_days: 90}
""",
    "images.yaml": """\
images:
  web:
    repository: HOST/small/web
    tag: "1.0"
    licence: GPL-2.0-only
    lifecycle: {state: supported}
    http_client: wget
""",
}


@dataclass(frozen=True)
class SmallProject:
    """It, with its image pinned and its artifacts made."""

    folder: Path
    registry: LocalRegistry
    manifests: dict[str, str]
    """Digest of the image's manifest by platform."""
    index: str
    """Digest of the list of both."""

    def plumb(self, *words: str | Path, **environment: str) -> "subprocess.CompletedProcess[str]":
        """A command in it, which has to succeed."""
        done = subprocess.run(
            [sys.executable, "-m", "plumbline", *map(str, words)],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done

    def bundle(self, release: str, out: Path, *words: str | Path, **environment: str) -> Path:
        """A bundle of it, from the registry."""
        self.plumb("bundle", "build", "--images", "registry", "--release", release, "--out", out, *words, **environment)
        return out / f"small-offline-{release}.tar.zst"


def small_project(
    folder: Path, registry: LocalRegistry, spec: Mapping[str, str] = SPEC, layer: bytes | None = None
) -> SmallProject:
    """Push the image for two platforms, write the spec, pin, build. `layer`: instead of busybox and a page."""
    content = layer or _layer()
    pushed = {
        platform: registry.push("small/web", f"{number}", platform, [content], {"Env": ["PATH=/bin:/usr/bin"]})
        for number, platform in enumerate(("linux/amd64", "linux/arm64"))
    }
    index = registry.push_index("small/web", "1.0", list(pushed.values()))
    for name, text in spec.items():
        file = folder / "data" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text.replace("HOST", registry.host))
    (folder / "mkdocs.yml").write_text("site_name: Small\nuse_directory_urls: false\ntheme: mkdocs\n")
    project = SmallProject(folder, registry, {platform: each["digest"] for platform, each in pushed.items()}, index)
    project.plumb("lock")
    project.plumb("build")
    return project


def _layer() -> bytes:
    """busybox, and a page that it serves."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, content in (("bin/busybox", BUSYBOX.read_bytes()), ("srv/index.html", b"here\n")):
            info = tarfile.TarInfo(name)
            info.size, info.mode = len(content), 0o755
            archive.addfile(info, io.BytesIO(content))
        for name in ("httpd", "wget", "sh"):
            info = tarfile.TarInfo(f"bin/{name}")
            info.type, info.linkname = tarfile.SYMTYPE, "busybox"
            archive.addfile(info)
    return out.getvalue()
