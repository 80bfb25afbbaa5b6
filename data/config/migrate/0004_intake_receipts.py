"""Receipts of what was taken in."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE intake_receipts (
            id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
            received_at timestamptz NOT NULL DEFAULT now(),
            tenant text NOT NULL REFERENCES tenants (id),
            name text NOT NULL,
            size_bytes bigint NOT NULL CHECK (size_bytes >= 0),
            sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$')
        )
        """
    )


def downgrade() -> None:
    op.execute("DROP TABLE intake_receipts")
