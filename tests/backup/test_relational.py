"""A real PostgreSQL, backed up, lost, restored and compared row by row; then each thing that may go wrong, once."""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.backup.node import BackupNode, Relational
from tests.lab.packages import CannotInstall, install

pytestmark = pytest.mark.slow
ROWS = """
CREATE ROLE docpipe_owner LOGIN; CREATE ROLE docpipe_app LOGIN;
CREATE TABLE documents (id int PRIMARY KEY, name text, body bytea);
INSERT INTO documents SELECT n, 'naïve ''' || n, decode(md5(n::text), 'hex') FROM generate_series(1, 2000) n;
ALTER TABLE documents OWNER TO docpipe_owner; GRANT SELECT ON documents TO docpipe_app;
CREATE TABLE nothing (); CREATE SCHEMA other; CREATE TABLE other."A table" (words text[]);
INSERT INTO other."A table" VALUES (ARRAY['a', NULL, E'\\n']);
"""
ALL = "SELECT md5(string_agg(t::text, '|' ORDER BY id)) FROM documents t"


@pytest.fixture
def node() -> Iterator[BackupNode]:
    """A node whose programs are there, in a folder that nobody can reach, unlike pytest's own."""
    try:
        install("age", "postgresql", "rclone", "zstd")
    except CannotInstall as error:
        pytest.skip(str(error))
    with tempfile.TemporaryDirectory(prefix="plumb-backup-") as name:
        Path(name).chmod(0o755)
        yield BackupNode(Path(name))


@pytest.fixture
def store(node: BackupNode) -> Iterator[Relational]:
    """Its PostgreSQL, with rows."""
    with node.relational() as found:
        found.sql(ROWS)
        found.sql("CREATE DATABASE tenant_acme")
        found.sql("CREATE TABLE more (n int); INSERT INTO more VALUES (1), (2)", "tenant_acme")
        yield found


def kept(node: BackupNode) -> Path:
    """One backup of it."""
    done = node.run("backup", "postgres")
    assert done.returncode == 0, done.stderr
    return node.backups("postgres")[-1]


def test_what_was_lost_comes_back(node: BackupNode, store: Relational) -> None:
    before = store.sql(ALL)
    backup = kept(node)
    assert (backup / "data.zst.age").read_bytes().startswith(b"age-encryption.org/v1")
    assert node.metric("backup-postgres")["backup_size_bytes"] == (backup / "data.zst.age").stat().st_size
    assert node.metric("backup-postgres-run") == {"backup_failed": 0}
    store.sql(
        "UPDATE documents SET name = 'gone' WHERE id % 2 = 0; DROP TABLE other.\"A table\"; CREATE TABLE later ()"
    )
    store.sql("DROP DATABASE tenant_acme", "postgres")
    done = node.run("restore", "postgres", "--identity", str(node.keys["operations"]), "--replace", "postgres")
    assert done.returncode == 0, done.stderr
    assert store.sql(ALL) == before
    assert store.sql("SELECT to_regclass('later') IS NULL") == "t"
    assert store.sql("SELECT sum(n) FROM more", "tenant_acme") == "3"
    assert store.sql("SELECT tableowner FROM pg_tables WHERE tablename = 'documents'") == "docpipe_owner"


def test_no_plaintext_and_no_key_is_left_anywhere(node: BackupNode, store: Relational) -> None:
    store.sql("INSERT INTO documents VALUES (0, 'the secret word kilimanjaro', '')")
    kept(node)
    files = [each for each in (*node.state.rglob("*"), *node.kept.rglob("*")) if each.is_file()]
    assert files and not [each for each in files if b"kilimanjaro" in each.read_bytes()]
    assert not list(node.state.glob("backup.??????"))
    assert b"backup_secret_key-of" not in (node.folder / "calls").read_bytes()


def test_what_a_killed_run_left_goes_and_what_only_has_such_a_name_stays(node: BackupNode, store: Relational) -> None:
    """Staging is the volume of the tenant's data, in which an operator may keep something too."""
    theirs, left = [node.folder / ".backup.weekly", node.state / "backup.oldone"], node.folder / ".backup.Ab12Cd"
    for folder in (*theirs, left):
        (folder / "data").mkdir(parents=True)
        (folder / "data" / "kept").write_text("mine")
    (left / ".of-a-backup-at-work").touch()
    kept(node)
    assert [(each / "data" / "kept").exists() for each in theirs] == [True, True]
    assert not left.exists()


