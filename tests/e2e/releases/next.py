"""A migration that takes a while and that the release before can live with."""

from alembic import op

revision = "AFTER"
down_revision = "HEAD"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take a while without a lock, then add a column, as an expansion does."""
    op.execute("select pg_sleep(6)")
    op.execute("alter table orders add column note text")


def downgrade() -> None:
    """Take it back."""
    op.execute("alter table orders drop column note")
