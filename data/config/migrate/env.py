"""Connects Alembic with the relational store. The password is read from its file; no argument and no setting holds it."""

import os
from pathlib import Path

from alembic import context
from sqlalchemy import create_engine
from sqlalchemy.engine import URL

url = URL.create(
    "postgresql+psycopg2",
    username="docpipe",
    password=Path("/run/secrets/postgres_password").read_text().strip(),
    host=os.environ["DOCPIPE_POSTGRES_HOST"],
    database="docpipe",
)
with create_engine(url).connect() as connection:
    context.configure(connection=connection, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()
