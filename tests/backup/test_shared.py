"""The control node's backup as each tenant's alerts see it: kept, failed, missed, and with nobody who looks."""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.backup.node import ROOT, TESTS, BackupNode
from tests.lab.packages import CannotInstall, install

pytestmark = pytest.mark.slow
CONTROL = ROOT / "deploy/online/control/backup"


class Watched:
    """A control node, the host that watches its backups, and a tenant's node with the stores, around one destination."""

    def __init__(self, folder: Path):
        self.control = BackupNode(folder / "control", tenant="shared")
        (self.control.home / "role.env").unlink()
        for file in CONTROL.glob("*.sh"):
            self.control.place(file, self.control.home / "backup" / file.name)
        self.certificates = folder / "certificates"
        self.certificates.mkdir()
        (self.certificates / "acme.json").write_text('{"letsencrypt": {}}')
        self.control.containers["node"]["traefik"] = {"paths": {"/certificates": str(self.certificates)}}
        self.tenant = BackupNode(folder / "tenant")
        shutil.rmtree(self.tenant.kept)
        self.tenant.kept.symlink_to(self.control.kept)
        for tenant in ("acme", "globex"):
            (self.control.kept / f"docpipe-backup-{tenant}").mkdir()
        checkout = folder / "checkout"
        checkout.mkdir()
        (checkout / "tenants").write_text("acme\nglobex\n")
        self.script = checkout / "shared-backups.sh"
        self.control.place(TESTS / "shared-backups.sh", self.script)

    def keep(self) -> int:
        """A backup of the control node."""
        return self.control.run("backup").returncode

    def look(self) -> int:
        """One run of the watch."""
        return self.control.run("", "--settings", str(self.control.home / "secrets"), at=self.script).returncode

    def seen(self) -> dict[str, float]:
        """What the tenant's collector finds; its own store is not there, and that hides nothing."""
        assert self.tenant.run("backup", "postgres").returncode == 1
        return self.tenant.metric("shared-backup-traefik")


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    """With the programs that the scripts call."""
    try:
        install("age", "rclone", "zstd")
    except CannotInstall as error:
        pytest.skip(str(error))
    yield Watched(tmp_path)


def test_a_backup_that_was_kept_is_seen_by_each_tenant(watched: Watched) -> None:
    before = time.time()
    assert (watched.keep(), watched.look()) == (0, 0)
    seen = watched.seen()
    assert seen["backup_failed"] == 0
    assert before - 1 <= seen["backup_last_success_timestamp_seconds"] <= time.time()
    assert (watched.control.kept / "docpipe-backup-globex/online/traefik/SHARED").exists()


def test_one_that_failed_is_seen_with_the_time_of_the_one_before(watched: Watched) -> None:
    assert (watched.keep(), watched.look()) == (0, 0)
    kept = watched.seen()["backup_last_success_timestamp_seconds"]
    (watched.certificates / "acme.json").unlink()
    time.sleep(1.1)
    assert (watched.keep(), watched.look()) == (1, 0)
    assert watched.seen() == {"backup_failed": 1, "backup_last_success_timestamp_seconds": kept}


def test_never_is_seen_as_never_and_no_answer_is_not_taken_for_it(watched: Watched) -> None:
    (watched.control.kept / "docpipe-backup-shared/online/traefik").mkdir(parents=True)
    assert watched.look() == 0
    assert watched.seen()["backup_last_success_timestamp_seconds"] == 0
    assert (watched.keep(), watched.look()) == (0, 0)
    seen = watched.seen()
    shutil.rmtree(watched.control.kept / "docpipe-backup-shared")
    assert watched.look() == 1
    assert watched.seen() == seen


def test_the_control_node_can_not_open_its_backup(watched: Watched) -> None:
    assert watched.keep() == 0
    (backup,) = watched.control.backups("traefik")
    assert b"letsencrypt" not in (backup / "data.zst.age").read_bytes()
    code = watched.control.run("restore", "traefik", "--identity", str(watched.control.keys["stranger"]), "--dry-run")
    assert code.returncode == 1, code.stderr
    code = watched.control.run("restore", "traefik", "--identity", str(watched.control.keys["operations"]), "--dry-run")
    assert code.returncode == 0, code.stderr
