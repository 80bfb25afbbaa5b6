"""A migration that waits for a lock lets others pass, and is done all the same."""

import threading

import pytest

from plumbline.stack.stack import Stack
from tests.bundle.releases import LAST_REVISION

HELD_S, PATIENCE_S = 20, 8
"""How long somebody holds the table, and how long another waits for it at most."""


def _sql(stack: Stack, statement: str) -> str:
    ask = 'PGPASSWORD="$(cat /run/secrets/postgres_password)" psql -qAtX -h 127.0.0.1 -U docpipe -d docpipe -c "$0"'
    code, output = stack.engine.execute(f"{stack.projects[0].name}-postgres-1", ["sh", "-c", ask, statement])
    assert code == 0, output
    return output.strip()


def _alembic(stack: Stack, *words: str) -> str:
    (project,) = stack.projects
    call = ["--profile=job", "run", "--rm", "--no-deps", "-T", "migrate", "alembic", *words]
    done = stack.engine.run(stack.compose(project, *call), 300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.live
def test_nobody_stands_behind_a_migration_that_waits(offline: Stack) -> None:
    """Revision 0005 refers to the table of tenants, which somebody is writing to; others write to it too, and wait no longer
    than they said."""
    _alembic(offline, "downgrade", "0004")
    holds = f"BEGIN; LOCK TABLE tenants IN ROW EXCLUSIVE MODE; SELECT pg_sleep({HELD_S}); COMMIT"
    holder = threading.Thread(target=_sql, args=(offline, holds))
    holder.start()
    said: list[str] = []
    migration = threading.Thread(target=lambda: said.append(_alembic(offline, "upgrade", "head")))
    migration.start()
    waiting = "SELECT count(*) FROM pg_locks WHERE relation = 'tenants'::regclass AND NOT granted"
    while holder.is_alive() and _sql(offline, waiting) == "0":
        pass
    while holder.is_alive():
        _sql(offline, f"SET lock_timeout = '{PATIENCE_S}s'; UPDATE tenants SET title = title")
    holder.join()
    migration.join()
    assert "a table is in use; attempt 2" in said[0]
    assert _sql(offline, "SELECT version_num FROM alembic_version") == LAST_REVISION
