"""A real registry on loopback, and a small client that fills it."""

import hashlib
import json
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

USER, PASSWORD = "reader", "correct horse"
_HTPASSWD = "reader:$2b$04$BR65WfxTVUa1JXOz8SMfXOLCa1zz8WT2Y.T3ikTc.XpquodCgfidm"
_INDEX = "application/vnd.oci.image.index.v1+json"
_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_SECONDS = 300


@dataclass(frozen=True)
class LocalRegistry:
    """Where it listens, e.g. `127.0.0.1:41235`, and who may use it."""

    host: str
    user: tuple[str, str] | None

    def push_blob(self, repository: str, content: bytes) -> dict[str, Any]:
        """Its descriptor."""
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        begun = self._send("POST", f"{repository}/blobs/uploads/")
        place = begun.headers["Location"]
        put = requests.put(place, params={"digest": digest}, data=content, auth=self.user, timeout=_SECONDS)
        assert put.status_code == 201, put.text
        return {"mediaType": "application/octet-stream", "digest": digest, "size": len(content)}

    def push(
        self,
        repository: str,
        tag: str,
        platform: str,
        layers: Sequence[bytes],
        settings: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """An image of one platform; its descriptor."""
        system, processor = platform.split("/")
        held = [
            self.push_blob(repository, layer) | {"mediaType": "application/vnd.oci.image.layer.v1.tar"}
            for layer in layers
        ]
        config = {
            "os": system,
            "architecture": processor,
            "config": dict(settings or {}),
            "rootfs": {"type": "layers", "diff_ids": [layer["digest"] for layer in held]},
        }
        described = self.push_blob(repository, json.dumps(config).encode())
        manifest = {
            "schemaVersion": 2,
            "mediaType": _MANIFEST,
            "config": described | {"mediaType": "application/vnd.oci.image.config.v1+json"},
            "layers": held,
        }
        return self._put_manifest(repository, tag, manifest) | {"platform": {"os": system, "architecture": processor}}

    def push_index(self, repository: str, tag: str, images: Sequence[Mapping[str, Any]]) -> str:
        """A manifest list; its digest."""
        index = {"schemaVersion": 2, "mediaType": _INDEX, "manifests": list(images)}
        return str(self._put_manifest(repository, tag, index)["digest"])

    def manifest(self, repository: str, digest: str) -> bytes:
        """A manifest as the registry has it."""
        return self._send("GET", f"{repository}/manifests/{digest}", headers={"Accept": _MANIFEST}).content

    def delete(self, repository: str, digest: str) -> None:
        """Take a manifest away, and each tag that leads to it."""
        assert self._send("DELETE", f"{repository}/manifests/{digest}").status_code == 202

    def _put_manifest(self, repository: str, tag: str, content: Mapping[str, Any]) -> dict[str, Any]:
        text = json.dumps(content).encode()
        answer = self._send(
            "PUT", f"{repository}/manifests/{tag}", data=text, headers={"Content-Type": content["mediaType"]}
        )
        assert answer.status_code == 201, answer.text
        digest = f"sha256:{hashlib.sha256(text).hexdigest()}"
        return {"mediaType": content["mediaType"], "digest": digest, "size": len(text)}

    def _send(self, method: str, path: str, **more: Any) -> requests.Response:
        return requests.request(method, f"http://{self.host}/v2/{path}", auth=self.user, timeout=_SECONDS, **more)


@contextmanager
def local_registry(folder: Path, closed: bool = False) -> Iterator[LocalRegistry]:
    """It ends with the block. `closed`: only for USER with PASSWORD. Needs the lab's packages."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{free.getsockname()[1]}"
    settings: dict[str, Any] = {
        "version": 0.1,
        "log": {"level": "error", "accesslog": {"disabled": True}},
        "storage": {"filesystem": {"rootdirectory": str(folder / "storage")}, "delete": {"enabled": True}},
        "http": {"addr": host},
    }
    if closed:
        (folder / "htpasswd").write_text(_HTPASSWD + "\n")
        settings["auth"] = {"htpasswd": {"realm": "lab", "path": str(folder / "htpasswd")}}
    (folder / "registry.yaml").write_text(json.dumps(settings))
    with (folder / "registry.log").open("w") as log:
        process = subprocess.Popen(
            ["docker-registry", "serve", str(folder / "registry.yaml")],
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
        )
    try:
        _await(host, process, folder / "registry.log")
        yield LocalRegistry(host, (USER, PASSWORD) if closed else None)
    finally:
        process.terminate()
        process.wait(_SECONDS)


def _await(host: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    end = time.monotonic() + _SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            requests.get(f"http://{host}/v2/", timeout=_SECONDS)
        except requests.ConnectionError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"the registry did not come up: {log.read_text()[-800:]}")
