"""What the application may do with the rows. Audit events it adds and reads, and no more; the schema's revision it reads."""

from alembic import op

revision = "0006"
down_revision = "0005"

ROWS = "SELECT, INSERT, UPDATE, DELETE"


def upgrade() -> None:
    op.execute(f"GRANT {ROWS} ON ALL TABLES IN SCHEMA public TO docpipe_app")
    op.execute("REVOKE UPDATE, DELETE ON audit_events FROM docpipe_app")
    op.execute("REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM docpipe_app")
    # a migration that adds a table gives the application its rows; one that adds such a table as audit_events takes back two
    op.execute(f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT {ROWS} ON TABLES TO docpipe_app")


def downgrade() -> None:
    op.execute(f"ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE {ROWS} ON TABLES FROM docpipe_app")
    op.execute("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM docpipe_app")
