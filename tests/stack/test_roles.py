"""Append-only holds against the application's own role: on a real PostgreSQL, with the shipped scripts, migrations and commands."""

import os
import subprocess
from collections.abc import Iterator

import pytest

from plumbline.effective.deployment import services_of
from plumbline.spec.spec import Spec
from tests.stack.relational import Cluster, cluster, migrate, migrating_role

pytestmark = [pytest.mark.slow, pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to be PostgreSQL's user")]
REFUSED = ("permission denied", "must be owner", "must be superuser", "must have admin option")
EVENT = "INSERT INTO audit_events (tenant, actor, action, subject) VALUES ('a', 'b', 'c', 'd')"


@pytest.fixture(scope="module")
def new() -> Iterator[Cluster]:
    """A new cluster, brought to the release."""
    with cluster() as made, made.running():
        migrate(made, migrating_role())
        yield made


@pytest.fixture(scope="module")
def old() -> Iterator[Cluster]:
    """A cluster of the release in which docpipe was all there was, started by this one and brought to it."""
    with cluster() as made:
        (made.folder / "init/start.sh").rename(made.folder / "kept")
        with made.running(by="bin/docker-entrypoint.sh"):
            migrate(made, "docpipe", until="0005")
            assert (
                made.sql(
                    "docpipe",
                    f"{EVENT}; CREATE TYPE kind AS ENUM ('a'); CREATE TYPE pair AS (a text, b kind); CREATE DOMAIN short AS text; CREATE VIEW all_events AS TABLE audit_events",
                )
                == ""
            )
        with made.running():
            migrate(made, migrating_role(), after="0005")
            yield made


@pytest.fixture(params=["new", "old"])
def database(request: pytest.FixtureRequest) -> Cluster:
    found: Cluster = request.getfixturevalue(request.param)
    return found


@pytest.fixture(scope="module")
def app(spec: Spec) -> str:
    """Whom the services connect as; all of them as one."""
    services = services_of(spec, "offline").values()
    roles = {
        each.environment["DOCPIPE_POSTGRES_USER"] for each in services if "DOCPIPE_POSTGRES_USER" in each.environment
    }
    (role,) = roles
    assert isinstance(role, str)
    return role


def test_the_superuser_s_password_stays_in_the_store_s_container(spec: Spec) -> None:
    for mode in spec.modes:
        assert [name for name, each in services_of(spec, mode).items() if "postgres_password" in each.secrets] == [
            "postgres"
        ]


def test_the_application_does_its_work(database: Cluster, app: str) -> None:
    work = (
        "INSERT INTO tenants (id, title) VALUES ('t', 'T') ON CONFLICT DO NOTHING; UPDATE tenants SET title = 'U';"
        f"{EVENT}; INSERT INTO intake_receipts (tenant, name, size_bytes, sha256) VALUES ('t', 'n', 1, repeat('a', 64));"
        "DELETE FROM intake_receipts; SELECT title, (SELECT count(*) > 0 FROM audit_events) FROM tenants"
    )
    assert database.sql(app, work) == "U|t"


@pytest.mark.parametrize(
    "attempt",
    [
        "DELETE FROM audit_events",
        "UPDATE audit_events SET actor = 'x'",
        "TRUNCATE audit_events",
        "TRUNCATE tenants CASCADE",
        "DROP TABLE audit_events",
        "DROP SCHEMA public CASCADE",
        "ALTER TABLE audit_events DISABLE TRIGGER ALL",
        "DROP TRIGGER audit_events_append_only ON audit_events",
        "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN OLD; END $$",
        "CREATE FUNCTION wipe() RETURNS void LANGUAGE sql SECURITY DEFINER AS 'DELETE FROM audit_events'",
        "CREATE FUNCTION pg_temp.wipe() RETURNS void LANGUAGE sql SECURITY DEFINER AS 'DELETE FROM audit_events'",
        "CREATE RULE nothing AS ON INSERT TO audit_events DO INSTEAD NOTHING",
        "CREATE TABLE own (word text)",
        "SET session_replication_role = replica",
        "SET ROLE docpipe_owner",
        "SET ROLE docpipe",
        "SET SESSION AUTHORIZATION docpipe",
        "GRANT docpipe_owner TO docpipe_app",
        "ALTER ROLE docpipe_app SUPERUSER",
        "GRANT DELETE ON audit_events TO docpipe_app; DELETE FROM audit_events",
        "COPY audit_events TO PROGRAM 'true'",
        "COPY tenants FROM '/etc/passwd'",
        "SELECT pg_read_file('/etc/passwd')",
        "UPDATE alembic_version SET version_num = '0001'",
        "CREATE DATABASE other",
        "ALTER SYSTEM SET fsync = off",
    ],
)
def test_it_can_do_nothing_else(database: Cluster, app: str, attempt: str) -> None:
    """Each in a transaction of its own that is undone: what is allowed by mistake spoils no other test."""
    alone = attempt.startswith(("CREATE DATABASE", "ALTER SYSTEM"))
    said = database.sql(app, attempt if alone else f"BEGIN; {attempt}; ROLLBACK")
    assert any(word in said for word in REFUSED) and "ERROR" in said, said or "it was allowed"
    granted = database.sql("docpipe", "SELECT has_table_privilege('docpipe_app', 'audit_events', 'DELETE')")
    assert granted == "f"


def test_nobody_but_the_image_s_own_is_a_superuser(database: Cluster) -> None:
    roles = "SELECT string_agg(rolname, ' ' ORDER BY rolname) FROM pg_roles WHERE {} AND rolname !~ '^pg_'"
    assert database.sql("docpipe", roles.format("rolsuper")) == "docpipe"
    assert database.sql("docpipe", roles.format("rolcanlogin")) == "docpipe docpipe_app docpipe_owner"


def test_all_of_the_schema_is_the_owner_s(database: Cluster) -> None:
    owners = (
        "SELECT string_agg(DISTINCT relowner::regrole::text, ' ') FROM pg_class WHERE relnamespace = 'public'::regnamespace"
        " UNION SELECT proowner::regrole::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
        " UNION SELECT typowner::regrole::text FROM pg_type WHERE typnamespace = 'public'::regnamespace"
    )
    assert database.sql("docpipe", owners) == "docpipe_owner"


def test_a_table_of_a_later_migration_is_the_application_s_too(database: Cluster, app: str) -> None:
    assert database.sql(migrating_role(), "CREATE TABLE later (word text)") == ""
    assert database.sql(app, "INSERT INTO later VALUES ('a'); DELETE FROM later") == ""
    assert database.sql(migrating_role(), "DROP TABLE later") == ""


def test_the_migrating_role_is_bound_too(database: Cluster) -> None:
    """It may change the schema, and so the trigger; it may not leave the database."""
    for attempt in ("COPY tenants TO PROGRAM 'true'", "SET session_replication_role = replica", "SET ROLE docpipe"):
        assert any(word in database.sql(migrating_role(), attempt) for word in REFUSED)


def test_a_password_that_was_changed_holds_from_the_next_start(app: str) -> None:
    with cluster() as made:
        with made.running():
            pass
        for changed in ("postgres_app_password", "postgres_password"):
            (made.folder / "secrets" / changed).write_text("another")
        with made.running():
            assert "password authentication failed" in made.sql(app, "SELECT 1")
            assert "password authentication failed" in made.sql("docpipe", "SELECT 1")
            assert made.sql("docpipe_owner", "SELECT 1") == "1"


def script(spec: Spec, file: str, part: str) -> str:
    """The command of an export, as it is written, for a shell with the cluster's socket."""
    export = next(each for each in services_of(spec, "offline")["postgres"].exports if each.file == file)
    words = getattr(export, part)
    assert words[:2] == ("sh", "-c")
    return str(words[2])


def run(database: Cluster, text: str, given: bytes = b"") -> bytes:
    """A script of the spec on the cluster."""
    text = text.replace("/run/secrets", str(database.folder / "secrets")).replace("127.0.0.1", str(database.sockets))
    path = f"{database.programs}:{os.environ['PATH']}"
    done = subprocess.run(["sh", "-c", text], env={"PATH": path}, input=given, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


@pytest.mark.parametrize("source", ["new", "old", "older"])
def test_an_export_comes_back_with_its_rights(
    spec: Spec, app: str, source: str, request: pytest.FixtureRequest
) -> None:
    """`older`: it was made by the release that had one role alone; its migrations follow, as after every restore."""
    with cluster() as other:
        if source == "older":
            (other.folder / "init/start.sh").rename(other.folder / "kept")
            with other.running(by="bin/docker-entrypoint.sh"):
                migrate(other, "docpipe", until="0005")
                other.sql("docpipe", EVENT)
                dump = run(other, script(spec, "database.dump", "command").replace("--role docpipe_export", ""))
        else:
            database = request.getfixturevalue(source)
            database.sql(app, EVENT)
            assert b'"actor":"b"' in run(database, script(spec, "audit.jsonl", "command"))
            dump = run(database, script(spec, "database.dump", "command"))
        with other.running():
            if source != "older":
                migrate(other, migrating_role())
            run(other, script(spec, "database.dump", "restore"), dump)
            if source == "older":
                migrate(other, migrating_role(), after="0005")
            assert other.sql(app, "SELECT count(*) > 0 FROM audit_events") == "t"
            assert other.sql(app, EVENT) == ""
            assert "permission denied" in other.sql(app, "DELETE FROM audit_events")
            test_all_of_the_schema_is_the_owner_s(other)
