"""A real Redis with a log of changes, as the spec has it: a snapshot, put back while it does not run, and served again."""

import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.backup.node import BackupNode, free_port
from tests.lab.packages import CannotInstall, install

pytestmark = pytest.mark.slow


class Queues:
    """It, on a port and in a folder of its own."""

    def __init__(self, folder: Path):
        self.folder, self.port = folder, free_port()
        for each in ("data", "secrets", "tmp"):
            (folder / each).mkdir(parents=True)
        (folder / "secrets/redis_password").write_text("a-password")
        (folder / "redis.conf").write_text(
            f"port {self.port}\nbind 127.0.0.1\ndir {folder}/data\nappendonly yes\nrequirepass a-password\ndaemonize yes\nsave ''\n"
        )
        subprocess.run(["sh", "-ec", self.start], check=True)
        self.ask("ping")

    @property
    def start(self) -> str:
        """What starts it, where it does not run."""
        wait = f"until redis-cli -p {self.port} --no-auth-warning -a a-password ping | grep -q PONG; do sleep 0.1; done"
        return f"redis-cli -p {self.port} ping > /dev/null 2>&1 || {{ redis-server {self.folder}/redis.conf; {wait}; }}"

    @property
    def end(self) -> str:
        """What stops it."""
        return f"redis-cli -p {self.port} --no-auth-warning -a a-password shutdown || true"

    def container(self) -> dict[str, object]:
        """It, as the stub of the engine knows it."""
        paths = {
            "/run/secrets": str(self.folder / "secrets"),
            "/data": str(self.folder / "data"),
            "/tmp/": f"{self.folder}/tmp/",
            "redis-cli": f"redis-cli -p {self.port}",
        }
        return {
            "paths": paths,
            "up": self.start,
            "stop": self.end,
            "restart": f"{self.end}; {self.start}",
            "down": self.end,
        }

    def ask(self, *words: str) -> str:
        """What it answers."""
        call = ["redis-cli", "-p", str(self.port), "--no-auth-warning", "-a", "a-password", *words]
        return subprocess.run(call, capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture
def node() -> Iterator[BackupNode]:
    """A node whose programs are there."""
    try:
        install("age", "postgresql", "rclone", "redis-server", "zstd")
    except CannotInstall as error:
        pytest.skip(str(error))
    with tempfile.TemporaryDirectory(prefix="plumb-backup-") as name:
        yield BackupNode(Path(name))


@pytest.fixture
def store(node: BackupNode) -> Iterator[Queues]:
    """Its queues."""
    found = Queues(node.folder / "redis")
    node.containers["node"]["redis"] = found.container()
    try:
        yield found
    finally:
        subprocess.run(["sh", "-c", found.end], check=False)


def test_queues_come_back_and_outlive_a_restart(node: BackupNode, store: Queues) -> None:
    store.ask("rpush", "tenant:acme:queue:parse", "one", "two", "three")
    store.ask("hset", "a hash", "k", "v")
    store.ask("set", "soon gone", "x", "ex", "3600")
    done = node.run("backup", "redis")
    assert done.returncode == 0, done.stderr
    store.ask("flushall")
    store.ask("set", "later", "x")
    done = node.run("restore", "redis", "--identity", str(node.keys["operations"]), "--replace", "redis")
    assert done.returncode == 0, done.stderr
    for _ in range(2):
        assert store.ask("lrange", "tenant:acme:queue:parse", "0", "-1").split() == ["one", "two", "three"]
        assert store.ask("exists", "later", "a hash") == "1"
        subprocess.run(["sh", "-c", f"{store.end}; {store.start}"], check=True)


def test_a_password_that_is_refused_is_no_backup(node: BackupNode, store: Queues) -> None:
    store.ask("set", "a", "b")
    (store.folder / "secrets/redis_password").write_text("another")
    done = node.run("backup", "redis")
    assert (done.returncode, "redis is not backed up" in done.stderr) == (1, True), done.stderr