def restored(node: BackupNode, *words: str, key: str = "operations") -> tuple[int, str]:
    """Exit code and errors of a restore."""
    done = node.run("restore", "postgres", "--identity", str(node.keys[key]), *words)
    return done.returncode, done.stderr


def test_a_dump_that_breaks_off_is_no_backup(node: BackupNode, store: Relational) -> None:
    """The stream ends well for each program but the first, and the object is stored: only the missing manifest says so."""
    kept(node)
    time.sleep(1.1)  # each goes by its second
    script = node.home / "backup/backup.sh"
    text = script.read_text()
    script.write_text(
        text.replace("exec pg_dumpall", "pg_dumpall --globals-only -h 127.0.0.1 -U docpipe; exit 1; exec pg_dumpall")
    )
    done = node.run("backup", "postgres")
    assert (done.returncode, "postgres is not backed up: it can not be taken" in done.stderr) == (1, True), done.stderr
    assert [(each / "MANIFEST").exists() for each in node.backups("postgres")] == [True, False]
    assert node.metric("backup-postgres-run") == {"backup_failed": 1}
    listed = node.run("restore", "--list")
    assert len(listed.stdout.splitlines()) == 1


def test_another_tenants_backup_is_refused(node: BackupNode, store: Relational) -> None:
    backup = kept(node)
    manifest = backup / "MANIFEST"
    manifest.write_text(manifest.read_text().replace("tenant=acme", "tenant=globex"))
    assert restored(node, "--replace", "postgres") == (1, (
        "error: the backup is refused: it is of tenant globex, and not of acme\n"
        f"error: no backup of postgres of {backup.name}\n"
        f"       sh {node.home}/backup/restore.sh --list\n"
    ))  # fmt: skip


@pytest.mark.parametrize(
    ("words", "key", "code", "said"),
    [
        ((), "operations", 2, "this replaces what postgres holds now: say so by --replace postgres"),
        (("--replace", "redis"), "operations", 2, "say so by --replace postgres"),
        (("--dry-run",), "stranger", 1, "this key does not open it, or it is damaged"),
        (
            ("--replace", "postgres", "--at", "2020-01-01T000000Z"),
            "operations",
            1,
            "no backup of postgres of 2020-01-01T000000Z",
        ),
    ],
)
def test_nothing_changes_where_it_is_refused(
    node: BackupNode, store: Relational, words: tuple[str, ...], key: str, code: int, said: str
) -> None:
    kept(node)
    store.sql("DELETE FROM documents WHERE id > 10")
    ended, errors = restored(node, *words, key=key)
    assert (ended, said in errors) == (code, True), errors
    assert store.sql("SELECT count(*) FROM documents") == "10"


def test_a_bit_that_fell_over_is_seen_before_anything_is_replaced(node: BackupNode, store: Relational) -> None:
    data = kept(node) / "data.zst.age"
    content = bytearray(data.read_bytes())
    content[-20] ^= 1
    data.write_bytes(content)
    ended, errors = restored(node, "--replace", "postgres")
    assert (ended, "is not what was sent" in errors) == (1, True), errors
    assert store.sql("SELECT count(*) FROM documents") == "2000"


def test_a_restore_that_lost_a_row_is_not_called_well(node: BackupNode, store: Relational) -> None:
    kept(node)
    script = node.home / "backup/restore.sh"
    script.write_text(script.read_text().replace("psql -qX", 'grep -v "^1999\t" | psql -qX'))
    ended, errors = restored(node, "--replace", "postgres")
    assert ended == 1, errors
    assert "docpipe.public.documents rows was 2000, and is 1999" in errors
    assert "what postgres holds now is not what was backed up" in errors


def test_a_node_without_the_destinations_key_says_so(node: BackupNode, store: Relational) -> None:
    (node.home / "secrets/backup_secret_key").unlink()
    done = node.run("backup", "postgres")
    assert (done.returncode, "there is no key of the backups' destination" in done.stderr) == (3, True), done.stderr


def test_the_result_of_a_restore_test_reaches_the_nodes_metrics(node: BackupNode, store: Relational) -> None:
    backup = kept(node)
    assert not (node.state / "metrics/restore-test-postgres.prom").exists()
    (backup.parent / "TESTED").write_text("tested=1700000000\nfailed=1\npassed=1600000000\nbackup=x\n")
    kept(node)
    assert node.metric("restore-test-postgres") == {
        "restore_test_failed": 1,
        "restore_test_last_success_timestamp_seconds": 1600000000,
    }
