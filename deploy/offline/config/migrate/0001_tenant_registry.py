"""Tenant registry."""

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE tenants (
            id text PRIMARY KEY,
            title text NOT NULL,
            state text NOT NULL DEFAULT 'PENDING',
            settings jsonb NOT NULL DEFAULT '{}',
            changed_at timestamptz NOT NULL DEFAULT now()
        )
        """
    )


def downgrade() -> None:
    op.execute("DROP TABLE tenants")
