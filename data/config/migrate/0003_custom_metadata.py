"""Metadata that a tenant adds to its documents."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE custom_metadata (
            document text NOT NULL,
            name text NOT NULL,
            value jsonb NOT NULL,
            PRIMARY KEY (document, name)
        )
        """
    )


def downgrade() -> None:
    op.execute("DROP TABLE custom_metadata")
