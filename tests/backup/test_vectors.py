"""The vector store's snapshots, on its stand-in: taken, lost, and put back by the image's own programs."""

import json
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.backup.node import ROOT, BackupNode, free_port
from tests.lab.packages import CannotInstall, install

pytestmark = pytest.mark.slow
PROGRAM = ROOT / "data/stand-ins/vectors/bin/qdrant"
KEY = "a-key-of-the-store"


class Vectors:
    """The stand-in, on a port and in folders of its own."""

    def __init__(self, folder: Path):
        self.folder, self.port = folder, free_port()
        for each in ("storage", "secrets", "tmp"):
            (folder / each).mkdir(parents=True)
        (folder / "secrets/qdrant_api_key").write_text(KEY)
        (folder / "key.yaml").write_text(f"service:\n  api_key: {KEY}\n")
        text = (
            PROGRAM.read_text()
            .replace("/qdrant/", f"{folder}/")
            .replace("6333", str(self.port))
            .replace("6334", str(free_port()))
        )
        (folder / "qdrant").write_text(text)
        environment = {"QDRANT__STORAGE__SNAPSHOTS_PATH": f"{folder}/storage/.snapshots"}
        call = [sys.executable, str(folder / "qdrant"), "--config-path", str(folder / "key.yaml")]
        self.server = subprocess.Popen(call, env=environment)
        while self.server.poll() is None and not self._is_ready():
            pass

    def _is_ready(self) -> bool:
        try:
            return urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=5).status == 200
        except OSError:
            return False

    def container(self) -> dict[str, object]:
        """It, as the stub of the engine knows it."""
        paths = {
            "/run/secrets": str(self.folder / "secrets"),
            "/qdrant/storage": str(self.folder / "storage"),
            "/tmp/": f"{self.folder}/tmp/",
            "127.0.0.1/6333": f"127.0.0.1/{self.port}",
        }
        return {"paths": paths, "up": "true", "restart": "true", "down": "true"}

    def ask(self, method: str, path: str, body: object = None) -> object:
        """What is answered."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}",
            method=method,
            headers={"api-key": KEY},
            data=json.dumps(body).encode(),
        )
        return json.loads(urllib.request.urlopen(request, timeout=10).read())["result"]

    def fill(self, name: str, points: int) -> None:
        """Make a collection."""
        self.ask("PUT", f"/collections/{name}", {"vectors": {"size": 2, "distance": "Cosine"}})
        rows = [{"id": f"{name}-{n:05}", "vector": [n + 1, 1], "payload": {"n": n}} for n in range(points)]
        self.ask("PUT", f"/collections/{name}/points", {"points": rows})


@pytest.fixture
def node() -> Iterator[BackupNode]:
    """A node whose programs are there."""
    try:
        install("age", "postgresql", "rclone", "zstd")
    except CannotInstall as error:
        pytest.skip(str(error))
    with tempfile.TemporaryDirectory(prefix="plumb-backup-") as name:
        yield BackupNode(Path(name))


@pytest.fixture
def store(node: BackupNode) -> Iterator[Vectors]:
    """Its vector store."""
    found = Vectors(node.folder / "qdrant")
    node.containers["node"]["qdrant"] = found.container()
    try:
        yield found
    finally:
        found.server.kill()
        found.server.wait()


def restore(node: BackupNode) -> "subprocess.CompletedProcess[str]":
    """Put the newest one back."""
    return node.run("restore", "qdrant", "--identity", str(node.keys["operations"]), "--replace", "qdrant")


def test_collections_come_back_with_their_vectors(node: BackupNode, store: Vectors) -> None:
    store.fill("acme", 25_000)
    store.fill("small", 3)
    before = store.ask("POST", "/collections/acme/points/search", {"vector": [3, 1], "limit": 5})
    done = node.run("backup", "qdrant")
    assert done.returncode == 0, done.stderr
    assert not [
        each for each in (store.folder / "storage").rglob("*") if "taken" in each.name or each.suffix == ".snapshot"
    ]
    store.ask("DELETE", "/collections/acme")
    store.fill("later", 1)
    done = restore(node)
    assert done.returncode == 0, done.stderr
    assert store.ask("POST", "/collections/acme/points/search", {"vector": [3, 1], "limit": 5}) == before
    assert store.ask("GET", "/collections") == {"collections": [{"name": "acme"}, {"name": "small"}]}


def test_a_store_without_collections_is_kept_too(node: BackupNode, store: Vectors) -> None:
    done = node.run("backup", "qdrant")
    assert done.returncode == 0, done.stderr
    store.fill("acme", 3)
    done = restore(node)
    assert (done.returncode, store.ask("GET", "/collections")) == (0, {"collections": []}), done.stderr


def test_a_store_that_refuses_is_not_backed_up(node: BackupNode, store: Vectors) -> None:
    store.fill("acme", 3)
    (store.folder / "secrets/qdrant_api_key").write_text("another")
    done = node.run("backup", "qdrant")
    assert (done.returncode, "qdrant is not backed up" in done.stderr) == (1, True), done.stderr
