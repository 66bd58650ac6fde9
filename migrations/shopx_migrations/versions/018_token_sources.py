"""Tokens are bound to sources."""

from alembic import op

revision = "018"
down_revision = "016"
branch_labels = None
depends_on = None

# Tokens of before may go on as they were: null means every source.
ADD = "alter table tokens add column sources text[]"


def upgrade() -> None:
    """Releases before this one do not read the column."""
    op.execute(ADD)


def downgrade() -> None:
    """Revoke what was bound to a source: it could write as every source afterwards."""
    op.execute(
        "update tokens set revoked_at = coalesce(revoked_at, now()) where sources is not null"
        " and 'ingest' = any(scopes)"
    )
    op.execute("alter table tokens drop column sources")
