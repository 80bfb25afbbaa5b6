"""Connects Alembic with the relational store. The password is read from its file; no argument and no setting holds it."""

import os
from pathlib import Path

from alembic import context
from alembic.migration import MigrationContext
from alembic.util import CommandError
from sqlalchemy import create_engine
from sqlalchemy.engine import URL

url = URL.create(
    "postgresql+psycopg2",
    username="docpipe",
    password=Path("/run/secrets/postgres_password").read_text().strip(),
    host=os.environ["DOCPIPE_POSTGRES_HOST"],
    database="docpipe",
)


def unknown(revision: str) -> bool:
    """Whether a later release has brought the database there."""
    try:
        return context.script.get_revision(revision) is None
    except CommandError:
        return True


engine = create_engine(url)
with engine.connect() as connection:
    heads = MigrationContext.configure(connection).get_current_heads()
ahead = [head for head in heads if unknown(head)]
if ahead:
    # migrations expand before they contract: this release works with what a later one has added
    print(f"the database is ahead of this release, at {', '.join(ahead)}; it is left as it is")
else:
    with engine.connect() as connection:
        context.configure(connection=connection, transaction_per_migration=True)
        with context.begin_transaction():
            context.run_migrations()
