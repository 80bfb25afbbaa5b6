"""Connects Alembic with the relational store. The password is read from its file; no argument and no setting holds it."""

import os
import time
from pathlib import Path

from alembic import context
from alembic.migration import MigrationContext
from alembic.util import CommandError
from sqlalchemy import create_engine
from sqlalchemy.engine import URL
from sqlalchemy.exc import OperationalError

LOCK_TIMEOUT_S = 2
"""Whoever reads a table stands behind a migration that waits for its lock: it gives up, lets them pass, and tries again."""
STATEMENT_TIMEOUT_S = 600
TRIES, PAUSE_S = 60, 5
LOCK_NOT_AVAILABLE = "55P03"

url = URL.create(
    "postgresql+psycopg2",
    username="docpipe_owner",
    password=Path("/run/secrets/postgres_owner_password").read_text().strip(),
    host=os.environ["DOCPIPE_POSTGRES_HOST"],
    database="docpipe",
)


def unknown(revision: str) -> bool:
    """Whether a later release has brought the database there."""
    try:
        return context.script.get_revision(revision) is None
    except CommandError:
        return True


def migrate() -> None:
    """Every migration that is due, each in a transaction of its own: what is done stays done."""
    with engine.connect() as connection:
        context.configure(connection=connection, transaction_per_migration=True)
        with context.begin_transaction():
            context.run_migrations()


engine = create_engine(
    url, connect_args={"options": f"-c lock_timeout={LOCK_TIMEOUT_S}s -c statement_timeout={STATEMENT_TIMEOUT_S}s"}
)
with engine.connect() as connection:
    heads = MigrationContext.configure(connection).get_current_heads()
ahead = [head for head in heads if unknown(head)]
if ahead:
    # migrations expand before they contract: this release works with what a later one has added
    print(f"the database is ahead of this release, at {', '.join(ahead)}; it is left as it is")
else:
    for attempt in range(1, TRIES + 1):
        try:
            migrate()
            break
        except OperationalError as error:
            if getattr(error.orig, "pgcode", None) != LOCK_NOT_AVAILABLE or attempt == TRIES:
                raise
            print(f"a table is in use; attempt {attempt + 1} of {TRIES} follows in {PAUSE_S} s")
            time.sleep(PAUSE_S)
