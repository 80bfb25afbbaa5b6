"""The form that a tenant wants its documents in."""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE tenant_schemas (
            tenant text NOT NULL REFERENCES tenants (id),
            version integer NOT NULL,
            schema jsonb NOT NULL,
            PRIMARY KEY (tenant, version)
        )
        """
    )


def downgrade() -> None:
    op.execute("DROP TABLE tenant_schemas")
