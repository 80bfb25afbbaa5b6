"""The test of restores on a host of its own: into a second PostgreSQL, compared, and told to the node's alerts."""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.backup.node import TESTS, BackupNode, Relational
from tests.lab.packages import CannotInstall, install

pytestmark = pytest.mark.slow
PROJECT = "docpipe-restore-test"


class TestHost:
    """A host with the key, and stores that nobody else uses."""

    __test__ = False

    def __init__(self, node: BackupNode, spare: Relational):
        self.node, self.spare = node, spare
        folder = node.folder / "checkout/restore-test"
        folder.mkdir(parents=True)
        (node.folder / "checkout/db").mkdir()
        self.script = folder / "restore-test.sh"
        node.place(TESTS / "restore-test.sh", self.script)
        text = self.script.read_text()
        assert "for name in postgres minio qdrant redis; do" in text
        self.script.write_text(text.replace("for name in postgres minio qdrant redis; do", "for name in postgres; do"))
        (folder / "tenants").write_text("acme\n")
        self.settings = node.folder / "settings"
        self.settings.mkdir()
        for name in ("backup_access_key", "backup_secret_key"):
            (self.settings / name).write_text(f"{name}-of-the-tests")
        (self.settings / "identity").write_text(node.keys["operations"].read_text())

    def run(self) -> tuple[int, str, str]:
        """Exit code, output and errors of a test of all tenants."""
        done = self.node.run("", "--settings", str(self.settings), at=self.script)
        return done.returncode, done.stdout, done.stderr

    def told(self) -> dict[str, str]:
        """The result at the destination."""
        lines = (self.node.kept / "docpipe-backup-acme/online/postgres/TESTED").read_text().splitlines()
        return dict(line.split("=", 1) for line in lines)


@pytest.fixture
def host() -> Iterator[TestHost]:
    """It, beside a node whose PostgreSQL has rows, and one that is empty."""
    try:
        install("age", "postgresql", "rclone", "zstd")
    except CannotInstall as error:
        pytest.skip(str(error))
    with tempfile.TemporaryDirectory(prefix="plumb-backup-") as name:
        Path(name).chmod(0o755)
        node = BackupNode(Path(name))
        with node.relational() as store, node.relational(PROJECT) as spare:
            store.sql("CREATE TABLE kept (id int); INSERT INTO kept SELECT generate_series(1, 500)")
            yield TestHost(node, spare)


def test_what_comes_out_is_compared_and_told(host: TestHost) -> None:
    assert host.node.run("backup", "postgres").returncode == 0
    code, said, errors = host.run()
    assert (code, said.startswith("acme postgres: as it was")) == (0, True), errors
    assert host.spare.sql("SELECT count(*) FROM kept") == "500"
    assert (host.told()["failed"], host.told()["passed"]) == ("0", host.told()["tested"])
    assert not list((host.node.state).glob("backup.??????"))
    calls = (host.node.folder / "calls").read_text()
    assert "down --volumes --remove-orphans" in calls.splitlines()[-1]
    time.sleep(1.1)
    assert host.node.run("backup", "postgres").returncode == 0
    assert host.node.metric("restore-test-postgres")["restore_test_failed"] == 0


def test_rows_that_are_missing_fail_it_and_the_last_success_stays(host: TestHost) -> None:
    assert host.node.run("backup", "postgres").returncode == 0
    assert host.run()[0] == 0
    well = host.told()["passed"]
    text = host.script.read_text()
    host.script.write_text(text.replace("psql -qX", "grep -v '^250$' | psql -qX"))
    code, _, errors = host.run()
    assert (code, "docpipe.public.kept rows was 500, and is 499" in errors) == (1, True), errors
    assert (host.told()["failed"], host.told()["passed"]) == ("1", well)


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        ("none", "there is no backup"),
        ("tenant", "it is of tenant globex, and not of acme"),
        ("bit", "it is not what was sent"),
    ],
)
def test_what_can_not_be_restored_fails_it(host: TestHost, harm: str, said: str) -> None:
    if harm != "none":
        assert host.node.run("backup", "postgres").returncode == 0
        backup = host.node.backups("postgres")[-1]
        manifest = backup / "MANIFEST"
        if harm == "tenant":
            manifest.write_text(manifest.read_text().replace("tenant=acme", "tenant=globex"))
        else:
            (backup / "data.zst.age").write_bytes((backup / "data.zst.age").read_bytes()[:-1])
    code, _, errors = host.run()
    assert (code, said in errors, host.told()["failed"]) == (1, True, "1"), errors


def test_the_key_of_the_tests_is_on_no_node(host: TestHost) -> None:
    (host.settings / "identity").unlink()
    code, _, errors = host.run()
    assert (code, "there is no key" in errors) == (3, True), errors
